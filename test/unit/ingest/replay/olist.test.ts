import { describe, expect, it } from 'vitest';
import { checkEvent } from '../../../../contracts/validate.ts';
import { OLIST } from '../../../../ingest/replay/olist/dataset.ts';
import { csvOf, feed, folderOf, idsOf } from './support.ts';

const ORDER = {
  order_id: 'a1',
  customer_id: 'c1',
  order_status: 'delivered',
  order_purchase_timestamp: '2017-10-02 10:56:33',
  order_approved_at: '2017-10-02 11:07:15',
  order_delivered_carrier_date: '2017-10-04 19:55:00',
  order_delivered_customer_date: '2017-10-10 21:25:13',
  order_estimated_delivery_date: '2017-10-18 00:00:00',
};
type Order = Partial<typeof ORDER>;

/** A row of which nothing is known after its purchase. */
const OPEN: Order = {
  order_approved_at: '',
  order_delivered_carrier_date: '',
  order_delivered_customer_date: '',
};
const fed = (...rows: Order[]) =>
  feed(OLIST, folderOf({ 'olist_orders_dataset.csv': csvOf(ORDER, rows) }));

describe('a delivered order', () => {
  it('is created, released, allocated, dispatched and delivered at the times of the file', async () => {
    const { events } = await fed({});
    expect(events.map(({ id, time }) => [id, time])).toEqual([
      ['opening', '2017-10-02T00:00:00Z'],
      ['order/a1', '2017-10-02T10:56:33Z'],
      ['release/a1', '2017-10-02T11:07:15Z'],
      ['allocation/a1', '2017-10-04T19:55:00Z'],
      ['shipment/a1', '2017-10-04T19:55:00Z'],
      ['delivery/a1', '2017-10-10T21:25:13Z'],
    ]);
    for (const event of events) expect(checkEvent(event)).toMatchObject({ ok: true });
  });

  it('promises the estimated date, midnight and all, for delivery and for dispatch', async () => {
    const { dataOf } = await fed({});
    expect(dataOf('order.created', 'order/a1')).toMatchObject({
      order_id: 'a1',
      customer_ref: 'c1',
      ship_by: '2017-10-18T00:00:00Z',
      deliver_by: '2017-10-18T00:00:00Z',
      lines: [{ line_id: '1', qty: 1, unit_price: '0.00' }],
    });
  });
});

describe('an order that stays open', () => {
  it('ends with what is known of it', async () => {
    const { events, skipped } = await fed(
      { order_id: 'created', order_status: 'created', ...OPEN },
      {
        order_id: 'billed',
        order_status: 'invoiced',
        ...OPEN,
        order_approved_at: '2017-10-03 00:00:00',
      },
      { order_id: 'shipped', order_status: 'shipped', order_delivered_customer_date: '' },
    );
    expect(idsOf(events)).toEqual([
      'opening',
      'order/created',
      'order/billed',
      'order/shipped',
      'release/shipped',
      'release/billed',
      'allocation/shipped',
      'shipment/shipped',
    ]);
    expect(skipped).toEqual({});
  });
});

describe('an order that was given up', () => {
  it('is cancelled right after the last that is known of it', async () => {
    const { dataOf, events } = await fed(
      { order_id: 'gone', order_status: 'canceled', ...OPEN },
      {
        order_id: 'none',
        order_status: 'unavailable',
        ...OPEN,
        order_approved_at: '2017-10-03 08:00:00',
      },
    );
    expect(dataOf('order.cancelled', 'cancellation/gone')).toMatchObject({
      initiator: 'customer',
      reason: 'canceled',
      lines: [{ line_id: '1', qty: 1 }],
    });
    expect(dataOf('order.cancelled', 'cancellation/none').initiator).toBe('seller');
    expect(events.map(({ id, time }) => [id, time])).toEqual([
      ['order/gone', '2017-10-02T10:56:33Z'],
      ['cancellation/gone', '2017-10-02T10:56:33Z'],
      ['order/none', '2017-10-02T10:56:33Z'],
      ['release/none', '2017-10-03T08:00:00Z'],
      ['cancellation/none', '2017-10-03T08:00:00Z'],
    ]);
  });

  it('after it was delivered is cancelled after its delivery', async () => {
    const { events } = await fed({ order_status: 'canceled' });
    expect(idsOf(events).slice(-2)).toEqual(['delivery/a1', 'cancellation/a1']);
    expect(events.at(-1)?.time).toBe('2017-10-10T21:25:13Z');
  });
});

describe('dates that contradict each other', () => {
  it('are sent as they are: a carrier before the approval and before the purchase', async () => {
    const { events } = await fed({ order_delivered_carrier_date: '2017-10-01 09:00:00' });
    expect(idsOf(events)).toEqual([
      'opening',
      'allocation/a1',
      'shipment/a1',
      'order/a1',
      'release/a1',
      'delivery/a1',
    ]);
  });

  it('are sent as they are: a delivery that no carrier took', async () => {
    const { events } = await fed({ order_delivered_carrier_date: '' });
    expect(idsOf(events)).toEqual(['order/a1', 'release/a1', 'delivery/a1']);
  });

  it('that a status promises and the row lacks are counted', async () => {
    const { events, skipped } = await fed(
      { order_id: 'a', order_delivered_customer_date: '' },
      { order_id: 'b', order_status: 'shipped', ...OPEN },
    );
    expect(skipped).toEqual({ delivered_without_a_date: 1, shipped_without_a_date: 1 });
    expect(idsOf(events)).not.toContain('delivery/a');
  });
});

describe('a row that is no order', () => {
  it('is counted under its reason', async () => {
    const { events, skipped } = await fed(
      {},
      {},
      { order_id: 'b', order_status: 'lost' },
      { order_id: 'c', order_purchase_timestamp: '' },
      { order_id: 'd', order_approved_at: '02/10/2017' },
      { order_id: 'e', order_estimated_delivery_date: '2017-13-01 00:00:00' },
      { order_id: '' },
    );
    expect(skipped).toEqual({ repeated_order: 1, unreadable_row: 5 });
    expect(events).toHaveLength(6);
  });
});

describe('the feed', () => {
  it('comes in the order of time, with the units that leave as opening stock', async () => {
    const { dataOf, events, items } = await fed(
      { order_id: 'late', order_purchase_timestamp: '2017-10-03 00:00:00' },
      { order_id: 'early', order_purchase_timestamp: '2017-10-01 00:00:00' },
    );
    const times = events.map(({ time }) => time);
    expect(times).toEqual([...times].sort());
    expect(dataOf('inventory.adjusted', 'opening')).toMatchObject({
      qty_delta: 2,
      reason_code: 'opening_balance',
    });
    // Opening, purchase of row 2, both approvals of one instant in the order of the file.
    expect(items.slice(0, 4).map(({ row, rowsRead }) => [row, rowsRead])).toEqual([
      [0, 0],
      [2, 1],
      [1, 2],
      [2, 2],
    ]);
  });

  it('of the first rows holds their whole orders, and the opening stock of all', async () => {
    const file = csvOf(ORDER, [{ order_id: 'a' }, { order_id: 'b' }]);
    const { dataOf, events } = await feed(OLIST, folderOf({ 'orders.csv': file }), 1);
    expect(idsOf(events).filter((id) => id.endsWith('/b'))).toEqual([]);
    expect(idsOf(events)).toContain('delivery/a');
    expect(dataOf('inventory.adjusted', 'opening').qty_delta).toBe(2);
  });

  it('needs the columns of the file', async () => {
    const folder = folderOf({ 'orders.csv': 'order_id,status\na,b\n' });
    await expect(feed(OLIST, folder)).rejects.toThrow(
      /orders\.csv: is no Olist orders file: column customer_id, order_status, .* is missing/,
    );
  });

  it('needs one file that fits, and rows in it', async () => {
    expect(() => OLIST.files(folderOf({ 'items.csv': '' }))).toThrow('has no CSV file whose name');
    expect(() => OLIST.files(folderOf({ 'orders.csv': '', 'orders2.csv.gz': '' }))).toThrow(
      'several files that match, give one of them: orders.csv, orders2.csv.gz',
    );
    expect(() => OLIST.files('/nowhere')).toThrow('there is no such file or folder');
    await expect(fed()).rejects.toThrow('has no rows');
  });
});
