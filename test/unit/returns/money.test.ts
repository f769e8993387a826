/** Refunds, and where margin leaks (REFERENCE §1.6). */
import { describe, expect, test } from 'vitest';
import { event, T0 } from '../../support/given.ts';
import { ReducerBench } from '../../support/reducers.ts';
import {
  authorised,
  costing,
  DAY,
  decided,
  ordered,
  received,
  recorded,
  refunded,
  shipped,
} from '../../support/returned.ts';

const ms = (minutes: number) => T0 + minutes * 60_000;
const bench = () => new ReducerBench(['returns']);
const costs = (it: ReducerBench) =>
  it.net('costs').map(({ amount, component, origin }) => [component, origin, amount]);
const cancelled = (initiator: 'seller' | 'customer') =>
  event(
    'order.cancelled',
    {
      order_id: 'o1',
      initiator,
      reason: 'out of stock',
      lines: [{ line_id: 'l1', qty: 2 }],
    },
    { at: 10 },
  );

describe('a refund', () => {
  test('lags behind the receipt and behind the start of the return', () => {
    const it = bench().given(ordered(), shipped(60), authorised(90), received(150), refunded(270));
    expect(it.net('refunds')).toEqual([
      {
        ...{ refund_id: 'f1', order_id: 'o1', rma_id: '', sku_id: 'MUG', node_id: 'dc-1' },
        ...{ channel_id: 'web', sla_class: 'standard', amount: '10', currency: 'EUR', in_house: 1 },
        ...{ issued_at: ms(270), initiated_at: ms(90), received_at: ms(150), has_receipt: 1 },
      },
    ]);
    expect(it.net('durations').map(({ hours, measure }) => [measure, hours])).toEqual([
      ['refund_from_receipt', 2],
      ['refund_from_start', 3],
    ]);
  });

  test('ahead of its goods has no lag', () => {
    const it = bench().given(ordered(), shipped(60), authorised(90), refunded(100), received(150));
    expect(it.net('durations').map(({ measure }) => measure)).toEqual(['refund_from_start']);
  });

  test('for no order, or in another currency, is kept, flagged, and no part of a sum', () => {
    const it = bench().given(
      ordered(),
      shipped(60),
      refunded(100, { currency: 'USD' }),
      refunded(100, { refund_id: 'f2', order_id: 'o9' }),
    );
    expect(it.net('refunds')).toMatchObject([
      { refund_id: 'f1', currency: 'USD', in_house: 0 },
      { refund_id: 'f2', currency: '', in_house: 1 },
    ]);
    it.tick(200);
    expect(it.findings.map(({ entity, subtype }) => [entity, subtype])).toEqual([
      ['order/o1', 'currency'],
      ['order/o9', 'refund_without_order'],
    ]);
  });
});

describe('L4, refunds without return', () => {
  test('comes to stand after thirty days, by time alone, and goes with a late receipt', () => {
    const it = bench().given(ordered(), shipped(60), authorised(90), refunded(100, { qty: 1 }));
    it.tick(100 + 30 * DAY - 1);
    expect(costs(it)).toEqual([]);
    it.tick(100 + 30 * DAY);
    expect(it.net('costs')).toMatchObject([
      {
        ...{ component: 'L4', ref: 'f1', amount: '10', posted_at: ms(100 + 30 * DAY) },
        ...{ cause: 'too small', currency: 'EUR', in_house: 1 },
      },
    ]);
    it.given(received(100 + 40 * DAY));
    expect(costs(it)).toEqual([]);
  });

  test('is the part of the units that have not come back, and a receipt answers once', () => {
    const it = bench().given(ordered(), shipped(60), authorised(90, { qty: 2 }), received(95));
    it.given(refunded(100, { amount: '20', qty: 2 }));
    it.tick(100 + 30 * DAY);
    expect(costs(it)).toEqual([['L4', 'derived', '10']]);
  });

  test('waits as long as the policy says, and less recoveries', () => {
    const it = bench().given(
      event('policy.set', {
        ...{ policy: 'measurement', scope: {}, value: { refund_receipt_d: 5 } },
        ...{ actor: 'cfo', reason: 'shorter' },
      }),
      ordered(),
      shipped(60),
      refunded(100),
    );
    it.tick(100 + 5 * DAY);
    it.given(recorded(9_000, { order_id: 'o1', cost_type: 'L4', amount: '-4', ref: 'f1' }));
    expect(costs(it)).toEqual([
      ['L4', 'derived', '10'],
      ['L4', 'recorded', '-4'],
    ]);
  });

  test('is not for goods that never left', () => {
    const it = bench().given(ordered(), cancelled('customer'), refunded(100));
    it.tick(100 + 31 * DAY);
    expect(costs(it)).toEqual([]);
  });
});

describe('the other components', () => {
  test('L2 is the freight of every shipment but the first to leave', () => {
    const it = bench().given(
      ordered(),
      shipped(90, { qty: 1, shipment: 's2', freight_cost: '4.5' }),
      shipped(60, { qty: 1, freight_cost: '6' }),
    );
    expect(it.net('costs')).toMatchObject([
      { component: 'L2', shipment_id: 's2', amount: '4.5', posted_at: ms(90), node_id: 'dc-1' },
    ]);
  });

  test('L3 is the margin of what the seller cancelled', () => {
    // (10 − 6.25) × 2 = 7.5
    expect(costs(bench().given(costing('MUG', '6.25'), ordered(), cancelled('seller')))).toEqual([
      ['L3', 'derived', '7.5'],
    ]);
    expect(costs(bench().given(costing('MUG', '6.25'), ordered(), cancelled('customer')))).toEqual(
      [],
    );
  });

  test('L5 is what was scrapped, at cost', () => {
    const it = bench().given(costing('MUG', '6.25'), ordered(), shipped(60), authorised(90));
    it.given(received(100), decided(120, { to_state: 'scrapped' }));
    expect(it.net('costs')).toMatchObject([
      { component: 'L5', amount: '6.25', ref: 'r1', cause: 'too small', posted_at: ms(120) },
    ]);
  });

  test('a recorded cost stands instead of the derived one it names, or of all', () => {
    const it = bench().given(
      ordered({ qty: 3 }),
      shipped(60, { qty: 1, freight_cost: '6' }),
      shipped(70, { qty: 1, shipment: 's2', freight_cost: '4' }),
      shipped(80, { qty: 1, shipment: 's3', freight_cost: '5' }),
      recorded(100, { order_id: 'o1', cost_type: 'L2', amount: '4.4', ref: 's2' }),
    );
    expect(costs(it)).toEqual([
      ['L2', 'derived', '5'],
      ['L2', 'recorded', '4.4'],
    ]);
    it.given(recorded(110, { order_id: 'o1', cost_type: 'L2', amount: '9', ref: 'invoice-7' }));
    expect(costs(it)).toEqual([
      ['L2', 'recorded', '4.4'],
      ['L2', 'recorded', '9'],
    ]);
  });

  test('a recorded cost of no order stands by itself', () => {
    const it = bench().given(
      recorded(10, { node_id: 'dc-1', cost_type: 'L7', amount: '100', note: 'late delivery' }),
    );
    expect(it.net('costs')).toMatchObject([
      { component: 'L7', order_id: '', node_id: 'dc-1', amount: '100', cause: 'late delivery' },
    ]);
  });
});
