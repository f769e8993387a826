/** An event that was declared wrong leaves the balances as if it had never come (REFERENCE §3.4). */
import { describe, expect, it } from 'vitest';
import { event, type Given } from '../../support/given.ts';
import { LedgerBench } from '../../support/ledger.ts';
import {
  adjusted,
  allocated,
  announced,
  cancelled,
  corrected,
  deallocated,
  delivered,
  dispatched,
  orderChanged,
  ordered,
  packed,
  permutations,
  picked,
  purchased,
  received,
  reserved,
  returned,
  shorted,
  snapshot,
  stateChanged,
  stocked,
  voided,
} from '../../support/facts.ts';

const DAY = 24 * 60;
const start = stocked(100, { at: 0 });
const given = (...events: Given[]) => new LedgerBench().given(start, ...events);
const accounts = (...events: Given[]) => given(...events).accounts('A', 'dc');
const wrong = { id: 'wrong' };
const takeBack = corrected(wrong);

/** Events around the wrong one, which bears the id `wrong`. */
const CASES: [title: string, events: Given[]][] = [
  ['an adjustment', [adjusted(-4, wrong)]],
  [
    'an adjustment that found what was lost',
    [stocked(9, { state: 'lost' }), adjusted(5, { ...wrong, raw: '51' })],
  ],
  ['an order', [ordered(5, wrong)]],
  ['a changed order', [ordered(5), orderChanged(8, wrong)]],
  ['a cancellation', [ordered(5), cancelled(2, wrong)]],
  ['an allocation', [ordered(5), allocated(5, wrong)]],
  ['a deallocation', [ordered(5), allocated(5), deallocated(5, wrong)]],
  ['a pick', [ordered(5), allocated(5), picked(5, wrong)]],
  ['a short pick', [ordered(5), allocated(5), shorted({ picked: 3, short: 2 }, wrong)]],
  ['a pack', [ordered(5), allocated(5), picked(5), packed(5, wrong)]],
  ['a pack that names no node', [packed(5, { ...wrong, placed: false }), ordered(5), allocated(5)]],
  [
    'an unpick',
    [
      ordered(5),
      picked(5),
      stateChanged(2, { from: 'picked', to: 'available', ofLine: true }, wrong),
    ],
  ],
  [
    'damage of picked units',
    [
      ordered(5),
      allocated(5),
      picked(5),
      stateChanged(2, { from: 'picked', to: 'damaged', ofLine: true }, wrong),
    ],
  ],
  ['a dispatch', [ordered(5), allocated(5), picked(5), packed(5), dispatched(5, wrong)]],
  ['a dispatch of which nothing else was reported', [ordered(5), dispatched(5, wrong)]],
  ['a delivery', [ordered(5), dispatched(5), delivered(wrong)]],
  ['a void', [ordered(5), allocated(5), dispatched(5), voided(wrong)]],
  [
    'a void without an order line',
    [
      event('shipment.dispatched', {
        shipment_id: 's1',
        node_id: 'dc',
        lines: [{ sku_id: 'A', qty: 4 }],
      }),
      voided(wrong),
    ],
  ],
  ['a refusal', [ordered(5), dispatched(5), returned(2, { ...wrong, shipment: 's1' })]],
  ['a return', [returned(2, wrong)]],
  ['a reservation', [reserved(4, wrong)]],
  ['a purchase order', [purchased(10, wrong)]],
  ['a notice', [purchased(10), announced(6, wrong)]],
  ['a notice of a PO that is not known', [announced(6, wrong), purchased(10)]],
  ['a receipt', [purchased(10), announced(6), received(6, { ...wrong, asn: 'n1' })]],
  ['an over-receipt', [purchased(10), announced(6), received(9, { ...wrong, asn: 'n1' })]],
  ['a blind receipt', [received(9, wrong)]],
  [
    'a snapshot',
    snapshot({ asOf: 0, at: 1 }, { qty: 90, id: 'row' }).map((one) =>
      one.name === 'inventory.snapshot.completed' ? { ...one, id: 'wrong' } : one,
    ),
  ],
];

describe('a correction', () => {
  it.each(CASES)('of %s: as if it had not occurred', (_, events) => {
    const without = accounts(...events.filter(({ id }) => id !== 'wrong'));
    expect(accounts(...events)).not.toEqual(without);
    expect(accounts(...events, takeBack)).toEqual(without);
    // Declared wrong once more: nothing more happens.
    expect(accounts(...events, takeBack, corrected(wrong))).toEqual(without);
  });

  it.each(CASES)('of %s, before it is heard of: it is void when it comes', (_, events) => {
    const bench = given(takeBack, ...events);
    expect(bench.accounts('A', 'dc')).toEqual(
      accounts(...events.filter(({ id }) => id !== 'wrong')),
    );
    expect(bench.tick(8 * DAY).codes()).not.toContain('CORRECTION_UNMATCHED');
  });

  it('goes with the corrective event, which is applied like any other', () => {
    expect(accounts(adjusted(-4, wrong), takeBack, adjusted(-3))).toEqual({ available: 97 });
    expect(accounts(ordered(5, wrong), takeBack, ordered(4))).toEqual({
      available: 100,
      open_demand: 4,
    });
    expect(accounts(reserved(4, wrong), takeBack, reserved(6))).toEqual({
      available: 100,
      soft_reserved: 6,
    });
  });

  it('of a line that later facts stand on leaves those facts', () => {
    const facts = [ordered(5), allocated(5, wrong), picked(5), takeBack];
    // Picked without having been allocated.
    expect(accounts(...facts)).toEqual({ available: 95, picked: 5 });
  });

  it('of an order leaves a change that came after it, for the order that is right', () => {
    const facts = [ordered(5, { ...wrong, at: 1 }), orderChanged(3, { at: 2 }), takeBack];
    expect(accounts(...facts)).toEqual({ available: 100 });
    expect(accounts(...facts, ordered(6, { at: 1 }))).toEqual({ available: 100, open_demand: 3 });
  });

  it('of a dispatch that was delivered or voided undoes that too', () => {
    for (const fate of [delivered(), voided()]) {
      const before = [ordered(5), allocated(5), picked(5), packed(5)];
      const bench = given(...before, dispatched(5, wrong), fate, takeBack);
      expect(bench.accounts('A', 'dc')).toEqual({ available: 95, packed: 5 });
      // Its fate is known: what is dispatched under the same number meets it.
      bench.given(dispatched(5, { shipment: 's2' }), delivered({ shipment: 's2' }));
      expect(bench.accounts('A', 'dc')).toEqual({ available: 95 });
    }
  });

  it('of a fate lets another one come', () => {
    const facts = [ordered(5), allocated(5), dispatched(5), delivered(wrong), takeBack];
    expect(accounts(...facts, voided())).toEqual({ available: 100, open_demand: 5 });
  });

  it('of a document corrects all its lines', () => {
    const document = event(
      'order.created',
      {
        order_id: 'o1',
        node_id: 'dc',
        lines: ['A', 'B'].map((sku_id, index) => ({
          line_id: String(index),
          sku_id,
          qty: 5,
          unit_price: '1.00',
        })),
      },
      wrong,
    );
    const bench = given(stocked(10, { sku: 'B' }), document, takeBack);
    expect(bench.accounts('A', 'dc')).toEqual({ available: 100 });
    expect(bench.accounts('B', 'dc')).toEqual({ available: 10 });
    // One of its lines corrects that line.
    const partly = given(stocked(10, { sku: 'B' }), document, corrected({ id: 'wrong/line/2' }));
    expect(partly.accounts('A', 'dc')).toEqual({ available: 100, open_demand: 5 });
    expect(partly.accounts('B', 'dc')).toEqual({ available: 10 });
  });

  it('between the lines of a document voids the lines that follow', () => {
    const bench = given();
    const messages = bench.messages(dispatched(5, wrong));
    bench.feed(...messages.slice(0, 1), ...bench.messages(takeBack), ...messages.slice(1));
    expect(bench.accounts('A', 'dc')).toEqual({ available: 100 });
  });

  it('of a correction lets the event stand again', () => {
    expect(
      accounts(adjusted(-4, wrong), corrected(wrong, { id: 'c1' }), corrected({ id: 'c1' })),
    ).toEqual({ available: 96 });
  });

  it('comes out the same whenever it comes among the facts of a line', () => {
    const facts = [ordered(5), allocated(5), dispatched(5, wrong), takeBack];
    for (const order of permutations(facts)) {
      expect(accounts(...order)).toEqual({ available: 95, allocated: 5 });
    }
  });

  it('of an event from before a count changes the variance, not the balance', () => {
    const bench = given(
      adjusted(-4, { ...wrong, at: 10 }),
      ...snapshot({ asOf: 30, at: 30 }, { qty: 90 }),
      corrected(wrong, { at: 40 }),
    );
    expect(bench.accounts('A', 'dc')).toEqual({ available: 90 });
    expect(bench.rows('stock_reconciliations').map(({ variance }) => variance)).toEqual([-6, -10]);
  });

  it('of a superseded snapshot changes nothing', () => {
    const [row, completed] = snapshot({ snapshot: 'f1', asOf: 10, at: 10 }, { qty: 90 });
    const bench = given(
      row as Given,
      { ...(completed as Given), id: 'wrong' },
      ...snapshot({ snapshot: 'f2', asOf: 20, at: 20 }, { qty: 95 }),
      takeBack,
    );
    expect(bench.accounts('A', 'dc')).toEqual({ available: 95 });
  });

  it('of a dispatch whose line is forgotten reverses its movements', () => {
    const bench = given(
      ordered(5, { at: 0 }),
      allocated(5, { at: 0 }),
      dispatched(5, { ...wrong, at: 1 }),
    ).tick(2 * DAY);
    expect(bench.stock.books.records.lines.entries.size).toBe(0);
    bench.given(takeBack);
    expect(bench.accounts('A', 'dc')).toEqual({ available: 95, allocated: 5 });
  });

  it('names the movement that it reverses, at its time', () => {
    const bench = given(adjusted(-4, { ...wrong, at: 10 }), corrected(wrong, { at: 40 }));
    expect(bench.rows('stock_movements').at(-1)).toMatchObject({
      kind: 'correction',
      from_account: 'outside',
      to_account: 'available',
      qty: 4,
      time: Date.parse('2026-03-02T08:10:00Z'),
      ref: 'wrong',
      illegal: 0,
      late: 0,
    });
  });

  it('that waits for its event in vain is reported after a week', () => {
    const bench = given(corrected(wrong, { at: 5 })).tick(7 * DAY);
    expect(bench.findings).toEqual([]);
    bench.tick(7 * DAY + 5);
    expect(bench.findings).toMatchObject([
      {
        code: 'CORRECTION_UNMATCHED',
        entity: 'event/wrong',
        conditionAtMs: Date.parse('2026-03-02T08:05:00Z'),
        evidence: [{ id: 'wrong' }],
      },
    ]);
  });

  it('is one of its source: another event may bear the same id', () => {
    expect(accounts(adjusted(-4, { ...wrong, source: 'urn:test:erp' }), takeBack)).toEqual({
      available: 96,
    });
  });

  it('finds its event after a restart', async () => {
    const bench = given(ordered(5), allocated(5, wrong), picked(2), adjusted(-1, { id: 'w2' }));
    const restarted = await bench.restarted();
    for (const one of [bench, restarted]) one.given(takeBack, corrected({ id: 'w2' }));
    expect(restarted.accounts('A', 'dc')).toEqual({ available: 98, picked: 2, open_demand: 3 });
    expect(restarted.cells).toEqual(bench.cells);
  });
});
