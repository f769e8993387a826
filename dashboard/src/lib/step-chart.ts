/** The drawing of parts/StepChart.svelte with uPlot; in a module of its own so that it loads when needed. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { AtpPoint } from '../../../contracts/atp.ts';
import { frameOf, hoverTitle } from './chart-frame.ts';
import { formats } from './format.ts';

export interface StepChartOptions {
  readonly height: number;
  /** Seconds, promise, cumulative. */
  readonly data: uPlot.AlignedData;
  readonly overdue: () => readonly AtpPoint[];
}

const MARK_RADIUS = 8;

export function createStepChart(target: HTMLElement, options: StepChartOptions): uPlot {
  const { bottom, colour, options: framed, side } = frameOf(target, options.height, 26);
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  return new uPlot(
    {
      ...framed,
      scales: { y: { range: (_chart, low, high) => withZero(low, high) } },
      axes: [
        bottom(),
        side(52, formats.units, {
          splits: (chart, _axis, low, high) => wholeSplits(low, high, chart.height),
        }),
      ],
      series: [
        {},
        {
          label: 'Promise',
          stroke: colour('--accent'),
          fill: colour('--accent-veil'),
          width: 2.5,
          points: { show: false },
          ...(stepped ? { paths: stepped } : {}),
        },
        {
          label: 'Cumulative',
          stroke: colour('--ink-3'),
          width: 1.75,
          dash: [5, 4],
          points: { show: false },
          ...(stepped ? { paths: stepped } : {}),
        },
      ],
      hooks: {
        draw: [(chart) => drawOverdue(chart, options.overdue(), colour)],
        setCursor: [hoverTitle(target, stepText)],
      },
    },
    options.data,
    target,
  );
}

/** Zero is always in sight: below it begins what cannot be promised. */
function withZero(low: number, high: number): [number, number] {
  const bottom = Math.min(0, low);
  const top = Math.max(1, high);
  const room = (top - bottom) * 0.08;
  return [bottom < 0 ? bottom - room : 0, top + room];
}

/** Whole numbers of units, at round steps. */
function wholeSplits(low: number, high: number, heightPx: number): number[] {
  const rough = (high - low) / Math.max(2, Math.floor(heightPx / 40));
  const power = 10 ** Math.floor(Math.log10(rough));
  const round = [1, 2, 2.5, 5, 10].map((k) => k * power);
  const step = round.find((k) => k >= rough && Number.isInteger(k)) ?? 1;
  const first = Math.ceil(low / step);
  const count = Math.max(0, Math.floor(high / step) - first + 1);
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}

/** A badge with an exclamation mark on the promise line wherever supply is overdue. */
function drawOverdue(
  chart: uPlot,
  points: readonly AtpPoint[],
  colour: (token: string) => string,
): void {
  const { ctx } = chart;
  const ratio = devicePixelRatio;
  ctx.save();
  for (const point of points) {
    const x = chart.valToPos(Date.parse(point.at) / 1000, 'x', true);
    const y = chart.valToPos(point.cumulative, 'y', true);
    ctx.beginPath();
    ctx.arc(x, y, MARK_RADIUS * ratio, 0, 2 * Math.PI);
    ctx.fillStyle = colour('--warn');
    ctx.fill();
    ctx.fillStyle = colour('--surface');
    ctx.font = `700 ${11 * ratio}px monospace`;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.fillText('!', x, y + ratio / 2);
  }
  ctx.restore();
}

/** What the promise and the running total are at a step. */
function stepText(index: number, [times, promise, cumulative]: uPlot.AlignedData): string | null {
  const at = times[index];
  if (at === undefined) return null;
  return (
    `${formats.full(new Date(at * 1000))}\n` +
    `Promise ${formats.units(promise?.[index] ?? 0)}, cumulative ${formats.units(cumulative?.[index] ?? 0)} units`
  );
}
