/**
 * Light forecasts of daily demand (REFERENCE §6): what class a series is of, and its mean from now on. Pure;
 * a series holds units by day, the oldest first, without the days on which there was nothing to sell.
 */

export const DEMAND_CLASSES = ['smooth', 'erratic', 'intermittent', 'lumpy', 'none'] as const;
export type DemandClass = (typeof DEMAND_CLASSES)[number];

/** Bounds of the classes of Syntetos and Boylan. */
const REGULAR_ADI = 1.32;
const EVEN_CV2 = 0.49;

/** Weights of the newest day (REFERENCE §6: 0.1–0.3), and of the newest demand. */
const SES_WEIGHT = 0.2;
const DEMAND_WEIGHT = 0.1;
/** A series that has been silent for so many of its mean intervals is taken to die. */
const DYING_INTERVALS = 3;

export interface Regularity {
  readonly demandClass: DemandClass;
  /** Mean interval between demands: days ÷ days with demand; null when there was none. */
  readonly adi: number | null;
  /** Squared coefficient of variation of the days with demand. */
  readonly cv2: number;
}

/** Class of a series by Syntetos and Boylan; `none` when nothing was asked for. */
export function classify(series: readonly number[]): Regularity {
  const sizes: number[] = [];
  for (const units of series) if (units > 0) sizes.push(units);
  if (sizes.length === 0) return { demandClass: 'none', adi: null, cv2: 0 };
  const { mean, variance } = moments(sizes);
  const adi = series.length / sizes.length;
  const cv2 = variance / mean ** 2;
  const even = cv2 < EVEN_CV2;
  if (adi < REGULAR_ADI) return { demandClass: even ? 'smooth' : 'erratic', adi, cv2 };
  return { demandClass: even ? 'intermittent' : 'lumpy', adi, cv2 };
}

/** Mean and (sample) variance; a single value has none. */
export function moments(values: readonly number[]): { mean: number; variance: number } {
  if (values.length === 0) return { mean: 0, variance: 0 };
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, variance: values.length > 1 ? squares / (values.length - 1) : 0 };
}

/** Simple exponential smoothing, from the first value on: l ← αy + (1 − α)l. */
export function ses(series: readonly number[], weight: number): number {
  let level = series[0] ?? 0;
  for (let day = 1; day < series.length; day++) level += weight * ((series[day] as number) - level);
  return level;
}

export interface Croston {
  /** Smoothed size of a demand, and smoothed days from one to the next. */
  readonly size: number;
  readonly interval: number;
}

/** Croston: size and interval, smoothed on demand only, from the first demand on; null without demand. */
export function croston(series: readonly number[], weight: number): Croston | null {
  let smoothed: { size: number; interval: number } | null = null;
  let interval = 0;
  for (const units of series) {
    interval += 1;
    if (units <= 0) continue;
    if (smoothed === null) {
      smoothed = { size: units, interval };
    } else {
      smoothed.size += weight * (units - smoothed.size);
      smoothed.interval += weight * (interval - smoothed.interval);
    }
    interval = 0;
  }
  return smoothed;
}

/** Syntetos–Boylan approximation: Croston's rate without its bias. */
export function sba(series: readonly number[], weight: number): number {
  const smoothed = croston(series, weight);
  return smoothed === null ? 0 : ((1 - weight / 2) * smoothed.size) / smoothed.interval;
}

/** Teunter, Syntetos, Babai: size × probability of a demand, which falls while nothing is asked for. */
export function tsb(series: readonly number[], weight: number): number {
  const first = series.findIndex((units) => units > 0);
  if (first < 0) return 0;
  let size = series[first] as number;
  let probability = 1 / (first + 1);
  for (let day = first + 1; day < series.length; day++) {
    const units = series[day] as number;
    if (units > 0) size += weight * (units - size);
    probability += weight * ((units > 0 ? 1 : 0) - probability);
  }
  return size * probability;
}

export interface Forecast extends Regularity {
  /** Units a day, on average over the days to come. */
  readonly dailyUnits: number;
  /** Standard deviation of a day's units. */
  readonly dailySd: number;
}

/**
 * Mean demand a day by the method of the series' class. `seasonal` is the same series over the index of each
 * day: what a level is smoothed from where demand is regular.
 */
export function forecast(
  series: readonly number[],
  seasonal: readonly number[] = series,
): Forecast {
  const regularity = classify(series);
  const { demandClass } = regularity;
  const isRegular = demandClass === 'smooth' || demandClass === 'erratic';
  return {
    ...regularity,
    dailyUnits: isRegular ? ses(seasonal, SES_WEIGHT) : sparseMean(series, regularity),
    dailySd: Math.sqrt(moments(isRegular ? seasonal : series).variance),
  };
}

/** Mean of a series in which most days have none. */
function sparseMean(series: readonly number[], { adi, demandClass }: Regularity): number {
  if (adi === null) return 0;
  const isDying = silentDays(series) > DYING_INTERVALS * adi;
  return demandClass === 'lumpy' || isDying
    ? tsb(series, DEMAND_WEIGHT)
    : sba(series, DEMAND_WEIGHT);
}

function silentDays(series: readonly number[]): number {
  let days = 0;
  while (days < series.length && (series[series.length - 1 - days] ?? 0) <= 0) days += 1;
  return days;
}
