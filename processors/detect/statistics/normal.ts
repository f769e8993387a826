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

/** Coefficients of Acklam's rational approximation: relative error below 1.15e-9. */
const A = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
  2.506628277459239,
];
const B = [
  -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572,
];
const C = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734,
  4.374664141464968, 2.938163982698783,
];
const D = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];
const LOW = 0.02425;

const polynomial = (coefficients: readonly number[], x: number) =>
  coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);

/** z with P(Z ≤ z) = p, 0 < p < 1; `probit` is coarse and clamps at 1e-4 (REFERENCE §5.5). */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? -Infinity : p === 1 ? Infinity : Number.NaN;
  if (p > 1 - LOW) return -normalQuantile(1 - p);
  if (p < LOW) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(C, q) / (polynomial(D, q) * q + 1);
  }
  const q = p - 0.5;
  const r = q * q;
  return (polynomial(A, r) * q) / (polynomial(B, r) * r + 1);
}
