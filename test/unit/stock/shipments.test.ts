/** Shipments under way, their fate, and goods that come back. */
import { describe, expect, it } from 'vitest';
import { event, type Given } from '../../support/given.ts';
import { LedgerBench } from '../../support/ledger.ts';
import {
  allocated,
  delivered,
  dispatched,
  ordered,
  packed,
  picked,
  returned,
  stocked,
  voided,
} from '../../support/facts.ts';

const DAY = 24 * 60;
const given = (...events: Given[]) => new LedgerBench().given(stocked(100), ...events);
const shipped = (qty = 5) => [
  ordered(qty),
  allocated(qty),
  picked(qty),
  packed(qty),
  dispatched(qty),
];

describe('the fate of a shipment', () => {
  it('delivered: the goods leave the books', () => {
    expect(given(...shipped(), delivered()).accounts('A', 'dc')).toEqual({ available: 95 });
  });

  it('concerns every line of it, at every node', () => {
    const bench = given(
      stocked(10, { sku: 'B', node: 'store' }),
      dispatched(5),
      dispatched(2, { sku: 'B', node: 'store', line: '2' }),
      delivered(),
    );
    expect(bench.accounts('A', 'dc')).toEqual({ available: 95 });
    expect(bench.accounts('B', 'store')).toEqual({ available: 8 });
  });

  it('waits for a dispatch that is heard of later', () => {
    const late = given(delivered(), ...shipped());
    expect(late.accounts('A', 'dc')).toEqual({ available: 95 });
    const undone = given(voided(), ...shipped());
    expect(undone.accounts('A', 'dc')).toEqual({ available: 100, open_demand: 5 });
    expect(undone.findings).toEqual([]);
  });

  it('is told once: repeats change nothing, and the first of two holds', () => {
    const bench = given(...shipped(), delivered(), delivered(), voided());
    expect(bench.accounts('A', 'dc')).toEqual({ available: 95 });
  });

  it('void, without an order line: the units are available again', () => {
    const loose = event('shipment.dispatched', {
      shipment_id: 's1',
      node_id: 'dc',
      lines: [{ sku_id: 'A', qty: 4 }],
    });
    expect(given(loose, voided()).accounts('A', 'dc')).toEqual({ available: 100 });
  });

  it('is remembered for a week, and silence for sixty days', () => {
    const bench = given(...shipped(), dispatched(1, { shipment: 's2', line: '2' }), delivered());
    const known = () => [...bench.stock.books.records.shipments.entries.keys()].sort();
    bench.tick(7 * DAY - 1);
    expect(known()).toEqual(['s1', 's2']);
    bench.tick(7 * DAY + 1);
    expect(known()).toEqual(['s2']);
    bench.tick(60 * DAY + 1);
    expect(known()).toEqual([]);
    // What nobody spoke of again is still under way, as far as the books go.
    expect(bench.accounts('A', 'dc')).toEqual({ available: 94, in_transit_out: 1 });
  });
});

describe('goods that come back', () => {
  it('refused: from the shipment, and the rest of it is delivered', () => {
    const bench = given(...shipped(), returned(2, { shipment: 's1' }));
    expect(bench.accounts('A', 'dc')).toEqual({
      available: 95,
      in_transit_out: 3,
      return_pending: 2,
    });
    bench.given(delivered());
    expect(bench.accounts('A', 'dc')).toEqual({ available: 95, return_pending: 2 });
  });

  it('refused, and more than was shipped: the rest comes from outside', () => {
    expect(
      given(...shipped(), returned(7, { shipment: 's1' }))
        .movements()
        .slice(-2),
    ).toEqual(['in_transit_out→return_pending 5', 'outside→return_pending 2']);
  });

  it('refused, before the dispatch is heard of', () => {
    const bench = given(returned(2, { shipment: 's1' }), ...shipped());
    expect(bench.accounts('A', 'dc')).toEqual({
      available: 95,
      in_transit_out: 3,
      return_pending: 2,
    });
    expect(bench.findings).toEqual([]);
  });

  it('after delivery: from outside, authorised or blind', () => {
    const bench = given(...shipped(), delivered(), returned(1, { rma: 'm1' }), returned(1));
    expect(bench.accounts('A', 'dc')).toEqual({ available: 95, return_pending: 2 });
    expect(bench.rows('stock_movements').slice(-2)).toMatchObject([
      { kind: 'return', from_account: 'outside', ref: 'm1', reason: 'returned' },
      { kind: 'return', from_account: 'outside', reason: 'blind: no authorisation' },
    ]);
  });
});
