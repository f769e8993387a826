/** The drawing of views/sql/Chart.svelte with uPlot: columns of a result as lines over time, or as bars. */
import uPlot from 'uplot';
import { frameOf, hoverTitle } from './chart-frame.ts';
import { isTime, secondsOf, SERIES_COLOURS, type ChartChoice, type Result } from './sql.ts';

const MAX_LABEL_LENGTH = 14;

export function createResultChart(
  target: HTMLElement,
  { choice, height, result }: { choice: ChartChoice; height: number; result: Result },
): uPlot {
  const { bottom, colour, options, side } = frameOf(target, height);
  const isOverTime = isTime(result.columns[choice.x]?.type ?? '');
  const rows = isOverTime ? inOrder(result.rows, choice.x) : result.rows;
  const xs = rows.map((row, index) =>
    isOverTime ? (secondsOf(row[choice.x] ?? null) ?? 0) : index,
  );
  const label = (index: number) => shorten(rows[index]?.[choice.x] ?? '');
  const short = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 2 });
  const bars = uPlot.paths.bars?.({ size: [0.72, 64], align: 0 });
  return new uPlot(
    {
      ...options,
      scales: {
        x: isOverTime
          ? { time: true }
          : { time: false, range: () => [-0.6, Math.max(0.6, xs.length - 0.4)] },
        y: { range: (_chart, low, high) => room(low, high, choice.kind === 'bars') },
      },
      axes: [
        bottom(
          isOverTime
            ? {}
            : {
                space: 90,
                incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
                values: (_chart, splits) =>
                  splits.map((at) => (Number.isInteger(at) ? label(at) : '')),
              },
        ),
        side(64, (value) => short.format(value)),
      ],
      series: [
        {},
        ...choice.ys.map((y, index) => ({
          label: result.columns[y]?.name ?? '',
          stroke: colour(SERIES_COLOURS[index % SERIES_COLOURS.length] ?? '--accent'),
          width: choice.kind === 'bars' ? 0 : 2,
          ...(choice.kind === 'bars'
            ? {
                fill: colour(SERIES_COLOURS[index % SERIES_COLOURS.length] ?? '--accent'),
                ...(bars === undefined ? {} : { paths: bars }),
                points: { show: false },
              }
            : {}),
        })),
      ],
      hooks: {
        setCursor: [
          hoverTitle(target, (index) => {
            const row = rows[index];
            if (row === undefined) return null;
            const values = choice.ys.map((y) => `${result.columns[y]?.name}: ${row[y] ?? 'NULL'}`);
            return [row[choice.x] ?? 'NULL', ...values].join('\n');
          }),
        ],
      },
    },
    [xs, ...choice.ys.map((y) => rows.map((row) => numberOf(row[y] ?? null)))],
    target,
  );
}

function inOrder(rows: Result['rows'], x: number): Result['rows'] {
  const at = (row: Result['rows'][number]) => secondsOf(row[x] ?? null) ?? 0;
  return [...rows].sort((a, b) => at(a) - at(b));
}

function numberOf(cell: string | null): number | null {
  const value = cell === null ? NaN : Number(cell);
  return Number.isFinite(value) ? value : null;
}

/** Bars stand on zero. */
function room(low: number | null, high: number | null, onZero: boolean): [number, number] {
  const bottom = onZero ? Math.min(0, low ?? 0) : (low ?? 0);
  const top = onZero ? Math.max(0, high ?? 1) : (high ?? 1);
  const pad = (top - bottom || Math.abs(top) || 1) * 0.08;
  return [bottom >= 0 ? Math.max(0, bottom - (onZero ? 0 : pad)) : bottom - pad, top + pad];
}

const shorten = (text: string) =>
  text.length > MAX_LABEL_LENGTH ? `${text.slice(0, MAX_LABEL_LENGTH - 1)}…` : text;
