/**
 * SUPPLIER_VARIANCE_TREND (REFERENCE §4.2, §5.1): whether the last receipts of a supplier drift, or are off
 * by a constant bias. Pure, over what each receipt brought of what was expected, all its lines together.
 *
 * Drift: Mann–Kendall with the Theil–Sen slope over the last 12, and at least 8, receipts.
 * Bias: two one-sided CUSUMs (short, over; limit h) of the log-likelihood ratio between a supplier that is clearly
 * beyond the level and one that misses half of it, which is tolerated: a unit now and then, or a little less than
 * agreed within the contract, is no alarm however long it lasts (Page 1954).
 *
 *   x = (missing × ln(p₁/p₀) + found × ln((1 − p₁)/(1 − p₀))) / (1 + (n − 1) ρ),  p₀ = level/2, p₁ = 3 p₀
 *
 * A large receipt says more than a small one, but only so much more: errors come in heaps (a case, a pallet),
 * which is what ρ allows for, the variance of a beta-binomial by that of a binomial. One receipt counts for no more
 * than h: a single gross error is what INBOUND_QTY_MISMATCH reports, and no bias. S is held a little above h, so
 * that the first clean receipts bring it down to the limit.
 */
import { median } from 'simple-statistics';
import { cusumStep } from '../detect/statistics/charts.ts';
import { mannKendall } from '../detect/statistics/trend.ts';
import type { Statistic } from '../processor.ts';

/** Receipts that are kept and charted. */
export const MAX_RECEIPTS = 20;
const TREND_RECEIPTS = { least: 8, most: 12 };
const LEVEL_RECEIPTS = 4;
/** How far beyond its limit the CUSUM is kept [K]. */
const BEYOND = 0.5;

/** Tolerated at least [K]: nobody counts better than one unit in a thousand. */
const LEAST_TOLERATED = 0.001;
/** What is clearly beyond the level, as a multiple of what is tolerated: a receipt at 0.9 of the level says nothing. */
const MATTERS = 3;
/** Nobody misses more than all but one unit of a thousand. */
const MOST_MISSING = 0.999;
/** How much receipts of one supplier differ beyond chance: a prior worth 1,000 units [K]. */
export const OVERDISPERSION = 0.001;

/** Units of one receipt. */
export interface ReceivedOf {
  readonly expected: number;
  readonly received: number;
}

export interface DriftParameters {
  readonly p: number;
  readonly slope: number;
  readonly level: number;
  readonly cusumK: number;
  readonly cusumH: number;
}

export interface Drift {
  readonly subtype: 'trend' | 'bias';
  /** The newest receipt speaks for it, too; one that does not raises nothing. */
  readonly isGrowing: boolean;
  readonly statistic: Statistic;
}

/** Receipts in their order, the newest last; something was expected of each. */
export function driftOf(
  receipts: readonly ReceivedOf[],
  parameters: DriftParameters,
): Drift | null {
  return trendOf(receipts, parameters) ?? biasOf(receipts, parameters);
}

/** Received less expected, part of what was expected. */
export const shareOf = ({ expected, received }: ReceivedOf) => (received - expected) / expected;

function trendOf(
  receipts: readonly ReceivedOf[],
  { level, p, slope }: DriftParameters,
): Drift | null {
  const last = receipts.slice(-TREND_RECEIPTS.most).map(shareOf);
  if (last.length < TREND_RECEIPTS.least) return null;
  if (median(last.slice(-LEVEL_RECEIPTS).map(Math.abs)) < level) return null;
  const trend = mannKendall(last);
  if (trend === null || trend.p >= p || Math.abs(trend.slope) < slope) return null;
  const statistic = { name: 'theil_sen_slope', value: trend.slope, expected: 0, p: trend.p };
  return {
    subtype: 'trend',
    isGrowing: true,
    statistic: { ...statistic, limit: Math.sign(trend.slope) * slope },
  };
}

function biasOf(receipts: readonly ReceivedOf[], parameters: DriftParameters): Drift | null {
  const over = chartOf(receipts, parameters, ({ expected, received }) => received - expected);
  const short = chartOf(receipts, parameters, ({ expected, received }) => expected - received);
  const name = over.s > short.s ? 'cusum_over' : 'cusum_short';
  const { isGrowing, s } = over.s > short.s ? over : short;
  const limit = parameters.cusumH;
  if (s <= limit) return null;
  return { subtype: 'bias', isGrowing, statistic: { name, value: s, expected: 0, limit } };
}

/** One-sided CUSUM of the units that are off. */
function chartOf(
  receipts: readonly ReceivedOf[],
  { cusumH: h, cusumK: k, level }: DriftParameters,
  unitsOf: (receipt: ReceivedOf) => number,
): { s: number; isGrowing: boolean } {
  const evidence = evidenceOf(level);
  let s = 0;
  let before = 0;
  for (const receipt of receipts) {
    const x = Math.min(h, evidence(unitsOf(receipt), receipt.expected));
    before = s;
    s = Math.min(cusumStep(s, x, k), h + BEYOND);
  }
  // Where it is kept it cannot grow any more.
  return { s, isGrowing: s > before || s === h + BEYOND };
}

/**
 * What a receipt of `expected` units, of which `missing` did not come, says for a bias that matters and against
 * one that is tolerated (log-likelihood ratio).
 */
export function evidenceOf(level: number): (missing: number, expected: number) => number {
  const tolerated = Math.max(level / 2, LEAST_TOLERATED);
  const matters = Math.min(MATTERS * tolerated, MOST_MISSING);
  const ofMissing = Math.log(matters / tolerated);
  const ofFound = Math.log((1 - matters) / (1 - tolerated));
  return (missing, expected) => {
    const gone = Math.min(expected, Math.max(0, missing));
    const heaps = 1 + (expected - 1) * OVERDISPERSION;
    return (gone * ofMissing + (expected - gone) * ofFound) / heaps;
  };
}
