/** Starts that would lose or double something are refused with what does not fit. */
import { describe, expect, test } from 'vitest';
import type { CheckpointRecord } from '../../../processors/runtime/checkpoint.ts';
import {
  archivedTo,
  checkContinuity,
  ContinuityError,
  type Facts,
} from '../../../processors/runtime/continuity.ts';

const ALL = [
  { name: 'archive', lo: 0, hi: 15 },
  { name: 'stock', lo: 0, hi: 15 },
];
const STOCK_LOW = [{ name: 'stock', lo: 0, hi: 7 }];

const record = (change: Partial<CheckpointRecord> = {}): CheckpointRecord => ({
  ...{ epoch: 3, covers: ALL, database: 'shop', flushed: 100, intent: null, rows: 200 },
  ...{ snapshot: null, previous: null },
  ...change,
});
const facts = (change: Partial<Facts> = {}): Facts => ({
  ...{ slice: 'all', covers: ALL, database: 'shop', own: record(), others: new Map() },
  ...{ log: { firstSeq: 1, lastSeq: 120 }, newestStored: 100 },
  ...change,
});
const refusal = (change: Partial<Facts>) => {
  try {
    checkContinuity(facts(change));
  } catch (error) {
    if (error instanceof ContinuityError) return error.message;
    throw error;
  }
  return null;
};

describe('what belongs together may go on', () => {
  test.each<[string, Partial<Facts>]>([
    ['where it stopped', {}],
    ['for the very first time', { own: null, newestStored: null }],
    [
      'when a flush was interrupted',
      { own: record({ flushed: 80, intent: 100 }), newestStored: 100 },
    ],
    ['when nothing was ever inserted', { own: record({ rows: 0 }), newestStored: null }],
    [
      'as another slice of what nobody has run',
      {
        slice: 'stock-0-7',
        covers: STOCK_LOW,
        own: null,
        others: new Map([
          ['archive', record({ covers: ALL.slice(0, 1) })],
          ['stock-8-15', record({ covers: [{ name: 'stock', lo: 8, hi: 15 }] })],
        ]),
      },
    ],
    [
      'as another slicing into a database of its own',
      {
        slice: 'stock-0-7',
        covers: STOCK_LOW,
        own: null,
        database: 'other',
        newestStored: null,
        others: new Map([['all', record()]]),
      },
    ],
  ])('%s', (_name, change) => {
    expect(refusal(change)).toBeNull();
  });
});

describe('what does not belong together is refused', () => {
  test.each<[string, Partial<Facts>, RegExp]>([
    [
      'a log that ends before what was read',
      { log: { firstSeq: 1, lastSeq: 90 } },
      /the log ends at 90, but slice all has read it to 100/,
    ],
    [
      'a log that ends before what was being flushed',
      { own: record({ intent: 130 }) },
      /has read it to 130/,
    ],
    ['another database', { database: 'other' }, /Set CLICKHOUSE_DATABASE=shop/],
    ['a database that is ahead of the log', { newestStored: 500 }, /holds events up to 500/],
    ['an emptied database', { newestStored: null }, /has inserted 200 rows, but .* is empty/],
    ['an emptied NATS store', { own: null }, /NATS knows of no runtime that wrote them/],
    [
      'another slicing',
      { slice: 'stock-0-7', covers: STOCK_LOW, own: null, others: new Map([['all', record()]]) },
      /stock 0-7 has been run as slice all up to 100; .*Go back to the former PROCESSORS/,
    ],
  ])('%s', (_name, change, message) => {
    expect(refusal(change)).toMatch(message);
  });
});

describe('how far the archive reaches', () => {
  test('in the slice itself, or in the one that hosts it', () => {
    expect(archivedTo(facts())).toBe(100);
    const archive = record({ covers: ALL.slice(0, 1), flushed: 70 });
    const own = record({ covers: STOCK_LOW, flushed: 100 });
    const others = new Map([['archive', archive]]);
    expect(archivedTo(facts({ covers: STOCK_LOW, own, others }))).toBe(70);
  });

  test('one of another database does not count', () => {
    const elsewhere = new Map([['all', record({ database: 'other' })]]);
    expect(archivedTo(facts({ covers: STOCK_LOW, own: null, others: elsewhere }))).toBe(0);
  });
});
