/** The life of an order: stages, its clock, and what was reported out of turn. */
import { describe, expect, test } from 'vitest';
import type { Orders } from '../../../processors/orders/orders.ts';
import { corrected } from '../../support/facts.ts';
import { event, T0, type Given } from '../../support/given.ts';
import {
  allocated,
  backordered,
  cancelled,
  changed,
  deallocated,
  delivered,
  freed,
  held,
  packed,
  picked,
  pickStarted,
  placed,
  released,
  shipped,
  voided,
  type LineGiven,
} from '../../support/orders.ts';
import { ReducerBench } from '../../support/reducers.ts';

const MINUTE = 60_000;
const mugs = (qty: number): LineGiven => ({ sku: 'MUG', qty });
const given = (...events: readonly Given[]) => new ReducerBench(['orders']).given(...events);
const minutesOf = (value: unknown) => (Number(value) - T0) / MINUTE;

/** Stage and minute of each coming in. */
const stages = (bench: ReducerBench) =>
  bench
    .net('order_stages')
    .filter(({ delta }) => delta === 1)
    .sort((a, b) => Number(a['at']) - Number(b['at']))
    .map(({ at, stage }) => `${stage} ${minutesOf(at)}`);
const openByStage = (bench: ReducerBench, minute?: number) => {
  const orders = bench.slice.hosted[0]?.processor as Orders;
  return orders.openByStage(minute === undefined ? undefined : T0 + minute * MINUTE);
};
const violations = (bench: ReducerBench) =>
  bench.findings.map(({ code, subtype }) => `${code} ${subtype}`);

describe('stages', () => {
  test('an order goes from acceptance to delivery', () => {
    const bench = given(
      placed('A', { 1: mugs(2) }),
      released('A', 10),
      allocated('A', '1', 2, 20),
      pickStarted('A', 30),
      picked('A', '1', 2, 40),
      packed('A', { 1: 2 }, 50),
      shipped('A', 'S1', { 1: 2 }, { at: 60 }),
    );
    expect(openByStage(bench)).toEqual({});
    expect(openByStage(bench, 45)).toEqual({ picked: 1 });
    bench.given(delivered('S1', 90));
    expect(stages(bench)).toEqual([
      'created 0',
      'released 10',
      'allocated 20',
      'picking 30',
      'picked 40',
      'packed 50',
      'shipped 60',
      'delivered 90',
    ]);
  });

  test('it is where its least advanced open line is', () => {
    const bench = given(
      placed('A', { 1: mugs(2), 2: mugs(1) }),
      released('A', 5),
      allocated('A', '1', 2, 10),
      backordered('A', '2', 1, 12),
      picked('A', '1', 2, 20),
      packed('A', { 1: 2 }, 25),
      shipped('A', 'S1', { 1: 2 }, { at: 30 }),
    );
    expect(stages(bench)).toEqual(['created 0', 'released 5']);
    bench.given(cancelled('A', { 2: 1 }, { at: 40, by: 'seller', reason: 'out of stock' }));
    expect(stages(bench)).toEqual(['created 0', 'released 5', 'shipped 40']);
  });

  test('steps may be skipped, and are taken back', () => {
    const bench = given(
      placed('A', { 1: mugs(2) }),
      allocated('A', '1', 2, 10),
      deallocated('A', '1', 1, 20),
      allocated('A', '1', 1, 30),
      shipped('A', 'S1', { 1: 2 }, { at: 40 }),
      voided('S1', 50),
      shipped('A', 'S2', { 1: 2 }, { at: 60 }),
    );
    expect(stages(bench)).toEqual([
      'created 0',
      'allocated 10',
      'created 20',
      'allocated 30',
      'shipped 40',
      'allocated 50',
      'shipped 60',
    ]);
  });

  test('services are nothing to fulfil', () => {
    const bench = given(
      placed('A', { 1: mugs(1), 2: { sku: 'WRAP', qty: 1, goods: false } }),
      placed('B', { 1: { sku: 'VOUCHER', qty: 1, goods: false } }),
      shipped('A', 'S1', { 1: 1 }, { at: 10 }),
    );
    expect(stages(bench)).toEqual(['created 0', 'shipped 10']);
    expect(bench.net('order_lines')).toHaveLength(1);
  });

  test('an order of which everything was cancelled is cancelled', () => {
    const bench = given(
      placed('A', { 1: mugs(2), 2: mugs(1) }),
      cancelled('A', { 1: 2 }, { at: 10 }),
      changed('A', { 2: 0 }, { at: 20 }),
    );
    expect(stages(bench)).toEqual(['created 0', 'cancelled 20']);
    expect(bench.net('orders')).toMatchObject([{ cancelled_by: 'customer', due: 0 }]);
  });

  test('shipped units of no line go to the lines of their SKU that want them', () => {
    const loose = shipped('A', 'S1', {}, { at: 10 });
    const bench = given(placed('A', { 1: mugs(2), 2: mugs(3) }), {
      ...loose,
      data: {
        ...loose.data,
        lines: [
          { sku_id: 'MUG', qty: 4 },
          { sku_id: 'CUP', qty: 1 },
        ],
      },
    });
    expect(bench.net('shipment_lines')).toMatchObject([
      { line_id: '1', units: 2 },
      { line_id: '2', units: 2 },
      { line_id: '', sku_id: 'CUP', units: 1 },
    ]);
    expect(bench.net('order_lines')).toMatchObject([{ open: 0 }, { open: 1 }]);
  });
});

describe('the clock', () => {
  const clocks = (bench: ReducerBench) =>
    bench
      .net('order_stages')
      .filter(({ delta }) => delta === 1)
      .sort((a, b) => Number(a['at']) - Number(b['at']))
      .map((row) => [row['stage'], minutesOf(row['clock_at']), minutesOf(row['due_at'])]);

  test('stands still under a hold of the customer and goes on after it', () => {
    const story = [
      placed('A', { 1: mugs(1) }, { shipBy: 600 }),
      held('A', 100, 'payment'),
      // A second one within the first does not count twice.
      held('A', 120, 'customer', 'H2'),
      freed('A', 150),
      freed('A', 180, 'H2'),
    ];
    expect(clocks(given(...story))).toEqual([
      ['created', 0, 600],
      ['on_hold', 0, 600],
      ['created', 80, 680],
    ]);
    const seller = given(placed('A', { 1: mugs(1) }, { shipBy: 600 }), held('A', 100, 'fraud'));
    expect(seller.net('order_stages').map((row) => row['paused_at'])).toEqual([null, null, null]);
  });

  test('counts business time for wholesale: a weekend on hold moves nothing', () => {
    // Monday 08:00 is minute 0; the node is open from nine to five.
    const friday = 4 * 1_440 + 8 * 60;
    const monday = 7 * 1_440 + 2 * 60;
    const bench = given(
      placed('W', { 1: mugs(1) }, { sla: 'wholesale', shipBy: 8 * 1_440 + 4 * 60 }),
      held('W', friday, 'customer'),
      freed('W', monday),
    );
    // Held from Friday 16:00 to Monday 10:00: two business hours. Due Tuesday 12:00, now 14:00; the clock
    // began with the opening at nine, and now two hours after it.
    expect(clocks(bench)).toEqual([
      ['created', 0, 8 * 1_440 + 240],
      ['on_hold', 0, 8 * 1_440 + 240],
      ['created', 180, 8 * 1_440 + 360],
    ]);
  });

  test('the calendar of the node decides', () => {
    const early = { open_min: 360, close_min: 840 };
    const bench = given(
      event('policy.set', {
        policy: 'calendar',
        scope: { node_id: 'dc-1' },
        value: { utc_offset_min: 60, week: Array.from({ length: 7 }, () => early) },
        actor: 'coo',
        reason: 'early shift',
      }),
      placed('W', { 1: mugs(1) }, { sla: 'wholesale', node: 'dc-1' }),
    );
    expect(bench.net('order_stages')).toMatchObject([
      { calendar: '60|360-840|360-840|360-840|360-840|360-840|360-840|360-840' },
    ]);
  });

  test('a new promise counts unless the old one is broken already', () => {
    const bench = given(
      placed('A', { 1: mugs(1) }, { shipBy: 600, deliverBy: 1_000 }),
      changed('A', { 1: 1 }, { at: 100, shipBy: 700 }),
      changed('A', { 1: 1 }, { at: 800, shipBy: 2_000 }),
    );
    const [order] = bench.net('orders');
    expect([order?.['ship_due_at'], order?.['deliver_due_at']].map(minutesOf)).toEqual([
      700, 1_100,
    ]);
  });
});

describe('what came out of turn', () => {
  test.each([
    ['a shipment of an unknown order', [shipped('X', 'S1', { 1: 1 }, { at: 5 })], 'unknown_order'],
    ['a carrier that reports an unknown shipment', [scannedAlone()], 'unknown_order'],
    ['a delivery without a dispatch', [delivered('S9', 5)], 'delivered_before_dispatch'],
    [
      'a delivery before its dispatch',
      [placed('A', { 1: mugs(1) }), shipped('A', 'S1', { 1: 1 }, { at: 30 }), delivered('S1', 10)],
      'delivered_before_dispatch',
    ],
    [
      'a change after shipping',
      [
        placed('A', { 1: mugs(1) }),
        shipped('A', 'S1', { 1: 1 }, { at: 5 }),
        changed('A', { 1: 0 }, { at: 9 }),
      ],
      'over_shipped, changed_after_shipping',
    ],
    [
      'a cancellation after shipping',
      [
        placed('A', { 1: mugs(1) }),
        shipped('A', 'S1', { 1: 1 }, { at: 5 }),
        cancelled('A', { 1: 1 }, { at: 9 }),
      ],
      'cancelled_after_shipping',
    ],
    [
      'more than was ordered',
      [placed('A', { 1: mugs(1) }), shipped('A', 'S1', { 1: 3 }, { at: 5 })],
      'over_shipped',
    ],
    [
      'another currency',
      [placed('A', { 1: mugs(1) }), placed('B', { 1: mugs(1) }, { currency: 'USD' })],
      'currency',
    ],
  ])('%s is applied, and reported once', (_what, story, expected) => {
    const bench = given(...story);
    const heard = minutesOf(bench.nowMs);
    // Ten minutes, within which events may be out of order.
    expect(violations(bench.tick(heard + 9))).toEqual([]);
    bench.tick(heard + 11).tick(heard + 60);
    const wanted = expected.split(', ').map((subtype) => `FLOW_VIOLATION ${subtype}`);
    expect(violations(bench)).toEqual(wanted);
  });

  test('disorder is no violation', () => {
    const [order, dispatch, scan] = [
      placed('A', { 1: mugs(1) }),
      shipped('A', 'S1', { 1: 1 }, { at: 5 }),
      delivered('S1', 9),
    ];
    const bench = given(scan, dispatch, order).tick(60);
    expect(violations(bench)).toEqual([]);
    expect(stages(bench)).toEqual(['created 0', 'shipped 5', 'delivered 9']);
  });

  test('a release in spite of a failed check or under a hold', () => {
    const bench = given(
      placed('A', { 1: mugs(1) }),
      held('A', 5, 'address'),
      released('A', 10, 'fail'),
    ).tick(60);
    expect(violations(bench)).toEqual(['RELEASE_VIOLATION fraud', 'RELEASE_VIOLATION hold']);
    const about = { entity: 'order/A', orderId: 'A', nodeId: 'dc-1', channelId: 'web' };
    const stake = { units: 1, amount: '10', ordersAtRisk: 1, conditionAtMs: T0 + 10 * MINUTE };
    expect(bench.findings).toMatchObject([
      { ...about, ...stake, floor: 'SEV1', rule: { version: 0 } },
      { ...about, ...stake, floor: 'SEV2' },
    ]);
    const proper = given(
      placed('A', { 1: mugs(1) }),
      held('A', 5),
      freed('A', 6),
      released('A', 10, 'overridden'),
    );
    expect(violations(proper.tick(60))).toEqual([]);
  });

  test('a release under a hold for payment is as bad as one without payment', () => {
    const bench = given(
      placed('A', { 1: mugs(3) }),
      held('A', 5, 'payment'),
      released('A', 10),
      freed('A', 11),
      shipped('A', 'S1', { 1: 3 }, { at: 12 }),
    ).tick(60);
    expect(bench.findings).toMatchObject([{ subtype: 'hold', floor: 'SEV1', amount: '30' }]);
    // What was done was done, whatever becomes of the order.
    expect(bench.given(delivered('S1', 90)).tick(500).ended).toEqual([]);
  });

  test('a release is not judged where its rule is off', () => {
    const off = { enabled: false, parameters: {} };
    const policy = { policy: 'rule.RELEASE_VIOLATION', actor: 'ana', reason: 'r', value: off };
    const judged = (node_id: string) =>
      given(
        event('policy.set', { ...policy, scope: { node_id } } as never),
        placed('A', { 1: mugs(1) }),
        released('A', 10, 'fail'),
      ).tick(60);
    expect(violations(judged('dc-1'))).toEqual([]);
    expect(violations(judged('dc-2'))).toEqual(['RELEASE_VIOLATION fraud']);
  });

  test('what came after its order was forgotten is flagged', () => {
    const day = 1_440;
    const bench = given(
      placed('A', { 1: mugs(1) }),
      shipped('A', 'S1', { 1: 1 }, { at: 5 }),
      delivered('S1', day),
    ).tick(21 * day);
    const orders = bench.slice.hosted[0]?.processor;
    expect(orders?.size()).toBe(1);
    // Two weeks for claims and one more.
    bench.tick(22 * day + 1);
    expect(orders?.size()).toBe(0);
    bench.given(cancelled('A', { 1: 1 }, { at: 22 * day + 2 })).tick(23 * day);
    expect(violations(bench)).toEqual(['FLOW_VIOLATION unknown_order']);
  });
});

describe('what was reported', () => {
  const ends = (bench: ReturnType<typeof given>) =>
    bench.ended.map(({ entity, subtype }) => `${entity} ${subtype}`);

  test('of a parcel ends when its dispatch comes after all', () => {
    const bench = given(placed('A', { 1: mugs(1) }), delivered('S1', 40)).tick(60);
    expect(violations(bench)).toEqual(['FLOW_VIOLATION delivered_before_dispatch']);
    expect(ends(bench)).toEqual([]);
    bench.given(shipped('A', 'S1', { 1: 1 }, { at: 70 }));
    expect(ends(bench)).toEqual(['shipment/S1 delivered_before_dispatch']);
    expect(bench.ended[0]?.findingId).toBe(bench.findings[0]?.findingId);
  });

  test('of an order ends when what was missing comes', () => {
    const bench = given(shipped('A', 'S1', { 1: 1 }, { at: 5 })).tick(60);
    expect(violations(bench)).toEqual(['FLOW_VIOLATION unknown_order']);
    bench.given(placed('A', { 1: mugs(1) }, { at: 70 }));
    expect(ends(bench)).toEqual(['order/A unknown_order']);
  });

  test('is reported anew, under an id of its own, when it is so again', () => {
    const bench = given(
      placed('A', { 1: mugs(1) }),
      shipped('A', 'S1', { 1: 1 }, { at: 5 }),
      event('shipment.delivered', { shipment_id: 'S1' }, { at: 2, id: 'wrong' }),
    ).tick(60);
    bench.given(corrected({ id: 'wrong' }, { at: 70 })).tick(80);
    bench.given(delivered('S1', 3)).tick(120);
    expect(violations(bench)).toEqual([
      'FLOW_VIOLATION delivered_before_dispatch',
      'FLOW_VIOLATION delivered_before_dispatch',
    ]);
    expect(ends(bench)).toHaveLength(1);
    expect(new Set(bench.findings.map(({ findingId }) => findingId)).size).toBe(2);
  });
});

function scannedAlone(): Given {
  return event(
    'shipment.tracking.updated',
    { shipment_id: 'S9', status: 'in_transit', raw_status: 'IT' },
    { at: 5 },
  );
}
