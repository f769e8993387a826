/** Figures computed twice: from the files alone, and by a system that a replay of them went through. */

export interface Figure {
  readonly name: string;
  /** From the file; null when there is nothing to measure. */
  readonly expected: number | null;
  /** What the system says. */
  readonly found: number | null;
  /** Part of the expected figure by which the other may differ; 0 for counts. */
  readonly tolerance: number;
}

/** Percentiles of two computations may differ by the value that they take between two ranks. */
const PERCENTILE_TOLERANCE = 0.01;
/** Sums and means of doubles, in another order. */
const MEAN_TOLERANCE = 1e-9;

export const count = (name: string, expected: number | null, found: number | null): Figure => ({
  name,
  expected,
  found,
  tolerance: 0,
});
export const mean = (name: string, expected: number | null, found: number | null): Figure => ({
  ...count(name, expected, found),
  tolerance: MEAN_TOLERANCE,
});
export const percentile = (name: string, expected: number | null, found: number | null) => ({
  ...count(name, expected, found),
  tolerance: PERCENTILE_TOLERANCE,
});

export function differing(figures: readonly Figure[]): Figure[] {
  return figures.filter(({ expected, found, tolerance }) => {
    if (expected === null || found === null) return expected !== found;
    return Math.abs(found - expected) > tolerance * Math.abs(expected);
  });
}

/** Counts by name of two maps, one figure a name; a name that one side lacks counts 0 there. */
export function counts(
  what: string,
  expected: ReadonlyMap<string, number>,
  found: ReadonlyMap<string, number>,
): Figure[] {
  const names = [...new Set([...expected.keys(), ...found.keys()])].sort();
  return names.map((name) =>
    count(`${what} ${name}`, expected.get(name) ?? 0, found.get(name) ?? 0),
  );
}

export interface Summary {
  readonly count: number;
  readonly mean: number;
  /** Of a sample; null of one value. */
  readonly stddev: number | null;
  readonly p50: number;
  readonly p90: number;
}

/** Null of no values. A percentile is the nearest rank: the least value that so many are no greater than. */
export function summaryOf(values: readonly number[]): Summary | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const average = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const squares = sorted.reduce((sum, value) => sum + (value - average) ** 2, 0);
  return {
    count: sorted.length,
    mean: average,
    stddev: sorted.length > 1 ? Math.sqrt(squares / (sorted.length - 1)) : null,
    p50: percentileOf(sorted, 50),
    p90: percentileOf(sorted, 90),
  };
}

const percentileOf = (sorted: readonly number[], percent: number) =>
  sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? NaN;

export function addTo<K>(totals: Map<K, number>, key: K, value = 1): void {
  totals.set(key, (totals.get(key) ?? 0) + value);
}
