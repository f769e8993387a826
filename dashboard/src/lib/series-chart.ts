/** The drawing of parts/SeriesChart.svelte with uPlot; in a module of its own so that it loads when needed. */
import uPlot from 'uplot';
import { drawLimit, frameOf, hoverTitle } from './chart-frame.ts';
import { axisText, scaleOf, titleAt, type SeriesChartData } from './series.ts';

const MOST_BAR_PX = 28;

export function createSeriesChart(
  target: HTMLElement,
  { data, height }: { data: SeriesChartData; height: number },
): uPlot {
  const { limits, series, span, times, unit } = data;
  const { bottom, colour, options, side } = frameOf(target, height);
  const bars = uPlot.paths.bars?.({ size: [0.7, MOST_BAR_PX], align: 1 });
  return new uPlot(
    {
      ...options,
      scales: {
        x: { range: () => [...span] },
        y: { range: () => scaleOf(data) },
      },
      axes: [bottom(), side(56, (value) => axisText(value, unit))],
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
        setCursor: [hoverTitle(target, (i) => titleAt(data, i))],
      },
    },
    [[...times], ...series.map(({ values }) => [...values])] as uPlot.AlignedData,
    target,
  );
}
