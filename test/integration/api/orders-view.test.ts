/** Orders as the API answers about them: real reducers, the real engine, figures from the story. */
import { expect, test } from 'vitest';
import { OrderDesk } from '../../../api/orders/desk.ts';
import { at as instant, event } from '../../support/given.ts';
import { useKpis, type KpiBench } from '../../support/kpi.ts';
import {
  allocated,
  cancelled,
  deallocated,
  delivered,
  held,
  picked,
  placed,
  released,
  scanned,
  shipped,
} from '../../support/orders.ts';
import { refunded } from '../../support/returned.ts';
import { readsOf } from '../../support/views.ts';

const kpis = useKpis();
const line = (qty: number, price = '10') => ({ 1: { sku: 'MUG', qty, price } });
const deskAt = (brand: KpiBench, minute: number) => new OrderDesk(readsOf(brand, minute));

/** At minute 600: A is late, B nearly, C a quarter through; D is gone. */
const aBusyMorning = () =>
  kpis.given(
    placed('A', line(2, '10'), { shipBy: 540, node: 'dc-1' }),
    placed('B', line(1, '99.90'), { shipBy: 660, channel: 'shop' }),
    released('B', 420),
    placed('C', line(3, '5'), { shipBy: 2_400 }),
    placed('D', line(1), { shipBy: 900 }),
    shipped('D', 'D1', { 1: 1 }, { at: 300 }),
  );

test('a cell counts its orders, those late and nearly so, and what they are worth', async () => {
  const brand = await aBusyMorning();
  const { cells, channels, clock, nodes, now } = await deskAt(brand, 600).aging({});
  expect({ now, clock }).toEqual({ now: instant(600), clock: 'processors' });
  expect({ channels, nodes }).toEqual({ channels: ['shop', 'web'], nodes: ['dc-1'] });
  expect(cells).toHaveLength(2);
  expect(cells).toContainEqual({
    ...{ stage: 'created', sla_class: 'standard', bucket: '4-12 h' },
    ...{ orders: 2, late: 1, nearly: 0, value: [{ amount: '35', currency: 'EUR' }] },
  });
  // Three hours since its release, ten of its eleven hours used up.
  expect(cells).toContainEqual({
    ...{ stage: 'released', sla_class: 'standard', bucket: '0-4 h' },
    ...{ orders: 1, late: 0, nearly: 1, value: [{ amount: '99.9', currency: 'EUR' }] },
  });
  const shop = await deskAt(brand, 600).aging({ channel_id: 'shop' });
  expect(shop.cells.map(({ orders }) => orders)).toEqual([1]);
  expect(shop.channels).toEqual(['shop', 'web']);
});

test('opens to the orders that it counts, by promise, age or value, a page at a time', async () => {
  const brand = await aBusyMorning();
  const desk = deskAt(brand, 600);
  const ask = async (question: Partial<Parameters<OrderDesk['list']>[0]>) => {
    const list = await desk.list({ status: 'open', sort: 'promise', limit: 50, ...question });
    return list.orders.map(({ order_id }) => order_id);
  };
  expect(await ask({})).toEqual(['A', 'B', 'C']);
  expect(await ask({ sort: 'value' })).toEqual(['B', 'A', 'C']);
  expect(await ask({ sort: 'age' })).toEqual(['A', 'C', 'B']);
  expect(await ask({ stage: 'created', bucket: '4-12 h' })).toEqual(['A', 'C']);
  expect(await ask({ late: true })).toEqual(['A']);
  expect(await ask({ late: false, channel_id: 'web' })).toEqual(['C']);
  expect(await ask({ status: 'closed' })).toEqual(['D']);
  expect(await ask({ status: 'all', q: 'd' })).toEqual(['D']);
  expect(await ask({ node_id: 'nowhere' })).toEqual([]);

  for (const sort of ['promise', 'age', 'value'] as const) {
    const whole = await ask({ sort });
    const first = await desk.list({ status: 'open', sort, limit: 2 });
    expect(first.orders.map(({ order_id }) => order_id)).toEqual(whole.slice(0, 2));
    const cursor = first.next_cursor ?? '';
    const rest = await desk.list({ status: 'open', sort, limit: 2, cursor });
    expect(rest.orders.map(({ order_id }) => order_id)).toEqual(whole.slice(2));
    expect(rest.next_cursor).toBeNull();
  }
  const { next_cursor } = await desk.list({ status: 'open', sort: 'age', limit: 1 });
  await expect(
    desk.list({ status: 'open', sort: 'value', limit: 1, cursor: next_cursor ?? '' }),
  ).rejects.toMatchObject({ problem: { status: 400, field: 'cursor' } });

  const [order] = (await desk.list({ status: 'open', sort: 'promise', limit: 1 })).orders;
  expect(order).toMatchObject({
    ...{ order_id: 'A', late: true, paused: false, lines: 1, open_units: 2, age_h: 10 },
    ...{ due_at: expect.stringMatching(/^2026-03-02T17:00:00/) as string },
    value: { amount: '20', currency: 'EUR' },
  });
});

test('tells one order from placement to refund', async () => {
  const brand = await kpis.given(
    placed('O', { 1: { sku: 'MUG', qty: 3 } }, { shipBy: 1_440, deliverBy: 2_880 }),
    held('O', 60, 'fraud'),
    event(
      'order.hold.cleared',
      { order_id: 'O', hold_id: 'H1', hold_type: 'fraud', reason: 'fine', actor: 'a' },
      { at: 120 },
    ),
    released('O', 180),
    allocated('O', '1', 3, 240),
    deallocated('O', '1', 1, 250),
    cancelled('O', { 1: 1 }, { at: 260, reason: 'too many' }),
    picked('O', '1', 2, 300),
    // Two hours late, delivered in time.
    shipped('O', 'S1', { 1: 2 }, { at: 1_560, freight: '4.90' }),
    scanned('S1', 1_620),
    delivered('S1', 2_800),
    event(
      'return.authorized',
      {
        ...{ rma_id: 'R1', order_id: 'O', reason: 'too small' },
        lines: [{ line_id: '1', sku_id: 'MUG', qty: 1 }],
      },
      { at: 3_000 },
    ),
    event(
      'return.received',
      {
        rma_id: 'R1',
        order_id: 'O',
        line_id: '1',
        sku_id: 'MUG',
        node_id: 'dc-1',
        qty: 1,
        received_at: instant(4_440),
      },
      { at: 4_440 },
    ),
    event(
      'return.dispositioned',
      {
        rma_id: 'R1',
        order_id: 'O',
        sku_id: 'MUG',
        node_id: 'dc-1',
        qty: 1,
        to_state: 'available',
      },
      { at: 4_500 },
    ),
    refunded(4_560, { order_id: 'O', rma_id: 'R1', sku_id: 'MUG', amount: '10' }),
  );
  const one = await deskAt(brand, 5_000).detail('O');
  expect(
    one.timeline.map(({ hours, late, ref, step }) => [step, hours, ref, late ? 'late' : '']),
  ).toEqual([
    ['placed', null, '', ''],
    ['on_hold', 1, '', ''],
    ['released', 2, '', ''],
    ['allocated', 1, '', ''],
    // A unit is given back, and then not wanted any more.
    ['released', expect.closeTo(1 / 6, 6), '', ''],
    ['allocated', expect.closeTo(1 / 6, 6), '', ''],
    ['picked', expect.closeTo(2 / 3, 6), '', ''],
    ['shipped', 21, 'S1', 'late'],
    ['scanned', 1, 'S1', ''],
    ['delivered', expect.closeTo(1_180 / 60, 6), 'S1', ''],
    ['return_authorised', expect.closeTo(200 / 60, 6), 'R1', ''],
    ['return_received', 24, 'R1', ''],
    ['dispositioned', 1, 'R1', ''],
    ['refunded', 1, 'f1', ''],
  ]);
  expect(one.timeline[1]?.detail).toBe('fraud: r');
  expect(one.lines).toEqual([
    {
      ...{
        line_id: '1',
        sku_id: 'MUG',
        node_id: 'dc-1',
        unit_price: { amount: '10', currency: 'EUR' },
      },
      ...{ ordered: 3, allocated: 2, shipped: 2, cancelled: 1, open: 0, delivered: 2 },
      ...{ returned: 1, refunded: '10' },
    },
  ]);
  expect(one.shipments).toMatchObject([
    { shipment_id: 'S1', units: 2, freight: { amount: '4.9', currency: 'EUR' }, voided_at: null },
  ]);
  expect(one.returns).toMatchObject([{ rma_id: 'R1', reason: 'too small', units: 1, pending: 0 }]);
  expect(one.money).toMatchObject([
    { currency: 'EUR', ordered: '20', shipped: '20', refunded: '10', kept: '10' },
  ]);
  expect(one).toMatchObject({ stage: 'delivered', channel_id: 'web', cancelled_by: '' });
});

test('shows the raw events behind it, and says when there is no such order', async () => {
  const brand = await kpis.given(
    placed('O', { 1: { sku: 'MUG', qty: 1 } }),
    shipped('O', 'S1', { 1: 1 }, { at: 60 }),
    delivered('S1', 120),
  );
  const desk = deskAt(brand, 200);
  const all = await desk.events('O', { limit: 100 });
  // A document and its line each, and the delivery, which names no order.
  expect(all.events.map(({ type }) => type)).toEqual([
    'stocktide.order.created.v1',
    'stocktide.order.line.created.v1',
    'stocktide.shipment.dispatched.v1',
    'stocktide.shipment.line.dispatched.v1',
    'stocktide.shipment.delivered.v1',
  ]);
  expect(JSON.parse(all.events[0]?.event ?? '')).toMatchObject({ data: { order_id: 'O' } });
  const first = await desk.events('O', { limit: 3 });
  const rest = await desk.events('O', { limit: 3, cursor: first.next_cursor ?? '' });
  expect([...first.events, ...rest.events]).toEqual(all.events);
  expect(rest.next_cursor).toBeNull();
  await expect(desk.detail('none')).rejects.toMatchObject({
    problem: { status: 404, field: 'id' },
  });
  await expect(desk.events('none', { limit: 1 })).rejects.toMatchObject({
    problem: { status: 404 },
  });
});
