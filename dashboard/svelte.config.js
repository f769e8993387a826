/** Svelte in runes mode for every component of ours. */
export default { compilerOptions: { runes: true } };
