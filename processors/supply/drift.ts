/**
 * SUPPLIER_VARIANCE_TREND (REFERENCE §4.2, §5.1): whether the last receipts of a supplier drift, or are off
 * by a constant bias. Pure, over the variances of the receipts as parts of what was expected.
 *
 * Drift: Mann–Kendall with the Theil–Sen slope over the last 12, and at least 8, receipts.
 * Bias: two one-sided CUSUMs over the receipts that are kept, from a mean of 0, which is what a supplier
 * owes. σ is the median difference of neighbours, so that the bias itself does not widen it, but never less
 * than half the level that matters: most suppliers deliver exactly, and the first unit off is no alarm. A
 * receipt counts for no more than 3σ, so that a single gross error (which INBOUND_QTY_MISMATCH reports) is
 * no bias; S is held at h + k, so that the first clean receipt brings it down to the limit.
 */
import { median } from 'simple-statistics';
import { cusumStep } from '../detect/statistics/charts.ts';
import { mannKendall } from '../detect/statistics/trend.ts';
import type { Statistic } from '../processor.ts';

/** Receipts that are kept and charted. */
export const MAX_RECEIPTS = 20;
const TREND_RECEIPTS = { least: 8, most: 12 };
const LEVEL_RECEIPTS = 4;
/** The median of |x − y| of two normal values, in σ. */
const MEDIAN_DIFFERENCE = 0.6745 * Math.SQRT2;
/** What one receipt counts at most (σ). */
const CLIP = 3;

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

/** Variances in the order of the receipts, the newest last. */
export function driftOf(variances: readonly number[], parameters: DriftParameters): Drift | null {
  return trendOf(variances, parameters) ?? biasOf(variances, parameters);
}

function trendOf(variances: readonly number[], { level, p, slope }: DriftParameters): Drift | null {
  const last = variances.slice(-TREND_RECEIPTS.most);
  if (last.length < TREND_RECEIPTS.least) return null;
  if (median(last.slice(-LEVEL_RECEIPTS).map(Math.abs)) < level) return null;
  const trend = mannKendall(last);
  if (trend === null || trend.p >= p || Math.abs(trend.slope) < slope) return null;
  const statistic = { name: 'theil_sen_slope', value: trend.slope, expected: 0, p: trend.p };
  return { subtype: 'trend', statistic: { ...statistic, limit: Math.sign(trend.slope) * slope } };
}

function biasOf(
  variances: readonly number[],
  { cusumH: h, cusumK: k, level }: DriftParameters,
): Drift | null {
  const least = level / 2;
  if (mostOf(variances, least, k) <= h) return null;
  const sigma = Math.max(spread(variances), least);
  let over = 0;
  let short = 0;
  for (const variance of variances) {
    const x = sigma === 0 ? 0 : Math.max(-CLIP, Math.min(CLIP, variance / sigma));
    over = Math.min(cusumStep(over, x, k), h + k);
    short = Math.min(cusumStep(short, -x, k), h + k);
  }
  const s = Math.max(over, short);
  if (s <= h) return null;
  const statistic = { name: over > short ? 'cusum_over' : 'cusum_short', value: s, expected: 0 };
  return { subtype: 'bias', statistic: { ...statistic, limit: h } };
}

/** What S is at most, of either side and for any σ from the least one: nearly always too little. */
function mostOf(variances: readonly number[], leastSigma: number, k: number): number {
  let most = 0;
  for (const variance of variances) {
    if (variance !== 0) most += Math.max(0, Math.min(CLIP, Math.abs(variance) / leastSigma) - k);
  }
  return most;
}

/** σ of neighbours; 0 where there are too few. */
function spread(variances: readonly number[]): number {
  const differences = variances.slice(1).map((x, index) => Math.abs(x - (variances[index] ?? x)));
  return differences.length === 0 ? 0 : median(differences) / MEDIAN_DIFFERENCE;
}
