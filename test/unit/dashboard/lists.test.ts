import { describe, expect, test } from 'vitest';
import { mergeRecent } from '../../../dashboard/src/lib/recent.ts';
import { stepPath } from '../../../dashboard/src/lib/spark.ts';

describe('recently moved SKUs', () => {
  const hits = (...names: string[]) =>
    names.map((sku_id) => ({ sku_id, description: null, nodes: 1, atp: 0 }));
  const names = (shown: string[], fresh: string[]) =>
    mergeRecent(hits(...shown), hits(...fresh), 3).map((hit) => hit.sku_id);

  test('stay where they are, however they are ordered now', () => {
    expect(names(['A', 'B', 'C'], ['C', 'B', 'A'])).toEqual(['A', 'B', 'C']);
  });

  test('newcomers take the places of those that left', () => {
    expect(names(['A', 'B', 'C'], ['X', 'C', 'Y'])).toEqual(['X', 'Y', 'C']);
  });

  test('the list grows and shrinks with what there is', () => {
    expect(names([], ['A', 'B'])).toEqual(['A', 'B']);
    expect(names(['A', 'B', 'C'], ['C'])).toEqual(['C']);
    expect(names(['A'], ['B', 'A', 'C'])).toEqual(['A', 'B', 'C']);
  });

  test('there are no more than places, and whoever has one keeps it', () => {
    expect(names(['A', 'B', 'C'], ['X', 'Y', 'Z', 'C', 'A'])).toEqual(['A', 'X', 'C']);
    expect(names([], ['A', 'B', 'C', 'D'])).toEqual(['A', 'B', 'C']);
  });

  test('numbers are the new ones', () => {
    const [merged] = mergeRecent(
      hits('A'),
      [{ sku_id: 'A', description: 'Bag', nodes: 2, atp: 9 }],
      3,
    );
    expect(merged).toEqual({ sku_id: 'A', description: 'Bag', nodes: 2, atp: 9 });
  });
});

describe('a sparkline', () => {
  const box = { width: 100, height: 10, leastMs: 1000 };

  test('is nothing without points', () => {
    expect(stepPath([], { ...box, nowMs: 0 })).toBe('');
  });

  test('holds each value until the next and ends now', () => {
    const points = [
      { atMs: 0, value: 5 },
      { atMs: 500, value: 7 },
      { atMs: 1000, value: 6 },
    ];
    expect(stepPath(points, { ...box, nowMs: 2000 })).toBe('M0 10H25V0H50V5H100');
  });

  test('grows from the left until it fills the width', () => {
    expect(stepPath([{ atMs: 0, value: 5 }], { ...box, nowMs: 500 })).toBe('M0 5H50');
  });

  test('takes a point that is ahead of the clock as now', () => {
    const points = [
      { atMs: 0, value: 1 },
      { atMs: 1000, value: 2 },
    ];
    expect(stepPath(points, { ...box, nowMs: 400 })).toBe('M0 10H100V0H100');
  });
});
