/**
 * How surprising it is that nothing was sold of what is there (REFERENCE §5.1, phantom stock): the book says
 * there is stock, and for so long as demand was before, nobody would have gone without. Pure.
 */
import { moments } from '../forecast.ts';

/** What was sold before says how much is usual from so many days on [K]. */
const LEAST_BEFORE = 14;
/** Below this ratio of variance to mean, sales are Poisson (REFERENCE §5.1). */
const DISPERSED = 1.2;

export interface ZeroRun {
  /** Days without a sale or a pick, each by how much is usually sold on its weekday. */
  readonly days: number;
  /** Units a day before it. */
  readonly rate: number;
  /** Size of the negative binomial; infinite for a Poisson. */
  readonly size: number;
  /** P(nothing in so many days). */
  readonly p: number;
}

/**
 * The run of days without sales at the end of a series of days on which there was stock; null when something
 * was sold or picked today, or when too little is known of the time before. `weight`: of a day, by its
 * weekday. `pickedDay`: when goods were picked last.
 */
export function zeroRun(
  { days, units }: { readonly days: readonly number[]; readonly units: readonly number[] },
  options: { readonly weight: (day: number) => number; readonly pickedDay: number },
): ZeroRun | null {
  let last = units.length - 1;
  while (last >= 0 && (units[last] as number) <= 0) last -= 1;
  const before = units.slice(0, last + 1);
  if (before.length < LEAST_BEFORE) return null;
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const rate = sum(before) / sum(days.slice(0, last + 1).map(options.weight));
  const silent = days.slice(last + 1).filter((day) => day > options.pickedDay);
  const length = sum(silent.map(options.weight));
  const { mean, variance } = moments(before);
  const size = variance / mean < DISPERSED ? Infinity : mean ** 2 / (variance - mean);
  return { days: length, rate, size, p: noneProbability(rate * length, size) };
}

/** P(no unit) at a mean: exp(−m), or (r ÷ (r + m))^r where sales are overdispersed. */
const noneProbability = (mean: number, size: number) =>
  size === Infinity ? Math.exp(-mean) : (size / (size + mean)) ** size;

/** Days without a sale that have this probability. */
export const daysOf = (p: number, { rate, size }: ZeroRun) =>
  (size === Infinity ? -Math.log(p) : size * (p ** (-1 / size) - 1)) / rate;
