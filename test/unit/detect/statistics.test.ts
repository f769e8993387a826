/** Statistics against the vectors of REFERENCE §5.1, §5.2 and §5.6 (computed with SciPy). */
import { describe, expect, test } from 'vitest';
import {
  cusumStep,
  EWMA_START,
  ewmaStep,
  poissonCusumK,
} from '../../../processors/detect/statistics/charts.ts';
import { benjaminiHochberg } from '../../../processors/detect/statistics/multiplicity.ts';
import { normalTail } from '../../../processors/detect/statistics/normal.ts';
import { modifiedZ } from '../../../processors/detect/statistics/robust.ts';
import {
  betaBinomialTail,
  binomialTail,
  gammaPoissonTail,
  negativeBinomialTail,
  negativeBinomialTailOfMean,
  poissonTail,
  smallestWithTail,
  wilson,
  zeroRun,
} from '../../../processors/detect/statistics/tails.ts';
import { exactUpper, mannKendall } from '../../../processors/detect/statistics/trend.ts';

describe('tails of counts', () => {
  test('§5.6', () => {
    expect(poissonTail(7, 2)).toBeCloseTo(0.0045338, 7);
    expect(negativeBinomialTailOfMean(7, { mean: 2, r: 2 })).toBeCloseTo(0.0351563, 7);
    expect(gammaPoissonTail(4, { a: 2, b: 1_000, n: 400 })).toBeCloseTo(0.0257036, 7);
    expect(betaBinomialTail(6, { n: 200, a: 2, b: 198 })).toBeCloseTo(0.0616672, 7);
    expect(binomialTail(6, { n: 200, p: 0.01 })).toBeCloseTo(0.0160229, 7);
    const [low, high] = wilson(12, 400) ?? [];
    expect(low).toBeCloseTo(0.01724, 5);
    expect(high).toBeCloseTo(0.0517, 5);
  });

  // §5.1: smallest x with P(X ≥ x) ≤ α.
  const MEANS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20];
  test.each([
    [0.01, [2, 3, 4, 5, 7, 12, 19, 32]],
    [0.001, [3, 4, 5, 6, 9, 14, 22, 36]],
    [0.0001, [4, 4, 6, 7, 10, 16, 25, 40]],
  ])('Poisson limits at %f', (alpha, limits) => {
    expect(MEANS.map((mean) => smallestWithTail(alpha, (x) => poissonTail(x, mean)))).toEqual(
      limits,
    );
  });

  // §5.1: a Poisson limit for α = 0.001 really fires so often when counts are overdispersed.
  test.each([
    [1, 1, 0.016],
    [2, 2, 0.011],
    [5, 2, 0.045],
  ])('overdispersion: mean %i, r %i', (mean, r, rate) => {
    const limit = smallestWithTail(0.001, (x) => poissonTail(x, mean));
    expect(negativeBinomialTailOfMean(limit, { mean, r })).toBeCloseTo(rate, 3);
  });

  test('sum to one, and hold at their edges', () => {
    for (const tail of [
      (x: number) => poissonTail(x, 3),
      (x: number) => negativeBinomialTail(x, { r: 0.7, p: 0.2 }),
      (x: number) => binomialTail(x, { n: 12, p: 0.3 }),
      (x: number) => betaBinomialTail(x, { n: 12, a: 0.4, b: 0.6 }),
    ]) {
      expect(tail(0)).toBe(1);
      for (let x = 0; x < 12; x++) expect(tail(x)).toBeGreaterThanOrEqual(tail(x + 1));
    }
    expect(binomialTail(13, { n: 12, p: 0.3 })).toBe(0);
    expect(poissonTail(1, 0)).toBe(0);
    // P(X ≥ 1) = 1 − e^−λ, and a tail far below what a table gives.
    expect(poissonTail(1, 1e-9)).toBeCloseTo(1e-9, 17);
    expect(poissonTail(60, 5)).toBeGreaterThan(0);
    expect(poissonTail(5, -1)).toBeNaN();
  });

  test('a run of days without a sale', () => {
    expect(zeroRun({ days: 7, perDay: 1 })).toBeCloseTo(Math.exp(-7), 12);
    expect(zeroRun({ days: 6, perDay: 1, r: 2 })).toBeCloseTo(1 / 16, 12);
  });
});

describe('the normal distribution', () => {
  // Abramowitz and Stegun, table 26.1 and 26.2.
  test.each([
    [0, 0.5],
    [1.959963985, 0.025],
    [3.090232306, 0.001],
    [4.753424309, 1e-6],
    [5.997807015, 1e-9],
  ])('z %f', (z, p) => {
    expect(normalTail(z) / p).toBeCloseTo(1, 2);
  });
});

test('modified z: §5.6, and null where the spread is none', () => {
  expect(modifiedZ(9, [1, 1, 2, 2, 4, 6, 9])).toBeCloseTo(4.7215, 4);
  expect(modifiedZ(3, [0, 0, 0, 0, 2])).toBeNull();
  expect(modifiedZ(3, [])).toBeNull();
});

describe('charts: §5.6', () => {
  const DATA = [0.2, -0.5, 1.1, 1.6, 0.9, 2.2, 1.8];

  test('EWMA', () => {
    let state = EWMA_START;
    const steps = DATA.map((x) => {
      const step = ewmaStep(state, x, { lambda: 0.2, width: 2.86 });
      ({ state } = step);
      return step;
    });
    expect(steps.map(({ alarm }) => alarm)).toEqual([...new Array<boolean>(6).fill(false), true]);
    expect(steps.at(-1)?.state.z).toBeCloseTo(1.0589, 4);
    expect(steps.at(-1)?.limit).toBeCloseTo(0.9321, 4);
  });

  test('CUSUM', () => {
    let s = 0;
    const sums = DATA.map((x) => (s = cusumStep(s, x, 0.5)));
    [0, 0, 0.6, 1.7, 2.1, 3.8, 5.1].forEach((sum, index) =>
      expect(sums[index]).toBeCloseTo(sum, 10),
    );
  });

  // §5.2: k of the Poisson CUSUM, rounded there to one decimal.
  test.each([
    [0.1, 0.3, 0.2],
    [0.2, 0.6, 0.4],
    [0.5, 1, 0.7],
    [0.5, 1.5, 0.9],
    [1, 2, 1.4],
    [2, 4, 2.9],
  ])('Poisson CUSUM %f to %f', (from, to, k) => {
    expect(poissonCusumK(from, to)).toBeCloseTo(k, 1);
  });
});

describe('Mann–Kendall', () => {
  test('§5.6, with ties', () => {
    const trend = mannKendall([-1, 0, 1, 1, 2, 3, 3, 5]);
    expect(trend).toMatchObject({ s: 26 });
    expect(trend?.variance).toBeCloseTo(63.333, 3);
    expect(trend?.z).toBeCloseTo(3.1414, 4);
    expect(trend?.p).toBeCloseTo(0.00168, 5);
    expect(trend?.slope).toBeCloseTo(0.775, 10);
  });

  // §5.1: exact one-sided S for p ≤ 0.05 / 0.01 / 0.005.
  test.each([
    [6, [11, 13, 15]],
    [8, [16, 20, 22]],
    [10, [21, 27, 29]],
    [12, [26, 36, 38]],
  ])('exact limits for n = %i', (n, limits) => {
    const pairs = (n * (n - 1)) / 2;
    const found = [0.05, 0.01, 0.005].map((alpha) => {
      let s = pairs;
      while (exactUpper(n, s - 2) <= alpha) s -= 2;
      return s;
    });
    expect(found).toEqual(limits);
  });

  test('five points cannot reach 0.005, and two say nothing', () => {
    expect(exactUpper(5, 10)).toBeGreaterThan(0.005);
    expect(mannKendall([1, 2])).toBeNull();
    expect(mannKendall([3, 3, 3])).toMatchObject({ s: 0, z: 0, p: 1, slope: 0 });
  });
});

test('Benjamini–Hochberg: §5.6', () => {
  const p = [0.0004, 0.003, 0.008, 0.021, 0.04, 0.19, 0.33, 0.47, 0.62, 0.88];
  expect(benjaminiHochberg(p, 0.1)).toBe(5);
  expect(benjaminiHochberg([], 0.1)).toBe(0);
  expect(benjaminiHochberg([0.5, 0.9], 0.1)).toBe(0);
});
