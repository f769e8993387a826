/** Where orders are aging (§1.5), and what belongs to an order: the views that answer from order facts. */
import { expect, test } from 'vitest';
import type { Orders } from '../../../processors/orders/orders.ts';
import { stocked } from '../../support/facts.ts';
import { at as instant, event } from '../../support/given.ts';
import { useKpis, type KpiBench } from '../../support/kpi.ts';
import {
  allocated,
  claimed,
  delivered,
  held,
  picked,
  placed,
  released,
  scanned,
  shipped,
  voided,
} from '../../support/orders.ts';

const kpis = useKpis();
const mugs = (qty: number) => ({ 1: { sku: 'MUG', qty } });
const DAY = 1_440;

const aging = (brand: KpiBench, minute: number) =>
  brand.rows(
    `SELECT stage, sla_class AS sla, node_id AS node, channel_id AS channel, bucket, used,
       open_orders AS orders
     FROM order_aging(at = '${instant(minute).replace('T', ' ').replace('Z', '')}')
     ORDER BY sla_class, stage, used, channel_id`,
  );

test('open orders by stage, class, node, channel, age and what is used of the promise', async () => {
  const brand = await kpis.given(
    // Minute 600: in created for 10 hours, 10 of 20 used up.
    placed('A', mugs(1), { shipBy: 1_200 }),
    // Released 3 hours ago, 10 of 11 hours used up.
    placed('B', mugs(1), { shipBy: 660, channel: 'shop' }),
    released('B', 420),
    // 10 hours of a promise of 8.
    placed('C', mugs(1), { sla: 'same_day', shipBy: 480 }),
    // The customer holds it since minute 60: one of four hours.
    placed('D', mugs(1), { sla: 'same_day', shipBy: 240 }),
    held('D', 60),
    // Gone.
    placed('E', mugs(1)),
    shipped('E', 'E1', { 1: 1 }, { at: 300 }),
  );
  const web = { channel: 'web', node: '', orders: 1 };
  expect(await aging(brand, 600)).toEqual([
    { ...web, stage: 'created', sla: 'same_day', bucket: '>8 h', used: '>100 %' },
    { ...web, stage: 'on_hold', sla: 'same_day', bucket: '>8 h', used: '<50 %' },
    { ...web, stage: 'created', sla: 'standard', bucket: '4-12 h', used: '50-80 %' },
    {
      ...web,
      stage: 'released',
      sla: 'standard',
      bucket: '0-4 h',
      used: '80-100 %',
      channel: 'shop',
      node: 'dc-1',
    },
  ]);
  // Before the release, at minute 400, and after a void that comes late.
  expect((await aging(brand, 400)).map(({ stage }) => stage)).not.toContain('released');
  await brand.given(voided('E1', 500));
  expect(await aging(brand, 600)).toHaveLength(5);
  expect(await aging(brand, -60)).toEqual([]);
});

test('wholesale ages in business days of its node', async () => {
  const day = { open_min: 480, close_min: 960 };
  const off = { open_min: 0, close_min: 0 };
  const brand = await kpis.given(
    event('policy.set', {
      policy: 'calendar',
      scope: { node_id: 'dc-1' },
      // Monday to Thursday from eight to four, an hour east of Greenwich.
      value: { utc_offset_min: 60, week: [day, day, day, day, off, off, off] },
      actor: 'coo',
      reason: 'contract',
    }),
    // Thursday 09:00 local: 7 of 8 hours left on that day; due on Tuesday 12:00 local, 7 + 8 + 4 = 19 hours on.
    placed('W', mugs(1), { sla: 'wholesale', node: 'dc-1', at: 3 * DAY, shipBy: 8 * DAY + 180 }),
  );
  const seen = async (minute: number) =>
    (await aging(brand, minute)).map(({ bucket, used }) => [bucket, used]);
  // Sunday noon: 7 hours are 0.875 days and 37 % of 19.
  expect(await seen(6 * DAY + 240)).toEqual([['0-1 d', '<50 %']]);
  // Monday 11:00 local: 7 + 3 hours, 1.25 days, 53 %.
  expect(await seen(7 * DAY + 120)).toEqual([['1-2 d', '50-80 %']]);
  // Tuesday 13:00 local, an hour too late: 7 + 8 + 5 hours are 2.5 days.
  expect(await seen(8 * DAY + 240)).toEqual([['2-3 d', '>100 %']]);
});

test('the sum of stage facts is what the ledger has open', async () => {
  const brand = await kpis.given(
    placed('A', mugs(1)),
    placed('B', mugs(1)),
    released('B', 30),
    placed('C', mugs(1), { at: 45 }),
    shipped('A', 'A1', { 1: 1 }, { at: 70 }),
    delivered('A1', 90),
  );
  const ledger = brand.bench.slice.hosted.find(({ processor }) => processor.name === 'orders');
  for (const minute of [0, 20, 40, 60, 80, 100]) {
    const rows = await brand.rows<{ stage: string; orders: number }>(
      `SELECT stage, sum(open_orders) AS orders
       FROM order_aging(at = '${instant(minute).replace('T', ' ').replace('Z', '')}') GROUP BY stage`,
    );
    const open = (ledger?.processor as Orders).openByStage(Date.parse(instant(minute)));
    expect(Object.fromEntries(rows.map(({ orders, stage }) => [stage, orders]))).toEqual(open);
  }
});

test('from an order to all that belongs to it, and back', async () => {
  const brand = await kpis.given(
    { ...stocked(10, { sku: 'MUG', node: 'dc-1' }), at: 0 },
    placed('A', mugs(2)),
    placed('B', mugs(1)),
    allocated('A', '1', 2, 10),
    picked('A', '1', 2, 20),
    shipped('A', 'S1', { 1: 2 }, { at: 30, freight: '4.90', id: 'dispatch-1' }),
    scanned('S1', 40),
    delivered('S1', 50),
    claimed('A', '1', 'damaged', 60),
    // The returns desk names the authorisation only.
    event(
      'return.received',
      {
        rma_id: 'R-A',
        sku_id: 'MUG',
        node_id: 'dc-1',
        qty: 1,
        received_at: instant(70),
      },
      { at: 70 },
    ),
    event(
      'refund.issued',
      { refund_id: 'RF-1', order_id: 'A', amount: '10', currency: 'EUR', issued_at: instant(80) },
      { at: 80 },
    ),
    event(
      'cost.recorded',
      { order_id: 'A', cost_type: 'L2', amount: '3', ref: 'INV-7' },
      { at: 90 },
    ),
  );
  const trace = (ref: string) =>
    brand.rows<{ kind: string; what: string; ref: string; units: number; amount: string }>(
      `SELECT kind, what, ref, units, amount FROM order_trace(ref = '${ref}') ORDER BY seq, idx`,
    );
  const own = await trace('A');
  expect(own.filter(({ kind }) => kind === 'event').map(({ what }) => what)).toEqual([
    'order.created',
    'order.line.created',
    'order.line.allocated',
    'pick.completed',
    'shipment.dispatched',
    'shipment.line.dispatched',
    'shipment.tracking.updated',
    'shipment.delivered',
    'return.authorized',
    'return.line.authorized',
    'return.received',
    'refund.issued',
    'cost.recorded',
  ]);
  expect(own).toContainEqual(
    expect.objectContaining({ what: 'refund.issued', ref: 'RF-1', amount: '10' }),
  );
  expect(own).toContainEqual(expect.objectContaining({ what: 'cost.recorded', ref: 'INV-7' }));
  const moved = own
    .filter(({ kind }) => kind === 'movement')
    .map(({ units, what }) => [what, units]);
  expect(moved).toContainEqual(['allocation: available > allocated', 2]);
  expect(moved).toContainEqual(['delivery: in_transit_out > outside', 2]);
  expect(moved).toContainEqual(['return: outside > return_pending', 1]);
  for (const ref of ['S1', 'R-A', 'RF-1', 'dispatch-1']) expect(await trace(ref)).toEqual(own);
  expect(await trace('S9')).toEqual([]);
});
