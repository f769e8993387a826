/**
 * Control charts, one step at a time: state in, state out (REFERENCE §5.1, §5.2). x is standardised unless
 * said otherwise.
 */

export interface Ewma {
  readonly z: number;
  /** Observations so far. */
  readonly n: number;
}

export const EWMA_START: Ewma = { z: 0, n: 0 };

/** One step of an EWMA, and its limit L·σ·√(λ/(2−λ)·(1−(1−λ)^2n)). */
export function ewmaStep(
  state: Ewma,
  x: number,
  { lambda, width, sigma = 1 }: { lambda: number; width: number; sigma?: number },
): { state: Ewma; limit: number; alarm: boolean } {
  const n = state.n + 1;
  const z = lambda * x + (1 - lambda) * state.z;
  const limit =
    width * sigma * Math.sqrt((lambda / (2 - lambda)) * (1 - Math.pow(1 - lambda, 2 * n)));
  return { state: { z, n }, limit, alarm: Math.abs(z) > limit };
}

/** One step of a one-sided CUSUM: S = max(0, S + x − k), alarm when S > h (in σ). */
export const cusumStep = (s: number, x: number, k: number): number => Math.max(0, s + x - k);

/** Reference value of a Poisson CUSUM that is to see a rise from λ0 to λ1: (λ1 − λ0)/(ln λ1 − ln λ0). */
export function poissonCusumK(lambda0: number, lambda1: number): number {
  return (lambda1 - lambda0) / (Math.log(lambda1) - Math.log(lambda0));
}
