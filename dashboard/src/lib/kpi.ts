/** KPIs as people read them: values with their unit, changes, targets and courses. Pure. */
import type { KpiSummary } from '../../../contracts/kpi.ts';

const MINUS = '\u2212';
const NOTHING = '–';
/** Hours below these read in seconds and in minutes, from the last one on in days. */
const SECONDS_BELOW_H = 1 / 60;
const MINUTES_BELOW_H = 1;
const DAYS_FROM_H = 72;

export interface KpiFormats {
  /** "97.4%", "3.2 h", "1,250 units"; a dash when there is nothing to measure. */
  readonly value: (value: number | null, unit: string) => string;
  /** Difference to another value in the unit of the value: "+1.3 pts", "−12 min". */
  readonly change: (change: number, unit: string) => string;
}

export function createKpiFormats(locale?: string): KpiFormats {
  const number = (maximumFractionDigits: number) =>
    new Intl.NumberFormat(locale, { maximumFractionDigits });
  const [whole, tenth, hundredth] = [number(0), number(1), number(2)];
  const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
  const share = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
  const fineShare = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2 });

  /** Three digits or so, whatever the size. */
  const plain = (value: number) => {
    const size = Math.abs(value);
    if (size >= 100_000) return compact.format(value);
    if (size >= 100 || Number.isInteger(value)) return whole.format(value);
    return (size >= 10 ? tenth : hundredth).format(value);
  };
  const hours = (value: number) => {
    const size = Math.abs(value);
    if (size < SECONDS_BELOW_H) return `${plain(value * 3600)} s`;
    if (size < MINUTES_BELOW_H) return `${plain(value * 60)} min`;
    return size < DAYS_FROM_H ? `${plain(value)} h` : `${plain(value / 24)} d`;
  };
  const withUnit = (value: number, unit: string) => {
    if (unit === 'h') return hours(value);
    if (unit === 'd') return `${plain(value)} d`;
    return unit === 'money' || unit === '' ? plain(value) : `${plain(value)} ${unit}`;
  };
  const minus = (text: string) => text.replace('-', MINUS);

  return {
    value: (value, unit) => {
      if (value === null) return NOTHING;
      if (unit !== '%') return minus(withUnit(value, unit));
      return minus((Math.abs(value) < 0.1 || value > 0.99 ? fineShare : share).format(value));
    },
    change: (change, unit) => {
      const sign = change > 0 ? '+' : '';
      const text = unit === '%' ? `${plain(change * 100)} pts` : withUnit(change, unit);
      return `${sign}${minus(text)}`;
    },
  };
}

export const kpiFormats = createKpiFormats();

export type Trend = 'better' | 'worse' | 'same' | 'neutral';

/** The change against the period before, and whether that is good. Null without one of the two. */
export function trendOf({
  direction,
  previous,
  value,
}: Pick<KpiSummary, 'direction' | 'previous' | 'value'>): { change: number; trend: Trend } | null {
  if (value === null || previous === null) return null;
  const change = value - previous;
  if (change === 0) return { change, trend: 'same' };
  // What should be near zero gets better as it gets nearer.
  const gain =
    direction === 'up'
      ? change
      : direction === 'down'
        ? -change
        : Math.abs(previous) - Math.abs(value);
  return { change, trend: gain === 0 ? 'neutral' : gain > 0 ? 'better' : 'worse' };
}

/** "at least 97%", "at most 48 h", "within ±1%". */
export function targetText(
  { direction, target, unit }: Pick<KpiSummary, 'direction' | 'target' | 'unit'>,
  formats: KpiFormats,
): string | null {
  if (target === null) return null;
  const text = formats.value(target, unit);
  return { up: `≥ ${text}`, down: `≤ ${text}`, band: `± ${text}` }[direction];
}

export interface Box {
  readonly width: number;
  readonly height: number;
}

/**
 * SVG path of a course: a line from step to step, broken where there is nothing to measure; a value on
 * its own is a short dash. Empty without any value.
 */
export function coursePath(series: readonly (number | null)[], { height, width }: Box): string {
  const values = series.filter((value) => value !== null);
  if (values.length === 0) return '';
  const low = Math.min(...values);
  const range = Math.max(...values) - low;
  const stepPx = series.length > 1 ? width / (series.length - 1) : width;
  const x = (i: number) => round(i * stepPx);
  const y = (value: number) =>
    round(range === 0 ? height / 2 : height * (1 - (value - low) / range));
  return series
    .map((value, i) => {
      if (value === null) return '';
      const before = series[i - 1] ?? null;
      const after = series[i + 1] ?? null;
      if (before !== null) return `L${x(i)} ${y(value)}`;
      return `M${x(i)} ${y(value)}${after === null ? `h${round(Math.min(4, stepPx / 2))}` : ''}`;
    })
    .join('');
}

const round = (value: number) => Math.round(value * 10) / 10;
