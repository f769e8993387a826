/** Robust location and spread (REFERENCE §5.1). */
import { median, medianAbsoluteDeviation } from 'simple-statistics';

/** Fewest points, and smallest median, of a baseline that the modified z is trusted on. */
export const MIN_BASELINE = 28;
/** Iglewicz and Hoaglin. */
export const MODIFIED_Z_LIMIT = 3.5;

/** M = 0.6745 (x − median) / MAD over a baseline; null where the MAD is 0 or there is nothing. */
export function modifiedZ(x: number, baseline: readonly number[]): number | null {
  if (baseline.length === 0) return null;
  const values = [...baseline];
  const spread = medianAbsoluteDeviation(values);
  return spread === 0 ? null : (0.6745 * (x - median(values))) / spread;
}
