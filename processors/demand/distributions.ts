/**
 * The distributions that demand over a lead time is taken to have: normal where there is much of it, Poisson
 * or negative binomial where there is little (REFERENCE §6). Pure.
 */

const SQRT_2 = Math.SQRT2;
const SQRT_2PI = Math.sqrt(2 * Math.PI);

/** Coefficients of the Chebyshev fit of erfc (Numerical Recipes §6.2; relative error below 1.2e-7). */
const ERFC = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
  -0.82215223, 0.17087277,
] as const;

function erfc(x: number): number {
  const z = Math.abs(x);
  const t = 1 / (1 + z / 2);
  let sum = 0;
  for (let index = ERFC.length - 1; index >= 0; index--) sum = sum * t + (ERFC[index] as number);
  const tail = t * Math.exp(-z * z + sum);
  return x >= 0 ? tail : 2 - tail;
}

/** P(Z > x) of a standard normal. */
export const normalTail = (x: number) => erfc(x / SQRT_2) / 2;

const normalDensity = (x: number) => Math.exp((-x * x) / 2) / SQRT_2PI;

/** The standard normal loss G(k) = E[(Z − k)⁺]: expected units short, in standard deviations. */
export const normalLoss = (k: number) => normalDensity(k) - k * normalTail(k);

/** The k with G(k) = `loss`, for a loss above 0. */
export function inverseLoss(loss: number): number {
  // G is convex and falls, and G(−loss) ≥ loss: Newton's steps from there never overshoot.
  let k = -loss;
  for (let step = 0; step < 60; step++) {
    const next = k + (normalLoss(k) - loss) / normalTail(k);
    if (!(next - k > 1e-10)) break;
    k = next;
  }
  return k;
}

/** Counts with a mean and a variance: negative binomial when the variance exceeds the mean, Poisson otherwise. */
export interface Counts {
  readonly mean: number;
  readonly variance: number;
}

/** Furthest that a quantile or a tail is looked for: this many standard deviations above the mean. */
const FURTHEST_SD = 12;

function furthest({ mean, variance }: Counts): number {
  return Math.ceil(mean + FURTHEST_SD * Math.sqrt(Math.max(mean, variance)) + 1);
}

/** Size of the negative binomial, infinite for a Poisson. */
function sizeOf({ mean, variance }: Counts): number {
  return variance > mean * (1 + 1e-9)
    ? (mean * mean) / (variance - mean)
    : Number.POSITIVE_INFINITY;
}

function noneProbability(mean: number, size: number): number {
  return size === Number.POSITIVE_INFINITY ? Math.exp(-mean) : (size / (size + mean)) ** size;
}

/** P(X = count + 1) ÷ P(X = count). */
function growth(count: number, mean: number, size: number): number {
  if (size === Number.POSITIVE_INFINITY) return mean / (count + 1);
  return (((count + size) / (count + 1)) * mean) / (size + mean);
}

/** The smallest count q with P(X ≤ q) ≥ `level`. */
export function countQuantile(counts: Counts, level: number): number {
  const { mean } = counts;
  const size = sizeOf(counts);
  const end = furthest(counts);
  let probability = noneProbability(mean, size);
  let below = probability;
  let count = 0;
  while (below < level && count < end) {
    probability *= growth(count, mean, size);
    below += probability;
    count += 1;
  }
  return count;
}

/** P(X > `units`). */
export function countTail(counts: Counts, units: number): number {
  if (units < 0) return 1;
  if (units >= furthest(counts)) return 0;
  const { mean } = counts;
  const size = sizeOf(counts);
  let probability = noneProbability(mean, size);
  let below = probability;
  for (let count = 0; count < Math.floor(units); count++) {
    probability *= growth(count, mean, size);
    below += probability;
  }
  return Math.max(0, 1 - below);
}
