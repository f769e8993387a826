/** The normal distribution as far as charts need it. */
import { errorFunction } from 'simple-statistics';

/** P(Z ≥ z). Good to z of about 6, where `cumulativeStdNormalProbability` saturates at 3.1 (REFERENCE §5.5). */
export function normalTail(z: number): number {
  if (z > 5) return asymptoticTail(z);
  return 0.5 * (1 - errorFunction(z / Math.SQRT2));
}

/** Far out the tail is the density over z, less a falling series. */
function asymptoticTail(z: number): number {
  const square = z * z;
  const series = 1 - 1 / square + 3 / square ** 2 - 15 / square ** 3;
  return (Math.exp(-square / 2) / (z * Math.sqrt(2 * Math.PI))) * series;
}
