/**
 * The mapping over the whole real file against an independent computation from the CSV: units per
 * stock code, and a stock that never falls below zero. Needs no server.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { checkEvent } from '../../../contracts/validate.ts';
import type { FeedEvent } from '../../../ingest/replay/feed.ts';
import { UCI_ONLINE_RETAIL } from '../../../ingest/replay/uci/dataset.ts';
import {
  expectedTotals,
  noTotals,
  UCI_FILE,
  uciFileMissing,
  type UciTotals,
} from '../../support/uci-expected.ts';

const title = `UCI Online Retail, the whole file${uciFileMissing && ` (${uciFileMissing})`}`;

describe.skipIf(uciFileMissing !== '')(title, () => {
  const totals = new Map<string, UciTotals>();
  const available = new Map<string, { units: number; lowest: number }>();
  const ids = new Set<string>();
  let events = 0;
  let longest = 0;
  let latest = '';
  let outOfOrder = 0;
  const refused: unknown[] = [];
  let skipped = -1;

  beforeAll(async () => {
    const feed = await UCI_ONLINE_RETAIL.open([UCI_FILE]);
    for await (const { event, line } of feed.items(Infinity)) {
      const checked = checkEvent(event);
      if (!checked.ok) refused.push(checked.rejection);
      const { id, time } = event as FeedEvent;
      events += 1;
      ids.add(id);
      longest = Math.max(longest, Buffer.byteLength(line));
      if (time < latest) outOfOrder += 1;
      latest = time;
      fold(event as FeedEvent);
    }
    skipped = feed.skipped.size;
  });

  it('is mapped to events that all fit the contract, in order, under ids of their own', () => {
    expect(refused).toEqual([]);
    expect(outOfOrder).toBe(0);
    expect(ids.size).toBe(events);
    expect(longest).toBeLessThan(65_536);
    expect(skipped).toBe(0);
  });

  it('gives the units sold, cancelled, written off and found of each stock code', () => {
    const expected = expectedTotals(UCI_FILE);
    expect(expected.size).toBeGreaterThan(3_000);
    expect(Object.fromEntries(totals)).toEqual(Object.fromEntries(expected));
  });

  it('opens with the smallest stock that never falls below zero', () => {
    for (const [sku, { lowest }] of available) expect([sku, lowest]).toEqual([sku, 0]);
  });

  /** A ledger of one state, in the plainest terms. */
  function fold(event: FeedEvent): void {
    const { type, data } = event as unknown as { type: string; data: Record<string, unknown> };
    const { sku_id: sku, qty } = data as { sku_id: string; qty: number };
    switch (type) {
      case 'stocktide.order.created.v1':
        for (const line of data['lines'] as { sku_id: string; qty: number }[]) {
          add(line.sku_id, { lines: 1, unitsSold: line.qty });
        }
        return;
      case 'stocktide.order.line.allocated.v1':
        move(sku, -qty);
        return;
      case 'stocktide.return.dispositioned.v1':
        move(sku, qty);
        return;
      case 'stocktide.refund.issued.v1':
        add(sku, { lines: 1, unitsCancelled: qty });
        return;
      case 'stocktide.inventory.adjusted.v1': {
        const delta = data['qty_delta'] as number;
        if (data['reason_code'] === 'opening_balance') {
          available.set(sku, { units: delta, lowest: Infinity });
          return;
        }
        add(sku, delta < 0 ? { lines: 1, writtenOff: -delta } : { lines: 1, found: delta });
        move(sku, delta);
        return;
      }
      default:
        return;
    }
  }

  function add(sku: string, effect: Partial<UciTotals>): void {
    const of = totals.get(sku) ?? noTotals();
    totals.set(sku, of);
    for (const [name, value] of Object.entries(effect)) of[name as keyof UciTotals] += value;
  }

  /** A code without an opening balance starts at 0, which counts as its lowest. */
  function move(sku: string, delta: number): void {
    const position = available.get(sku) ?? { units: 0, lowest: 0 };
    available.set(sku, position);
    position.units += delta;
    position.lowest = Math.min(position.lowest, position.units);
  }
});
