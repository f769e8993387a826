/**
 * The features of a SKU at a node that the shrinkage model reads, in the order of a row (REFERENCE §5.1). Pure. The
 * same names are the columns of sql/features/shrinkage.sql, which says what each of them is.
 */
import type { Sums } from './activity.ts';

export const FEATURES = [
  'losses',
  'loss_cost_log',
  'adjusted_cost_log',
  'unexplained_share',
  'near_limit',
  'count_variance',
  'shorts_per_1000_picks',
  'location_errors',
  'days_since_count',
  'unit_cost_log',
  'picks_log',
] as const;

/** A SKU that was not counted for so long counts as one that never was (days). */
const MOST_DAYS_SINCE_COUNT = 60;

export function featuresOf(
  sums: Sums,
  { daysSinceCount, unitCost }: { daysSinceCount: number | null; unitCost: number },
): number[] {
  const { adjusted_cost: adjustedCost, adjusted_units: adjusted, picks } = sums;
  const row: Record<(typeof FEATURES)[number], number> = {
    losses: sums.losses,
    loss_cost_log: Math.log1p(Math.max(0, sums.loss_cost)),
    adjusted_cost_log: Math.log1p(Math.max(0, adjustedCost)),
    unexplained_share: ratio(sums.unexplained_units, adjusted),
    near_limit: sums.near_limit,
    count_variance: ratio(sums.counted_off, sums.counted_book),
    shorts_per_1000_picks: 1_000 * ratio(sums.shorts, picks),
    location_errors: sums.location_errors,
    days_since_count: Math.min(MOST_DAYS_SINCE_COUNT, daysSinceCount ?? MOST_DAYS_SINCE_COUNT),
    unit_cost_log: Math.log1p(unitCost),
    picks_log: Math.log1p(Math.max(0, picks)),
  };
  return FEATURES.map((name) => row[name]);
}

/** 0 of nothing; what corrections leave of a sum is no more than rounding. */
const ratio = (part: number, whole: number) => (whole > 1e-9 ? Math.max(0, part) / whole : 0);
