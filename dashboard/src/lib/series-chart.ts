/** The drawing of parts/SeriesChart.svelte with uPlot; in a module of its own so that it loads when needed. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { palette, timeLabels } from './chart.ts';
import { axisText, scaleOf, titleAt, type SeriesChartData } from './series.ts';

const MOST_BAR_PX = 28;

export function createSeriesChart(
  target: HTMLElement,
  { data, height }: { data: SeriesChartData; height: number },
): uPlot {
  const { limits, series, span, times, unit } = data;
  const colour = palette(target);
  const font = `12px ${getComputedStyle(target).fontFamily}`;
  const axis = {
    stroke: colour('--ink-3'),
    font,
    ticks: { show: false },
    grid: { stroke: colour('--line'), width: 1 },
  };
  const bars = uPlot.paths.bars?.({ size: [0.7, MOST_BAR_PX], align: 1 });
  return new uPlot(
    {
      width: target.clientWidth,
      height,
      padding: [12, 16, 0, 0],
      legend: { show: false },
      cursor: { points: { size: 8 }, drag: { x: false, y: false } },
      scales: {
        x: { range: () => [...span] },
        y: { range: () => scaleOf(data) },
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
          size: 56,
          values: (_chart, splits) => splits.map((value) => axisText(value, unit)),
        },
      ],
      series: [
        {},
        ...series.map(({ dashed, kind, token }): uPlot.Series => {
          const stroke = colour(token);
          if (kind === 'bars') {
            return {
              ...{ stroke, fill: stroke, width: 0, points: { show: false } },
              ...(bars === undefined ? {} : { paths: bars }),
            };
          }
          if (kind === 'points') {
            return { stroke, width: 0, points: { show: true, size: 7, fill: stroke } };
          }
          return {
            ...{ stroke, width: 2.25, points: { show: true, size: 5 } },
            ...(dashed === true ? { dash: [5, 4] } : {}),
          };
        }),
      ],
      hooks: {
        draw: [(chart) => limits.forEach(({ value }) => drawLimit(chart, value, colour('--bad')))],
        setCursor: [
          (chart) => {
            const i = chart.cursor.idx;
            const title = typeof i === 'number' ? titleAt(data, i) : null;
            if (title === null) target.removeAttribute('title');
            else target.title = title;
          },
        ],
      },
    },
    [[...times], ...series.map(({ values }) => [...values])] as uPlot.AlignedData,
    target,
  );
}

function drawLimit(chart: uPlot, value: number, colour: string): void {
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
