/** Trend of a few irregular points: Mann–Kendall with the Theil–Sen slope (REFERENCE §5.1). */
import { median } from 'simple-statistics';
import { normalTail } from './normal.ts';

export interface Trend {
  /** Σ sgn(x_j − x_i) over i < j. */
  readonly s: number;
  /** With the correction for ties. */
  readonly variance: number;
  readonly z: number;
  /** Two-sided p: exact for up to EXACT_MAX points without ties, normal otherwise. */
  readonly p: number;
  /** Median of the pairwise slopes, per step. */
  readonly slope: number;
}

/** Up to here the distribution of S is counted out. */
const EXACT_MAX = 12;

/** Trend over equally spaced points; null for fewer than three. */
export function mannKendall(x: readonly number[]): Trend | null {
  const n = x.length;
  if (n < 3) return null;
  let s = 0;
  const slopes: number[] = [];
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const difference = (x[j] as number) - (x[i] as number);
      s += Math.sign(difference);
      slopes.push(difference / (j - i));
    }
  }
  const ties = tieSizes(x);
  const weight = (t: number) => t * (t - 1) * (2 * t + 5);
  const variance = (weight(n) - ties.reduce((sum, t) => sum + weight(t), 0)) / 18;
  const z = variance === 0 ? 0 : (s - Math.sign(s)) / Math.sqrt(variance);
  const exact = n <= EXACT_MAX && ties.length === 0;
  const p = exact ? exactTwoSided(n, s) : Math.min(1, 2 * normalTail(Math.abs(z)));
  return { s, variance, z, p, slope: median(slopes) };
}

/** Sizes of the groups of equal values, of two and more. */
function tieSizes(x: readonly number[]): number[] {
  const counts = new Map<number, number>();
  for (const value of x) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.values()].filter((count) => count > 1);
}

const exactTails = new Map<number, readonly number[]>();

/** P(|S| ≥ |s|) among all orders of n different values. */
function exactTwoSided(n: number, s: number): number {
  if (s === 0) return 1;
  return Math.min(1, 2 * exactUpper(n, Math.abs(s)));
}

/** P(S ≥ s). Of n values, the number of inversions is distributed as counted here. */
export function exactUpper(n: number, s: number): number {
  let tails = exactTails.get(n);
  if (tails === undefined) {
    tails = tailsOf(n);
    exactTails.set(n, tails);
  }
  const pairs = (n * (n - 1)) / 2;
  // S = pairs − 2 × inversions, so S ≥ s means at most (pairs − s)/2 inversions.
  return tails[Math.floor((pairs - s) / 2)] ?? 0;
}

/** Probability of at most i inversions, for each i. */
function tailsOf(n: number): number[] {
  let counts = [1];
  for (let size = 2; size <= n; size++) {
    const next = new Array<number>(counts.length + size - 1).fill(0);
    counts.forEach((count, inversions) => {
      for (let more = 0; more < size; more++) next[inversions + more]! += count;
    });
    counts = next;
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  let cumulative = 0;
  return counts.map((count) => (cumulative += count) / total);
}
