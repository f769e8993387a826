/** PROCESSORS to slices: names, owned partitions, and what is refused. */
import { describe, expect, test } from 'vitest';
import { logSubject, partitionOf } from '../../../contracts/subjects.ts';
import { createSlice, overlap, SliceError } from '../../../processors/runtime/slices.ts';

const bounds = { recentMovements: 16 };
const slice = (name: string, lo = 0, hi = 15) => ({ name, lo, hi });

describe('createSlice', () => {
  test('all processors, however they are written', () => {
    const all = createSlice('all', bounds);
    expect(all.name).toBe('all');
    expect(all.hosted.map(({ processor }) => processor.name)).toEqual([
      'archive',
      'stock',
      'supply',
      'floor',
      'feeds',
      'items',
      'returns',
      'orders',
      'detect',
      'cases',
    ]);
    expect(all.partitions).toHaveLength(16);
    const named = all.hosted.map(({ processor }) => slice(processor.name));
    for (const specs of [named, named.toReversed()]) {
      expect(createSlice(specs, bounds).name).toBe('all');
    }
  });

  test('a slice has a name of its own and wants its SKUs, what names none, and rows of counts', () => {
    const lower = createSlice([slice('stock', 0, 7)], bounds);
    expect(lower.name).toBe('stock-0-7');
    expect(lower.partitions).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const wants = lower.hosted[0]?.wants ?? (() => false);
    const skus = Array.from({ length: 64 }, (_, n) => `sku-${n}`);
    for (const sku_id of skus) {
      expect(wants(logSubject('inventory.adjusted', { sku_id }))).toBe(partitionOf(sku_id) <= 7);
      expect(wants(logSubject('inventory.snapshot.recorded', { sku_id }))).toBe(true);
    }
    expect(wants(logSubject('clock.ticked', {}))).toBe(true);
    expect(createSlice([slice('archive'), slice('stock', 0, 7)], bounds).name).toBe(
      'archive_stock-0-7',
    );
  });

  test.each([
    ['an unknown processor', [slice('ledger')], /names ledger; there are archive, stock, /],
    ['a sliced archive', [slice('archive', 0, 7)], /archive cannot be sliced/],
    ['the same processor twice', [slice('stock', 0, 3), slice('stock', 4, 7)], /twice/],
  ])('%s is refused', (_name, specs, message) => {
    expect(() => createSlice(specs, bounds)).toThrow(SliceError);
    expect(() => createSlice(specs, bounds)).toThrow(message);
  });
});

describe('overlap', () => {
  test('is what both cover', () => {
    const all = [slice('archive'), slice('stock')];
    expect(overlap(all, [slice('stock', 4, 9)])).toBe('stock 4-9');
    expect(overlap([slice('stock', 0, 7)], [slice('stock', 7, 9)])).toBe('stock 7-7');
    expect(overlap([slice('stock', 0, 7)], [slice('stock', 8, 15)])).toBeNull();
    expect(overlap([slice('archive')], [slice('stock')])).toBeNull();
  });
});
