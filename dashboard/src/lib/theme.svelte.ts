/**
 * Light or dark: the system's choice until the viewer makes one, which is then remembered.
 * public/theme.js applies a remembered choice before the first paint.
 */
type Theme = 'light' | 'dark';

const KEY = 'stocktide.theme';
const systemDark = window.matchMedia('(prefers-color-scheme: dark)');

export class ThemeState {
  #chosen: Theme | null = $state(chosenBefore());
  #system: Theme = $state(systemDark.matches ? 'dark' : 'light');
  /** What a view wants while it is shown, such as a wall. */
  #wanted: Theme | null = $state(null);

  get current(): Theme {
    return this.#wanted ?? this.#chosen ?? this.#system;
  }

  toggle(): void {
    const next: Theme = this.current === 'dark' ? 'light' : 'dark';
    // Back to what the system says is no choice, so that the page follows the system again.
    this.#chosen = next === this.#system ? null : next;
    show(this.#chosen);
    remember(this.#chosen);
  }

  /** Shows a theme whatever was chosen, until the returned function is called. */
  want(theme: Theme): () => void {
    this.#wanted = theme;
    show(theme);
    return () => {
      this.#wanted = null;
      show(this.#chosen);
    };
  }

  run(): () => void {
    const follow = () => (this.#system = systemDark.matches ? 'dark' : 'light');
    systemDark.addEventListener('change', follow);
    return () => systemDark.removeEventListener('change', follow);
  }
}

function chosenBefore(): Theme | null {
  const theme = document.documentElement.dataset['theme'];
  return theme === 'light' || theme === 'dark' ? theme : null;
}

/** Null: as the system says. */
function show(theme: Theme | null): void {
  if (theme === null) delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

function remember(theme: Theme | null): void {
  try {
    if (theme === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}
