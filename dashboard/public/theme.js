// Applies the remembered theme before the first paint; src/lib/theme.svelte.ts does the rest.
try {
  const theme = localStorage.getItem('stocktide.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // A browser that refuses storage gets the theme of the system.
}
