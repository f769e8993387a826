/** Robust location and spread (REFERENCE §5.1). */
import { median, medianAbsoluteDeviation } from 'simple-statistics';

/**
 * M = 0.6745 (x − median) / MAD over a baseline; null where the MAD is 0 or there is nothing. Beyond 3.5 an
 * outlier (Iglewicz and Hoaglin), given a baseline of 28 points or more with a median above 5.
 */
export function modifiedZ(x: number, baseline: readonly number[]): number | null {
  if (baseline.length === 0) return null;
  const values = [...baseline];
  const spread = medianAbsoluteDeviation(values);
  return spread === 0 ? null : (0.6745 * (x - median(values))) / spread;
}
