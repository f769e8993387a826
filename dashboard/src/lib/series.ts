/** What a chart of series over time shows, its scale, and the same in words. Pure. */
import type { SteppedWindow } from '../../../contracts/answer.ts';
import { formats } from './format.ts';
import { kpiFormats } from './kpi.ts';

export interface ChartSeries {
  readonly label: string;
  /** One for each time; null where there was nothing to measure. */
  readonly values: readonly (number | null)[];
  readonly kind: 'line' | 'bars' | 'points';
  /** Token of the theme, such as --accent. */
  readonly token: string;
  readonly dashed?: boolean;
}

export interface SeriesChartData {
  /** Seconds since 1970, in order. */
  readonly times: readonly number[];
  /** First and last instant of the axis (s). */
  readonly span: readonly [number, number];
  readonly series: readonly ChartSeries[];
  /** Of all values, as KPIs have it. */
  readonly unit: string;
  readonly limits: readonly { readonly label: string; readonly value: number }[];
}

/** A chart over the steps of an answer's window. */
export function overWindow(
  { window }: { readonly window: SteppedWindow },
  data: Pick<SeriesChartData, 'unit' | 'series'> & Partial<Pick<SeriesChartData, 'limits'>>,
): SeriesChartData {
  const seconds = (at: string) => Date.parse(at) / 1000;
  return {
    limits: [],
    ...data,
    times: window.steps.map(seconds),
    span: [seconds(window.from), seconds(window.to)],
  };
}

/** Values that are there, and limits, with room above and below; zero is in sight. */
export function scaleOf({ limits, series, unit }: SeriesChartData): [number, number] {
  const values = series.flatMap((one) => one.values.filter((value) => value !== null));
  const all = [0, ...values, ...limits.map(({ value }) => value)];
  const [bottom, top] = [Math.min(...all), Math.max(...all)];
  const room = (top - bottom || 1) * 0.08;
  // Nothing is above the whole of a share, unless it is.
  const ceiling = unit === '%' && top <= 1 && top > 0.5 ? 1.02 : top + room;
  return [bottom < 0 ? bottom - room : 0, ceiling];
}

/** What stands at a time, for the pointer; null behind the last. */
export function titleAt({ series, times, unit }: SeriesChartData, index: number): string | null {
  const seconds = times[index];
  if (seconds === undefined) return null;
  const said = series.map(
    ({ label, values }) => `${label} ${kpiFormats.value(values[index] ?? null, unit)}`,
  );
  return `${formats.full(new Date(seconds * 1000))}\n${said.join(', ')}`;
}

/** The chart in a sentence. */
export function summaryOf({ limits, series, unit }: SeriesChartData): string {
  const said = series.map(({ label, values }) => {
    const known = values.filter((value) => value !== null);
    const [first, last] = [known[0], known.at(-1)];
    if (first === undefined || last === undefined) return `${label}: nothing to measure`;
    const text = (value: number) => kpiFormats.value(value, unit);
    const range = `lowest ${text(Math.min(...known))}, highest ${text(Math.max(...known))}`;
    return `${label}: from ${text(first)} to ${text(last)}, ${range}`;
  });
  const lines = limits.map(({ label, value }) => `${label} ${kpiFormats.value(value, unit)}`);
  return [...said, ...lines].join('; ');
}

/** A mark of the axis: short, and in one unit all along it. */
export function axisText(value: number, unit: string): string {
  if (unit === '%') return kpiFormats.value(value, unit);
  const number = kpiFormats.value(value, 'money');
  return unit === 'h' || unit === 'd' ? `${number} ${unit}` : number;
}

/** Nothing was measured at any time. */
export const isEmpty = ({ series }: Pick<SeriesChartData, 'series'>): boolean =>
  series.every(({ values }) => values.every((value) => value === null));
