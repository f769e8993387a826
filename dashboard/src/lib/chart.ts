/** What charts share beside their drawing: a place that they keep to, colours of the theme, labels of time. */
import type uPlot from 'uplot';
import { formats } from './format.ts';

const DAY_S = 86_400;

/**
 * Shows a chart in a box and keeps it as wide as the box; returns how to take it away. `load` brings the code of
 * the drawing, which is loaded with the first chart.
 */
export function showChart(
  box: HTMLElement,
  height: number,
  load: () => Promise<() => uPlot>,
): () => void {
  let isGone = false;
  let chart: uPlot | null = null;
  const resize = new ResizeObserver(() => chart?.setSize({ width: box.clientWidth, height }));
  void load().then((draw) => {
    if (isGone) return;
    chart = draw();
    resize.observe(box);
  });
  return () => {
    isGone = true;
    resize.disconnect();
    chart?.destroy();
  };
}

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
