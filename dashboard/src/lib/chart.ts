/** What charts share: colours of the theme for a canvas, and labels of a time axis. */
import { formats } from './format.ts';

const DAY_S = 86_400;

/** Days, or times of day where the marks are closer than that. */
export function timeLabels(splits: readonly number[], stepS: number): string[] {
  const now = new Date();
  return splits.map((seconds) => {
    const at = new Date(seconds * 1000);
    return stepS < DAY_S ? formats.shortTime(at) : formats.day(at, now);
  });
}

/** Resolves a token to a colour that a canvas understands: the browser picks the theme's one. */
export function palette(host: HTMLElement): (token: string) => string {
  const probe = document.createElement('span');
  const known = new Map<string, string>();
  return (token) => {
    let colour = known.get(token);
    if (colour === undefined) {
      host.append(probe);
      probe.style.color = `var(${token})`;
      colour = getComputedStyle(probe).color;
      probe.remove();
      known.set(token, colour);
    }
    return colour;
  };
}
