import { describe, expect, it } from 'vitest';
import { readArguments } from '../../../../ingest/replay/arguments.ts';
import { ahead, batches, feedPace, type Batch } from '../../../../ingest/replay/batches.ts';
import type { FeedItem } from '../../../../ingest/replay/feed.ts';
import { formatMicros, parseMicros } from '../../../../ingest/replay/money.ts';
import { countEvent, noContents } from '../../../../ingest/replay/tally.ts';

describe('money', () => {
  it.each([
    ['2.55', '2.55'],
    ['2.5', '2.50'],
    ['0', '0.00'],
    ['0.001', '0.001'],
    ['-11062.06', '-11062.06'],
    ['999999999999999.123456', '999999999999999.123456'],
  ])('%s is kept exactly as %s', (amount, shown) => {
    expect(formatMicros(parseMicros(amount) ?? 0n)).toBe(shown);
  });

  it('multiplies without a rounding error', () => {
    expect(formatMicros(80_995n * (parseMicros('2.08') ?? 0n))).toBe('168469.60');
    expect(formatMicros(3n * (parseMicros('1.1') ?? 0n))).toBe('3.30');
  });

  it.each(['', '1e3', '1,5', '1.2345678', ' 1'])('refuses %j', (amount) => {
    expect(parseMicros(amount)).toBeNull();
  });
});

describe('batches', () => {
  it('keep the order, bounded in items and in characters', async () => {
    const items = ['aa', 'b', 'cccccccc', 'd', 'e', 'f'].map(item);
    const got = await collect(batches(from(items), { maxItems: 2, maxChars: 6 }, null));
    expect(got.map(({ body }) => body)).toEqual(['aa\nb', 'cccccccc', 'd\ne', 'f']);
  });

  it('of a paced feed leave when their events are due', async () => {
    let now = 0;
    const slept: number[] = [];
    const pace = feedPace({
      speed: 60,
      nowMs: () => now,
      sleep: async (ms) => {
        slept.push(Math.round(ms));
        now += ms;
      },
    });
    const items = ['09:00:00', '09:00:01', '09:01:00', '21:00:00'].map((time) => ({
      line: time,
      event: { time: `2010-12-01T${time}Z` },
      row: 0,
    }));
    const got = await collect(batches(from(items), { maxItems: 100, maxChars: 1000 }, pace));
    // A minute of the feed takes a second; a night is cut to ten.
    expect(slept).toEqual([1_000, 10_000]);
    expect(got.map(({ body }) => body)).toEqual(['09:00:00\n09:00:01', '09:01:00', '21:00:00']);
  });

  it('read one ahead, never more', async () => {
    let made = 0;
    async function* source() {
      for (; made < 10;) yield ++made;
    }
    for await (const n of ahead(source())) {
      expect(made).toBeLessThanOrEqual(n + 1);
      if (n === 5) break;
    }
    expect(made).toBeLessThanOrEqual(6);
  });
});

describe('contents', () => {
  it('count units by what happened to them', () => {
    const contents = noContents();
    const add = (type: string, data: unknown) =>
      countEvent(contents, { type: `stocktide.${type}.v1`, data });
    add('order.created', { lines: [{ qty: 3 }, { qty: 4 }] });
    add('refund.issued', { qty: 2 });
    add('inventory.adjusted', { qty_delta: 100, reason_code: 'opening_balance' });
    add('inventory.adjusted', { qty_delta: -5, reason_code: 'damaged' });
    add('inventory.adjusted', { qty_delta: 6, reason_code: 'correction' });
    add('order.line.allocated', { qty: 3 });
    add('purchaseorder.issued', { lines: [{ qty: 9 }] });
    add('receipt.line.received', { qty_received: 8 });
    add('event.corrected', {});
    countEvent(contents, undefined);
    expect(contents).toEqual({
      events: 10,
      orderDocuments: 1,
      orderLines: 2,
      unitsSold: 7,
      cancelledLines: 1,
      unitsCancelled: 2,
      adjustments: 2,
      unitsWrittenOff: 5,
      unitsFound: 6,
      openingUnits: 100,
      dispatches: 0,
      deliveries: 0,
      purchaseLines: 1,
      receiptLines: 1,
      unitsReceived: 8,
      corrections: 1,
    });
  });
});

describe('arguments', () => {
  it('name a dataset and its file, or a file of events', () => {
    expect(
      readArguments(['uci-online-retail', 'a.csv.gz', '--speed', '60x', '--limit', '10']),
    ).toMatchObject({
      dataset: { name: 'uci-online-retail' },
      path: 'a.csv.gz',
      speed: 60,
      maxRows: 10,
      url: null,
    });
    expect(readArguments(['x.ndjson.gz', '--json', '--restart'])).toMatchObject({
      dataset: { name: 'ndjson' },
      path: 'x.ndjson.gz',
      speed: null,
      maxRows: Infinity,
      restart: true,
      json: true,
    });
    expect(readArguments(['--help'])).toBe('help');
  });

  it.each([
    [[], 'what shall be replayed'],
    [['uci-online-retail'], 'give its file'],
    [['x.csv'], 'neither a dataset (uci-online-retail, olist, scms, bpic2019) nor'],
    [['x.ndjson', 'y'], 'unexpected argument: y'],
    [['x.ndjson', '--speed', 'fast'], '--speed fast: allowed: max'],
    [['x.ndjson', '--speed', '0x'], '--speed 0x'],
    [['x.ndjson', '--limit', '-1'], '--limit'],
    [['x.ndjson', '--limit', '1.5'], '--limit 1.5: allowed: a whole number'],
    [['x.ndjson', '--url', 'door:1'], '--url door:1: allowed: an address'],
    [['x.ndjson', '--fast'], '--fast'],
  ])('%j are refused: %s', (args, message) => {
    expect(() => readArguments(args)).toThrow(message);
  });
});

function item(line: string): FeedItem {
  return { line, event: undefined, row: 0 };
}

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function collect(source: AsyncIterable<Batch>): Promise<Batch[]> {
  const all: Batch[] = [];
  for await (const batch of source) all.push(batch);
  return all;
}
