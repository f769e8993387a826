/** The drawing of parts/CourseChart.svelte with uPlot; in a module of its own so that it loads when needed. */
import uPlot from 'uplot';
import { drawLimit, frameOf, hoverTitle } from './chart-frame.ts';
import { formats } from './format.ts';
import { kpiFormats } from './kpi.ts';

export interface CourseChartOptions {
  readonly height: number;
  /** Seconds, as restated, as known then. */
  readonly data: uPlot.AlignedData;
  /** What the two lines are. */
  readonly names: readonly [string, string];
  readonly unit: string;
  readonly target: number | null;
  /** First and last instant of the axis (s). */
  readonly span: readonly [number, number];
}

export function createCourseChart(target: HTMLElement, options: CourseChartOptions): uPlot {
  const { data, height, names, target: aim, unit } = options;
  const { bottom, colour, options: framed, side } = frameOf(target, height);
  const points = { show: true, size: 5 };
  return new uPlot(
    {
      ...framed,
      scales: {
        x: { range: () => [...options.span] },
        y: { range: (_chart, low, high) => room(low, high, aim) },
      },
      axes: [bottom(), side(64, (value) => kpiFormats.value(value, unit))],
      series: [
        {},
        { stroke: colour('--accent'), width: 2.5, points },
        { stroke: colour('--ink-3'), width: 1.75, dash: [5, 4], points: { show: false } },
      ],
      hooks: {
        draw: aim === null ? [] : [(chart) => drawLimit(chart, aim, colour('--good'))],
        setCursor: [
          hoverTitle(target, (i) => {
            const [times, values, known] = data;
            const at = times[i];
            if (at === undefined) return null;
            return (
              `${formats.full(new Date(at * 1000))}\n` +
              `${names[0]} ${kpiFormats.value(values?.[i] ?? null, unit)}, ` +
              `${names[1].toLowerCase()} ${kpiFormats.value(known?.[i] ?? null, unit)}`
            );
          }),
        ],
      },
    },
    data,
    target,
  );
}

/** The target is always in sight. */
function room(low: number, high: number, target: number | null): [number, number] {
  const values = [low, high, target].filter((value) => value !== null);
  const [bottom, top] = [Math.min(...values), Math.max(...values)];
  const pad = (top - bottom || Math.abs(top) || 1) * 0.1;
  return [bottom >= 0 ? Math.max(0, bottom - pad) : bottom - pad, top + pad];
}
