/** PO, ASN and receipt lines as they are known, in any order of arrival. */
import { describe, expect, it } from 'vitest';
import { at, event, T0, type Given } from '../../support/given.ts';
import { permutations } from '../../support/facts.ts';
import { ReducerBench } from '../../support/reducers.ts';
import {
  answered,
  arrived,
  changed,
  inspected,
  issued,
  notice,
  receipt,
  stored,
  wrong,
} from '../../support/supply.ts';

const DAY = 1_440;
const given = (...events: Given[]) => new ReducerBench(['supply']).given(...events);
const ms = (minutes: number) => T0 + minutes * 60_000;
const poLine = (...events: Given[]) => given(...events).net('po_lines')[0];

describe('a PO line', () => {
  it('goes from issued through acknowledged and partial to received', () => {
    const bench = given(issued(10, { at: 0, due: 10 * DAY }));
    const status = () => bench.net('po_lines').map((row) => [row['status'], row['open']]);
    expect(status()).toEqual([['issued', 10]]);
    bench.given(answered(10, { at: 10, promised: 9 * DAY }));
    expect(status()).toEqual([['acknowledged', 10]]);
    bench.given(receipt(4, { at: 9 * DAY }));
    expect(status()).toEqual([['partial', 6]]);
    bench.given(receipt(6, { at: 10 * DAY, receipt: 'r2' }));
    expect(status()).toEqual([['received', 0]]);
    expect(bench.net('po_lines')).toEqual([
      {
        supplier_id: 'acme',
        po_id: 'p1',
        sku_id: 'A',
        node_id: 'dc',
        issued_at: ms(0),
        first_due_at: ms(10 * DAY),
        due_at: ms(10 * DAY),
        acknowledged: 10,
        promised_at: ms(9 * DAY),
        ordered: 10,
        received: 10,
        open: 0,
        over: 0,
        in_transit: 0,
        received_by_due: 10,
        first_received_at: ms(9 * DAY),
        last_received_at: ms(10 * DAY),
        on_time: 1,
        status: 'received',
      },
    ]);
  });

  it.each([
    ['before the window opens', 10, 8 * DAY - 1, 0],
    ['as the window opens', 10, 8 * DAY, 1],
    ['at the due date', 10, 10 * DAY, 1],
    ['after the due date', 10, 10 * DAY + 1, 0],
    ['short', 9, 10 * DAY, 0],
    ['over', 11, 10 * DAY, 1],
  ])('received %s', (_when, units, received, onTime) => {
    const row = poLine(issued(10, { at: 0, due: 10 * DAY }), receipt(units, { at: received }));
    expect(row?.['on_time']).toBe(onTime);
  });

  it('is held against the due date of the order as last changed, not against another answer', () => {
    const late = receipt(10, { at: 12 * DAY });
    const order = issued(10, { at: 0, due: 10 * DAY });
    const answer = answered(10, { at: 5, promised: 12 * DAY, status: 'changed' });
    expect(poLine(order, answer, late)).toMatchObject({ due_at: ms(10 * DAY), on_time: 0 });
    const change = changed(10, { at: 6, due: 12 * DAY });
    expect(poLine(order, answer, change, late)).toMatchObject({
      first_due_at: ms(10 * DAY),
      due_at: ms(12 * DAY),
      on_time: 1,
    });
  });

  it('of which nothing is ordered any more is cancelled; refused it is rejected', () => {
    expect(poLine(issued(10), changed(0, { at: 1 }))).toMatchObject({
      status: 'cancelled',
      open: 0,
      on_time: 0,
    });
    expect(poLine(issued(10), answered(10, { at: 1, status: 'rejected' }))).toMatchObject({
      status: 'rejected',
      acknowledged: 0,
      open: 10,
    });
  });

  it('takes a change of the instant of the order to come after it', () => {
    const facts = [issued(10, { at: 0, id: 'a' }), changed(7, { at: 0, id: 'b' })];
    for (const order of permutations(facts)) expect(poLine(...order)?.['ordered']).toBe(7);
  });

  it('has what its ASNs announce in transit until it has come, or their receipt is closed', () => {
    const bench = given(issued(10, { at: 0 }), notice(6, { at: 1 }));
    const transit = () => bench.net('po_lines').map((row) => row['in_transit']);
    expect(transit()).toEqual([6]);
    bench.given(receipt(2, { at: 2, po: null, asn: 'n1' }));
    expect(transit()).toEqual([4]);
    bench.given(event('receipt.closed', { asn_id: 'n1', closed_at: at(3) }, { at: 3 }));
    expect(bench.net('po_lines')).toMatchObject([{ in_transit: 0, received: 2, open: 8 }]);
    expect(bench.net('asn_lines')).toMatchObject([{ status: 'closed_short', open: 0 }]);
  });

  it('follows the measurement policy, which holds for lines that are known as well', () => {
    const policy = event(
      'policy.set',
      {
        policy: 'measurement',
        scope: {},
        value: { po_late_d: 1 },
        actor: 'u1',
        reason: 'agreed with suppliers',
      } as never,
      { at: 12 * DAY },
    );
    const bench = given(issued(10, { at: 0, due: 10 * DAY }), receipt(10, { at: 11 * DAY }));
    expect(bench.net('po_lines')).toMatchObject([{ on_time: 0 }]);
    bench.given(policy);
    expect(bench.net('po_lines')).toMatchObject([{ on_time: 1 }]);
  });
});

describe('a receipt line', () => {
  const receipts = (...events: Given[]) => given(...events).net('receipts');

  it('is expected by its ASN where there is one, else by its PO, else as it says itself', () => {
    const order = issued(10, { at: 0 });
    const announced = notice(8, { at: 1 });
    expect(receipts(order, announced, receipt(7, { at: 2, asn: 'n1' }))).toMatchObject([
      { po_id: 'p1', asn_id: 'n1', expected_from: 'asn', expected: 8, variance: -1 },
    ]);
    expect(receipts(order, announced, receipt(7, { at: 2 }))).toMatchObject([
      { expected_from: 'po', expected: 10, variance: -3 },
    ]);
    expect(receipts(receipt(7, { po: null, expected: 5 }))).toMatchObject([
      { po_id: '', expected_from: 'receipt', expected: 5, variance: 2, supplier_id: '' },
    ]);
    expect(receipts(receipt(7, { po: null, supplier: 'acme' }))).toMatchObject([
      { expected_from: 'nothing', expected: null, variance: null, supplier_id: 'acme' },
    ]);
  });

  it('of several that share an ASN is short only when the last has come', () => {
    const lines = receipts(
      issued(10, { at: 0 }),
      notice(10, { at: 1 }),
      receipt(4, { at: 2, asn: 'n1' }),
      receipt(5, { at: 3, asn: 'n1', receipt: 'r2' }),
    );
    expect(lines.map(({ expected, variance }) => [expected, variance])).toEqual([
      [4, 0],
      [6, -1],
    ]);
  });

  it('of a PO is expected less what came with ASNs', () => {
    const lines = receipts(
      issued(10, { at: 0 }),
      notice(6, { at: 1 }),
      receipt(6, { at: 2, po: null, asn: 'n1' }),
      receipt(5, { at: 3, receipt: 'r2' }),
    );
    expect(lines.map((line) => [line['expected_from'], line['expected'], line['po_id']])).toEqual([
      ['asn', 6, 'p1'],
      ['po', 4, 'p1'],
    ]);
  });

  it('is at the dock with the last arrival before it, and available when all is put away', () => {
    const bench = given(
      issued(10, { at: 0 }),
      arrived({ po: 'p1', dock: 10 }),
      arrived({ po: 'p1', dock: 40 }),
      receipt(10, { at: 30 }),
      stored(6, { at: 60 }),
    );
    expect(bench.net('receipts')).toMatchObject([{ dock_at: ms(10), available_at: null }]);
    bench.given(stored(4, { at: 130 }));
    expect(bench.net('receipts')).toMatchObject([{ dock_at: ms(10), available_at: ms(130) }]);
    expect(bench.net('durations').filter((row) => row['measure'] === 'dock_to_stock')).toEqual([
      {
        measure: 'dock_to_stock',
        at: ms(10),
        node_id: 'dc',
        channel_id: '',
        sla_class: '',
        dim: 'acme',
        sku_id: 'A',
        ref: 'r1',
        hours: 2,
      },
    ]);
  });

  it('that is inspected is available when it was, less what failed', () => {
    expect(
      receipts(
        issued(10, { at: 0 }),
        receipt(10, { at: 1, condition: 'inspect' }),
        inspected({ pass: 7, fail: 3 }, { at: 5 }),
      ),
    ).toMatchObject([{ rejected: 3, available_at: ms(5) }]);
    expect(
      receipts(
        receipt(2, { at: 1, condition: 'inspect' }),
        inspected({ pass: 0, fail: 2 }, { at: 5 }),
      ),
    ).toMatchObject([{ rejected: 2, available_at: null }]);
  });

  it('that is damaged or rejected at the dock is rejected, and never available', () => {
    for (const condition of ['damaged', 'rejected'] as const) {
      expect(receipts(receipt(3, { at: 1, condition }), stored(3, { at: 2 }))).toMatchObject([
        { rejected: 3, available_at: null },
      ]);
    }
  });

  it('is corrected for an error of the receiver when its data were wrong', () => {
    const right = receipt(8, { at: 1, id: 'right' });
    const mistaken = receipt(80, { at: 1, id: 'wrong' });
    const correction = wrong('wrong', { at: 9, reason: 'incorrect_data' });
    for (const order of permutations([mistaken, right, correction])) {
      expect(receipts(issued(8, { at: 0 }), ...order)).toMatchObject([
        { received: 8, variance: 0, corrected_for_receiver_error: 1 },
      ]);
    }
    expect(
      receipts(issued(8, { at: 0 }), mistaken, wrong('wrong', { at: 9 }), right),
    ).toMatchObject([{ received: 8, corrected_for_receiver_error: 0 }]);
  });

  it.each([
    ['AY, and the note names the receipt', 'AY', 'Receipt r1: two less', 1],
    ['54, and the note names another', '54', 'receipt r9', 0],
    ['04, and the note names none', '04', 'dock count', 0],
    ['06, and the note names the receipt', '06', 'receipt r1', 0],
  ])('is corrected by an adjustment with code %s', (_what, raw_code, note, flag) => {
    const adjusted = event(
      'inventory.adjusted',
      {
        adjustment_id: 'a1',
        sku_id: 'A',
        node_id: 'dc',
        state: 'available',
        qty_delta: -2,
        reason_code: 'correction',
        raw_code,
        actor: 'u1',
        note,
      },
      { at: 20 },
    );
    const facts = [receipt(8, { at: 1 }), adjusted];
    for (const order of permutations(facts)) {
      expect(receipts(...order)).toMatchObject([{ corrected_for_receiver_error: flag }]);
    }
  });
});

describe('an ASN line', () => {
  it('follows its ETA, its dock and its receipts', () => {
    const bench = given(notice(6, { at: 1, po: null, supplier: 'acme', eta: 100 }));
    const line = () => bench.net('asn_lines')[0];
    expect(line()).toMatchObject({ status: 'in_transit', eta_at: ms(100), supplier_id: 'acme' });
    bench.given(
      event('inbound.eta.changed', { asn_id: 'n1', eta_at: at(200) }, { at: 2 }),
      arrived({ asn: 'n1', dock: 150 }),
    );
    expect(line()).toMatchObject({
      status: 'arrived',
      first_eta_at: ms(100),
      eta_at: ms(200),
      dock_at: ms(150),
    });
    bench.given(receipt(7, { at: 160, po: null, asn: 'n1' }));
    expect(line()).toMatchObject({ status: 'received', received: 7, open: 0, over: 1 });
  });

  it('that serves two POs expects the receipts of both', () => {
    const bench = given(
      issued(5, { at: 0, po: 'p1' }),
      issued(5, { at: 0, po: 'p2' }),
      notice(10, { at: 1, po: null, supplier: 'acme' }),
      receipt(5, { at: 2, po: 'p1', asn: 'n1' }),
      receipt(4, { at: 3, po: 'p2', asn: 'n1', receipt: 'r2' }),
    );
    expect(bench.net('asn_lines')).toMatchObject([{ received: 9, open: 1, po_id: '' }]);
    expect(
      bench
        .net('receipts')
        .map((row) => [row['po_id'], row['expected'], row['variance']])
        .sort(),
    ).toEqual([
      ['p1', 5, 0],
      ['p2', 5, -1],
    ]);
  });

  it('moves to another PO when its header is corrected', () => {
    const bench = given(
      issued(5, { at: 0, po: 'p1' }),
      issued(5, { at: 0, po: 'p2' }),
      notice(5, { at: 1, po: 'p2', id: 'mistaken' }),
      receipt(5, { at: 2, po: null, asn: 'n1' }),
      wrong('mistaken', { at: 3 }),
      notice(5, { at: 1, po: 'p1' }),
    );
    expect(bench.net('po_lines').map((row) => [row['po_id'], row['received']])).toEqual([
      ['p2', 0],
      ['p1', 5],
    ]);
    expect(bench.net('receipts')).toMatchObject([{ po_id: 'p1', supplier_id: 'acme' }]);
  });
});
