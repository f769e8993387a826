/** Order lines: whatever is reported of them, late, in another order or not at all, comes out right. */
import { describe, expect, it } from 'vitest';
import { CLOSED_LINE_MS } from '../../../processors/stock/demand.ts';
import { event, type Given } from '../../support/given.ts';
import { LedgerBench } from '../../support/ledger.ts';
import {
  allocated,
  cancelled,
  deallocated,
  delivered,
  dispatched,
  orderChanged,
  ordered,
  packed,
  permutations,
  picked,
  shorted,
  stateChanged,
  stocked,
  voided,
} from '../../support/facts.ts';

const DAY = CLOSED_LINE_MS / 60_000;
const given = (...events: Given[]) => new LedgerBench().given(stocked(100), ...events);
const accounts = (...events: Given[]) => given(...events).accounts('A', 'dc');

describe('demand', () => {
  it('opens with the order and closes with allocation', () => {
    expect(accounts(ordered(5))).toEqual({ available: 100, open_demand: 5 });
    expect(accounts(ordered(5), allocated(3))).toEqual({
      available: 97,
      allocated: 3,
      open_demand: 2,
    });
  });

  it('follows changes and cancellations', () => {
    expect(accounts(ordered(5), orderChanged(8))).toEqual({ available: 100, open_demand: 8 });
    expect(accounts(ordered(5), orderChanged(8), cancelled(6))).toEqual({
      available: 100,
      open_demand: 2,
    });
    expect(accounts(ordered(5), cancelled(9))).toEqual({ available: 100 });
  });

  it('takes of two facts about the quantity the later one, in whatever order they come', () => {
    const bench = given(orderChanged(8, { at: 10 }), ordered(5, { at: 0 }));
    expect(bench.accounts('A', 'dc')).toEqual({ available: 100, open_demand: 8 });
  });

  it('is cancelled before the order is heard of', () => {
    expect(accounts(cancelled(2), ordered(5))).toEqual({ available: 100, open_demand: 3 });
  });

  it('does not come back for what is cancelled while allocated', () => {
    expect(accounts(ordered(5), allocated(5), cancelled(5), deallocated(5))).toEqual({
      available: 100,
    });
  });

  it('counts an order that is sent again, in another event, once', () => {
    expect(accounts(ordered(5), ordered(5))).toEqual({ available: 100, open_demand: 5 });
  });

  it('moves with the line when it is sourced anew', () => {
    const bench = given(ordered(5, { sourced: false }));
    expect(bench.accounts('A', '-')).toEqual({ open_demand: 5 });
    bench.given(ordered(5));
    expect(bench.accounts('A', '-')).toEqual({});
    expect(bench.accounts('A', 'dc')).toEqual({ available: 100, open_demand: 5 });
  });

  it('is met at whatever node allocates', () => {
    const bench = given(
      stocked(10, { node: 'store' }),
      ordered(5),
      allocated(2),
      allocated(3, { node: 'store' }),
    );
    expect(bench.accounts('A', 'dc')).toEqual({ available: 98, allocated: 2 });
    expect(bench.accounts('A', 'store')).toEqual({ available: 7, allocated: 3 });
  });

  it('is none for services and charges', () => {
    const service = event('order.created', {
      order_id: 'o1',
      node_id: 'dc',
      lines: [
        { line_id: '1', sku_id: 'POST', qty: 1, unit_price: '4.90', requires_stock: false },
        { line_id: '2', sku_id: 'A', qty: 2, unit_price: '1.00' },
      ],
    });
    const bench = given(service);
    expect(bench.view('POST').known).toBe(false);
    expect(bench.accounts('A', 'dc')).toEqual({ available: 100, open_demand: 2 });
  });
});

describe('the facts of a line, in any order', () => {
  const facts = [
    ordered(5, { id: 'created' }),
    allocated(5, { id: 'allocated' }),
    picked(5, { id: 'picked' }),
    packed(5, { id: 'packed' }),
    dispatched(5, { id: 'dispatched' }),
  ];

  it.each([1, 2, 3, 4, 5])('give the same balances: the first %i of them', (count) => {
    const expected = accounts(...facts.slice(0, count));
    for (const order of permutations(facts.slice(0, count))) {
      expect([order.map(({ id }) => id), accounts(...order)]).toEqual([
        order.map(({ id }) => id),
        expected,
      ]);
    }
  });

  it('give the same balances with a short pick, an unpick and a cancellation among them', () => {
    const troubled = [
      ordered(5, { id: 'created' }),
      allocated(5, { id: 'allocated' }),
      shorted({ picked: 4, short: 1 }, { id: 'shorted' }),
      stateChanged(1, { from: 'picked', to: 'available', ofLine: true }, { id: 'unpicked' }),
      cancelled(1, { id: 'cancelled' }),
      dispatched(3, { id: 'dispatched' }),
    ];
    // 3 shipped, 1 held until it is counted, 1 cancelled of the 2 that the line was owed again.
    const expected = { available: 96, on_hold: 1, in_transit_out: 3, open_demand: 1 };
    for (const order of permutations(troubled)) {
      expect([order.map(({ id }) => id), accounts(...order)]).toEqual([
        order.map(({ id }) => id),
        expected,
      ]);
    }
  });

  it('are implied by a later one: a source that reports only dispatches', () => {
    expect(accounts(ordered(5), dispatched(5))).toEqual({ available: 95, in_transit_out: 5 });
  });

  it('place a pack that names neither SKU nor node once the line is known', () => {
    expect(accounts(packed(5, { placed: false }), ordered(5), allocated(5))).toEqual({
      available: 95,
      packed: 5,
    });
    expect(accounts(ordered(5), allocated(5), picked(5), packed(5, { placed: false }))).toEqual({
      available: 95,
      packed: 5,
    });
  });

  it('ignore a pack that names no order: its dispatch says the same', () => {
    const pack = event('pack.completed', {
      node_id: 'dc',
      lines: [{ line_id: '1', sku_id: 'A', qty: 5 }],
    });
    expect(accounts(ordered(5), allocated(5), picked(5), pack)).toEqual({
      available: 95,
      picked: 5,
    });
  });
});

describe('troubles on the way', () => {
  it('a short pick holds what was not found and owes it to the line again', () => {
    const bench = given(ordered(5), allocated(5), shorted({ picked: 3, short: 2 }));
    expect(bench.accounts('A', 'dc')).toEqual({
      available: 95,
      picked: 3,
      on_hold: 2,
      open_demand: 2,
    });
    // Found in the next bin, allocated again and picked.
    bench.given(
      stateChanged(2, { from: 'on_hold', to: 'available' }),
      allocated(2),
      picked(2),
      dispatched(5),
    );
    expect(bench.accounts('A', 'dc')).toEqual({ available: 95, in_transit_out: 5 });
    expect(bench.findings).toEqual([]);
  });

  it('units of a line that turn out damaged leave the line', () => {
    for (const from of ['allocated', 'picked', 'packed'] as const) {
      const bench = given(
        ordered(5),
        allocated(5),
        ...(from === 'allocated' ? [] : [picked(5)]),
        ...(from === 'packed' ? [packed(5)] : []),
        stateChanged(2, { from, to: 'damaged', ofLine: true }),
      );
      const expected = { available: 95, [from]: 3, damaged: 2, open_demand: 2 };
      expect(bench.accounts('A', 'dc')).toEqual(expected);
      expect(bench.findings).toEqual([]);
    }
  });

  it('unpacking leaves the units picked', () => {
    expect(
      accounts(
        ordered(5),
        allocated(5),
        packed(5),
        stateChanged(5, { from: 'packed', to: 'picked', ofLine: true }),
      ),
    ).toEqual({ available: 95, allocated: 5 });
    // The pick was never reported, so only allocation is known again; with it the units are picked.
    expect(
      accounts(
        ordered(5),
        allocated(5),
        picked(5),
        packed(5),
        stateChanged(5, { from: 'packed', to: 'picked', ofLine: true }),
      ),
    ).toEqual({ available: 95, picked: 5 });
  });

  it('a dispatch without an order line takes from what is available, and says so', () => {
    const bench = given(
      event('shipment.dispatched', {
        shipment_id: 's9',
        node_id: 'dc',
        lines: [{ sku_id: 'A', qty: 4 }],
      }),
    );
    expect(bench.accounts('A', 'dc')).toEqual({ available: 96, in_transit_out: 4 });
    expect(bench.codes()).toEqual(['ILLEGAL_TRANSITION available→in_transit_out']);
  });

  it('a void gives the units back and the line is owed them; it can be shipped again', () => {
    const bench = given(ordered(5), allocated(5), picked(5), packed(5), dispatched(5), voided());
    expect(bench.accounts('A', 'dc')).toEqual({ available: 100, open_demand: 5 });
    bench.given(allocated(5), picked(5), packed(5), dispatched(5, { shipment: 's2' }));
    expect(bench.accounts('A', 'dc')).toEqual({ available: 95, in_transit_out: 5 });
  });
});

describe('a closed line', () => {
  const shipped = [ordered(5, { at: 0 }), dispatched(5, { at: 1 }), delivered({ at: 2 })];

  it('is remembered for facts that come late', () => {
    const bench = given(...shipped).tick(DAY);
    bench.given(allocated(5, { at: 0 }), picked(5, { at: 0 }), packed(5, { at: 1 }));
    expect(bench.accounts('A', 'dc')).toEqual({ available: 95 });
  });

  it('is forgotten a day after it closed', () => {
    const bench = given(...shipped);
    expect(bench.stock.books.records.lines.entries.size).toBe(1);
    bench.tick(DAY);
    expect(bench.stock.books.records.lines.entries.size).toBe(1);
    bench.tick(DAY + 2);
    expect(bench.stock.books.records.lines.entries.size).toBe(0);
  });

  it('is not closed while something of it is on the way or owed', () => {
    const bench = given(ordered(5, { at: 0 }), allocated(5, { at: 1 }), cancelled(5, { at: 2 }));
    bench.given(ordered(1, { order: 'o2', at: 2 })).tick(10 * DAY);
    expect([...bench.stock.books.records.lines.entries.keys()]).toEqual(['o1 1', 'o2 1']);
  });
});
