/** What every drawing with uPlot shares: its axes and cursor in the colours of the theme, limits, and hover text. */
import type uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { palette, timeLabels } from './chart.ts';

/** Room on the right of the plot, where the last label of time stands out (px). */
const ROOM_PX = 16;

export interface Frame {
  readonly colour: (token: string) => string;
  /** Everything but scales, axes, series and hooks. */
  readonly options: Pick<uPlot.Options, 'width' | 'height' | 'padding' | 'legend' | 'cursor'>;
  /** The axis along the bottom; of time unless it is told otherwise. */
  readonly bottom: (more?: uPlot.Axis) => uPlot.Axis;
  /** The axis of values, so many pixels wide. */
  readonly side: (size: number, textOf: (value: number) => string, more?: uPlot.Axis) => uPlot.Axis;
}

export function frameOf(target: HTMLElement, height: number, roomPx = ROOM_PX): Frame {
  const colour = palette(target);
  const axis = {
    stroke: colour('--ink-3'),
    font: `12px ${getComputedStyle(target).fontFamily}`,
    ticks: { show: false },
    grid: { stroke: colour('--line'), width: 1 },
  };
  return {
    colour,
    options: {
      ...{ width: target.clientWidth, height, padding: [12, roomPx, 0, 0] },
      legend: { show: false },
      cursor: { points: { size: 8 }, drag: { x: false, y: false } },
    },
    bottom: (more = {}) => ({
      ...axis,
      grid: { show: false },
      size: 30,
      values: (_chart, splits, _axis, _space, stepS) => timeLabels(splits, stepS),
      ...more,
    }),
    side: (size, textOf, more = {}) => ({
      ...axis,
      size,
      values: (_chart, splits) => splits.map(textOf),
      ...more,
    }),
  };
}

/** A dotted line across the plot. */
export function drawLimit(chart: uPlot, value: number, colour: string): void {
  const { bbox, ctx } = chart;
  const y = chart.valToPos(value, 'y', true);
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

/** A hook that says what the pointer is over as the title of the chart; null where there is nothing. */
export function hoverTitle(
  target: HTMLElement,
  textAt: (index: number, data: uPlot.AlignedData) => string | null,
) {
  return (chart: uPlot): void => {
    const { idx } = chart.cursor;
    const text = typeof idx === 'number' ? textAt(idx, chart.data) : null;
    if (text === null) target.removeAttribute('title');
    else target.title = text;
  };
}
