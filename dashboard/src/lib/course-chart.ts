/** The drawing of parts/CourseChart.svelte with uPlot; in a module of its own so that it loads when needed. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { palette, timeLabels } from './chart.ts';
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
  const { data, height, unit } = options;
  const colour = palette(target);
  const font = `12px ${getComputedStyle(target).fontFamily}`;
  const axis = {
    stroke: colour('--ink-3'),
    font,
    ticks: { show: false },
    grid: { stroke: colour('--line'), width: 1 },
  };
  const points = { show: true, size: 5 };
  return new uPlot(
    {
      width: target.clientWidth,
      height,
      padding: [12, 16, 0, 0],
      legend: { show: false },
      cursor: { points: { size: 8 }, drag: { x: false, y: false } },
      scales: {
        x: { range: () => [...options.span] },
        y: { range: (_chart, low, high) => room(low, high, options.target) },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 30,
          values: (_chart, splits, _axis, _space, stepS) => timeLabels(splits, stepS),
        },
        {
          ...axis,
          size: 64,
          values: (_chart, splits) => splits.map((value) => kpiFormats.value(value, unit)),
        },
      ],
      series: [
        {},
        { stroke: colour('--accent'), width: 2.5, points },
        { stroke: colour('--ink-3'), width: 1.75, dash: [5, 4], points: { show: false } },
      ],
      hooks: {
        draw: [(chart) => drawTarget(chart, options.target, colour('--good'))],
        setCursor: [hoverTitle(target, options)],
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

function drawTarget(chart: uPlot, target: number | null, colour: string): void {
  if (target === null) return;
  const { bbox, ctx } = chart;
  const y = chart.valToPos(target, 'y', true);
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([2 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}

/** What the pointer is over, as the title of the chart. */
function hoverTitle(
  target: HTMLElement,
  { names, unit }: Pick<CourseChartOptions, 'names' | 'unit'>,
) {
  return (chart: uPlot): void => {
    const i = chart.cursor.idx;
    const at = typeof i === 'number' ? chart.data[0][i] : undefined;
    if (typeof i !== 'number' || at === undefined) return target.removeAttribute('title');
    const [, value, known] = chart.data;
    target.title =
      `${formats.full(new Date(at * 1000))}\n` +
      `${names[0]} ${kpiFormats.value(value?.[i] ?? null, unit)}, ${names[1].toLowerCase()} ${kpiFormats.value(known?.[i] ?? null, unit)}`;
  };
}
