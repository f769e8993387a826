/**
 * Upper tails P(X ≥ x) of count distributions (REFERENCE §5.1): how surprising a count is. Probabilities
 * are summed from x upward in log space, so that tails of 1e-12 are right; `simple-statistics` cuts its
 * distributions at a cumulative 0.9999 (§5.5), only its `gammaln` is used.
 *
 * Counts are whole numbers; x ≤ 0 gives 1. Parameters out of their range give NaN.
 */
import { gammaln } from 'simple-statistics';

/** A term this much smaller than the sum adds nothing that a double shows. */
const NEGLIGIBLE = 1e-17;
/** Most terms that are summed; beyond it the remainder is far below any threshold. */
const MAX_TERMS = 1_000_000;

const lgamma = (x: number) => gammaln(x);
const logChoose = (n: number, k: number) => lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);

/** Σ of `exp(logPmf(k))` for k from x while the terms matter; they fall once past the mode. */
function sumFrom(x: number, mode: number, last: number, logPmf: (k: number) => number): number {
  let sum = 0;
  const end = Math.min(last, x + MAX_TERMS);
  for (let k = x; k <= end; k++) {
    const term = Math.exp(logPmf(k));
    sum += term;
    if (k > mode && term <= sum * NEGLIGIBLE) break;
  }
  return Math.min(1, sum);
}

/** P(X ≥ x) of Poisson(mean). */
export function poissonTail(x: number, mean: number): number {
  if (!(mean >= 0)) return Number.NaN;
  if (x <= 0) return 1;
  if (mean === 0) return 0;
  const logMean = Math.log(mean);
  return sumFrom(x, mean, Infinity, (k) => k * logMean - mean - lgamma(k + 1));
}

/**
 * P(X ≥ x) of a negative binomial with size r and success probability p (mean r(1 − p)/p): the number of
 * failures before the r-th success; r need not be whole.
 */
export function negativeBinomialTail(x: number, { r, p }: { r: number; p: number }): number {
  if (!(r > 0) || !(p > 0 && p <= 1)) return Number.NaN;
  if (x <= 0) return 1;
  if (p === 1) return 0;
  const head = r * Math.log(p) - lgamma(r);
  const logQ = Math.log1p(-p);
  const mode = r > 1 ? ((r - 1) * (1 - p)) / p : 0;
  return sumFrom(x, mode, Infinity, (k) => lgamma(k + r) - lgamma(k + 1) + head + k * logQ);
}

/** The same by its mean: p = r/(r + mean). */
export const negativeBinomialTailOfMean = (x: number, { mean, r }: { mean: number; r: number }) =>
  negativeBinomialTail(x, { r, p: r / (r + mean) });

/**
 * Gamma–Poisson with exposure: a rate with prior Gamma(a, b) (a/b the rate of the peers, b the exposure
 * that the prior is worth) gives X errors in n picks; X is NB(size a, p = b/(b + n)).
 */
export const gammaPoissonTail = (x: number, prior: { a: number; b: number; n: number }) =>
  negativeBinomialTail(x, { r: prior.a, p: prior.b / (prior.b + prior.n) });

/** P(X ≥ x) of Binomial(n, p). */
export function binomialTail(x: number, { n, p }: { n: number; p: number }): number {
  if (!(n >= 0) || !(p >= 0 && p <= 1)) return Number.NaN;
  if (x <= 0) return 1;
  if (x > n || p === 0) return 0;
  if (p === 1) return 1;
  const logP = Math.log(p);
  const logQ = Math.log1p(-p);
  return sumFrom(x, n * p, n, (k) => logChoose(n, k) + k * logP + (n - k) * logQ);
}

const logBeta = (a: number, b: number) => lgamma(a) + lgamma(b) - lgamma(a + b);

/** P(X ≥ x) of a beta-binomial: n trials whose probability is Beta(a, b). */
export function betaBinomialTail(
  x: number,
  { n, a, b }: { n: number; a: number; b: number },
): number {
  if (!(n >= 0) || !(a > 0) || !(b > 0)) return Number.NaN;
  if (x <= 0) return 1;
  if (x > n) return 0;
  const head = logBeta(a, b);
  // The mass may lie at both ends, so every term is summed.
  return sumFrom(x, n, n, (k) => logChoose(n, k) + logBeta(k + a, n - k + b) - head);
}

/** Smallest x with tail(x) ≤ alpha. `tail` falls with x. */
export function smallestWithTail(alpha: number, tail: (x: number) => number): number {
  let hi = 1;
  while (tail(hi) > alpha) hi *= 2;
  let lo = Math.floor(hi / 2);
  while (hi - lo > 1) {
    const middle = Math.floor((lo + hi) / 2);
    if (tail(middle) > alpha) lo = middle;
    else hi = middle;
  }
  return hi;
}

/** Probability of `days` without a sale at a rate per day; `r` where demand is overdispersed (§5.1). */
export function zeroRun({ days, perDay, r }: { days: number; perDay: number; r?: number }): number {
  const expected = perDay * days;
  return r === undefined ? Math.exp(-expected) : Math.pow(r / (r + expected), r);
}

/** Wilson interval of a proportion x/n at a normal quantile z (1.96: 95 %); null of nothing. */
export function wilson(x: number, n: number, z = 1.959963984540054): [number, number] | null {
  if (n <= 0) return null;
  const p = x / n;
  const scale = 1 / (1 + (z * z) / n);
  const centre = (p + (z * z) / (2 * n)) * scale;
  const half = z * scale * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return [centre - half, centre + half];
}
