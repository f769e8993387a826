/**
 * SUPPLIER_VARIANCE_TREND (REFERENCE §4.2, §5.1): whether the last receipts of a supplier drift, or are off
 * by a constant bias. Pure, over what each receipt brought of what was expected, all its lines together.
 *
 * Drift: Mann–Kendall with the Theil–Sen slope over the last 12, and at least 8, receipts.
 * Bias: two one-sided CUSUMs (k, h) over the receipts that are kept. What a receipt misses (or brings too much)
 * is held against what may be missing: half the level that matters is tolerated, so that a unit now and then,
 * or a supplier that is a little off within the contract, is no alarm however long it lasts.
 *
 *   z = (missing − tolerated × expected) / σ,  σ² of a beta-binomial: n t (1 − t) (1 + (n − 1) ρ)
 *
 * A large receipt says more than a small one, but only so much more: errors come in heaps (a case, a pallet),
 * which is what ρ allows for. One receipt counts for no more than 3σ, which is below h + k: a
 * single gross error is what INBOUND_QTY_MISMATCH reports, and no bias. S is held at h + k, so that the first
 * clean receipt brings it down to the limit.
 */
import { median } from 'simple-statistics';
import { cusumStep } from '../detect/statistics/charts.ts';
import { mannKendall } from '../detect/statistics/trend.ts';
import type { Statistic } from '../processor.ts';

/** Receipts that are kept and charted. */
export const MAX_RECEIPTS = 20;
const TREND_RECEIPTS = { least: 8, most: 12 };
const LEVEL_RECEIPTS = 4;
/** What one receipt counts at most (σ). */
const CLIP = 3;

/** Tolerated at least [K]: nobody counts better than one unit in a thousand. */
const LEAST_TOLERATED = 0.001;
/** How much receipts of one supplier differ beyond chance: a prior worth 500 units [K]. */
const OVERDISPERSION = 0.002;

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
  return { subtype: 'trend', statistic: { ...statistic, limit: Math.sign(trend.slope) * slope } };
}

function biasOf(
  receipts: readonly ReceivedOf[],
  { cusumH: h, cusumK: k, level }: DriftParameters,
): Drift | null {
  const tolerated = Math.max(level / 2, LEAST_TOLERATED);
  let over = 0;
  let short = 0;
  for (const { expected, received } of receipts) {
    const heaps = 1 + (expected - 1) * OVERDISPERSION;
    const sigma = Math.sqrt(expected * tolerated * (1 - tolerated) * heaps);
    const step = (s: number, units: number) =>
      Math.min(cusumStep(s, Math.min(CLIP, (units - tolerated * expected) / sigma), k), h + k);
    over = step(over, received - expected);
    short = step(short, expected - received);
  }
  const s = Math.max(over, short);
  if (s <= h) return null;
  const statistic = { name: over > short ? 'cusum_over' : 'cusum_short', value: s, expected: 0 };
  return { subtype: 'bias', statistic: { ...statistic, limit: h } };
}
