import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkEvent } from '../../../../contracts/validate.ts';
import type { FeedEvent } from '../../../../ingest/replay/feed.ts';
import { adjustmentReason } from '../../../../ingest/replay/uci/reasons.ts';
import { invoiceGroup } from '../../../../ingest/replay/uci/catalogue.ts';
import { UCI_ONLINE_RETAIL } from '../../../../ingest/replay/uci/dataset.ts';
import { readUciRow, type UciRow } from '../../../../ingest/replay/uci/rows.ts';
import { uciMapper } from '../../../../ingest/replay/uci/mapping.ts';
import type { InputType } from '../../../../contracts/events.ts';

const SAMPLE = fileURLToPath(new URL('../../../support/uci-sample.csv', import.meta.url));

/** Events of the sample, by id. */
const events = new Map<string, FeedEvent>();
let skipped: ReadonlyMap<string, number>;

beforeAll(async () => {
  const feed = await UCI_ONLINE_RETAIL.open([SAMPLE]);
  for await (const item of feed.items(Infinity)) {
    const event = item.event as FeedEvent;
    events.set(event.id, event);
  }
  skipped = feed.skipped;
});

function dataOf<T extends InputType>(name: T, id: string): FeedEvent<T>['data'] {
  const event = events.get(id);
  expect(event?.type).toBe(`stocktide.${name}.v1`);
  return (event as FeedEvent<T>).data;
}

const idsLike = (pattern: RegExp) => [...events.keys()].filter((id) => pattern.test(id));

describe('an invoice', () => {
  it('becomes an order whose repeated rows are lines of their own', () => {
    expect(dataOf('order.created', 'order/900001')).toMatchObject({
      order_id: '900001',
      channel_id: 'web',
      currency: 'GBP',
      region: 'United Kingdom',
      node_id: 'uci-uk',
      customer_ref: '50001',
      ordered_at: '2010-12-01T09:00:00Z',
      ship_by: '2010-12-02T09:00:00.000Z',
      lines: [
        { line_id: '1', sku_id: '10001A', qty: 6, unit_price: '2.55' },
        { line_id: '2', sku_id: '10001A', qty: 6, unit_price: '2.55' },
        { line_id: '3', sku_id: '10001A', qty: 6, unit_price: '2.55' },
        { line_id: '4', sku_id: 'POST', qty: 1, unit_price: '18.00', requires_stock: false },
      ],
    });
  });

  it('allocates and ships goods, not charges', () => {
    expect(idsLike(/^allocation\/900001\//)).toEqual([
      'allocation/900001/1',
      'allocation/900001/2',
      'allocation/900001/3',
      'allocation/900001/5',
    ]);
    expect(dataOf('shipment.dispatched', 'shipment/900001').lines).toEqual([
      { line_id: '1', sku_id: '10001A', qty: 6 },
      { line_id: '2', sku_id: '10001A', qty: 6 },
      { line_id: '3', sku_id: '10001A', qty: 6 },
    ]);
  });

  it('goes on as a second document of the same order when it goes on a minute later', () => {
    expect(dataOf('order.created', 'order/900001/2')).toMatchObject({
      order_id: '900001',
      ordered_at: '2010-12-01T09:01:00Z',
      lines: [{ line_id: '5', sku_id: '10002', qty: 10, unit_price: '0.855' }],
    });
    expect(dataOf('shipment.dispatched', 'shipment/900001/2').shipment_id).toBe('900001-2');
  });

  it('is split into documents of 500 lines', () => {
    const rows = Array.from({ length: 501 }, () => row({}));
    const mapped = [...uciMapper(new Set())(invoiceGroup(rows))];
    const orders = mapped.filter(({ type }) => type === 'stocktide.order.created.v1');
    expect(orders.map(({ id }) => id)).toEqual(['order/1', 'order/1/2']);
    expect(orders.map(({ data }) => (data as { lines: unknown[] }).lines.length)).toEqual([500, 1]);
    expect(new Set(mapped.map(({ id }) => id)).size).toBe(mapped.length);
  });
});

describe('a cancellation', () => {
  it('brings goods back into stock and refunds them', () => {
    expect(dataOf('return.received', 'return/C900006/1')).toMatchObject({
      sku_id: '10001A',
      qty: 3,
    });
    expect(dataOf('return.dispositioned', 'disposition/C900006/1')).toMatchObject({
      disposition: 'restocked',
      to_state: 'available',
      qty: 3,
    });
    expect(dataOf('refund.issued', 'refund/C900006/1')).toMatchObject({
      order_id: 'C900006',
      qty: 3,
      amount: '7.65',
    });
  });

  it('of a charge is only a refund', () => {
    expect(dataOf('refund.issued', 'refund/C900006/2').amount).toBe('5.00');
    expect(idsLike(/^(return|disposition)\/C900006\/2$/)).toEqual([]);
  });
});

describe('a row at price 0', () => {
  it('without a customer is an adjustment with the reason that staff typed', () => {
    expect(dataOf('inventory.adjusted', 'adjustment/900003/1')).toMatchObject({
      sku_id: '10001A',
      state: 'available',
      qty_delta: -2,
      reason_code: 'damaged',
      note: 'wet/rusty',
    });
    expect(dataOf('inventory.adjusted', 'adjustment/900002/1').reason_code).toBe('other');
    expect(dataOf('inventory.adjusted', 'adjustment/900004/1').reason_code).toBe('correction');
  });

  it('does not take a product name for what staff typed', () => {
    const data = dataOf('inventory.adjusted', 'adjustment/900005/3');
    expect(data).toMatchObject({ qty_delta: 1, reason_code: 'other' });
    expect(data.note).toBeUndefined();
  });

  it('with a customer is a gift: an order line', () => {
    expect(dataOf('order.created', 'order/900007').lines[0]).toMatchObject({
      qty: 2,
      unit_price: '0.00',
    });
  });
});

describe('the opening', () => {
  it('is the smallest stock that no event takes below zero', () => {
    // 10001A: 18 sold, 4 + 2 written off (24 out), 3 back, 20 sold: 41 at the lowest.
    expect(dataOf('inventory.adjusted', 'opening/10001A')).toMatchObject({
      qty_delta: 41,
      reason_code: 'opening_balance',
    });
    // 10002: 10 sold, 1 found, 2 given away. 10003: 7 found before 5 and 1 are sold.
    expect(dataOf('inventory.adjusted', 'opening/10002').qty_delta).toBe(11);
    expect(events.has('opening/10003')).toBe(false);
    expect(events.get('opening/10002')?.time).toBe('2010-12-01T00:00:00Z');
  });

  it('names, prices and classes each code', () => {
    expect(dataOf('item.upserted', 'item/10001A')).toMatchObject({
      description: 'BLUE TIN LANTERN',
      unit_cost: '2.10',
      abc_class: 'A',
    });
    expect(dataOf('item.upserted', 'item/10002').description).toBe('TEA TOWEL, "HARBOUR"');
    expect(dataOf('item.upserted', 'item/10003')).toMatchObject({
      description: 'GARDEN SPADE',
      unit_cost: '4.00',
    });
  });
});

describe('a row that is no movement', () => {
  it('is counted under its reason', () => {
    expect(Object.fromEntries(skipped)).toEqual({
      bookkeeping_invoice: 1,
      zero_quantity: 1,
      negative_price: 1,
      positive_cancellation: 1,
      priced_negative_without_cancellation: 1,
      unreadable_row: 1,
    });
  });
});

describe('every event', () => {
  it('fits the contract', () => {
    for (const event of events.values()) expect(checkEvent(event)).toMatchObject({ ok: true });
  });

  it('is not earlier than the one before', () => {
    const times = [...events.values()].map(({ time }) => time);
    expect(times).toEqual([...times].sort());
  });
});

describe('what staff typed', () => {
  it.each([
    ['damages?', 'damaged'],
    ['thrown away-can’t sell', 'damaged'],
    ['Water damaged', 'damaged'],
    ['?lost', 'shrinkage'],
    ['MIA', 'shrinkage'],
    ['wrong barcode (22467)', 'correction'],
    ['found some more on shelf', 'correction'],
    ['sold as set on dotcom', 'correction'],
    ['Not rcvd in 10/11/2010 delivery', 'correction'],
    ['rcvd be air temp fix for dotcom sit', 'received'],
    ['returned', 'restock'],
    ['Show Samples', 'promotion'],
    ['?', 'other'],
    ['', 'other'],
  ])('%j is %s', (text, reason) => {
    expect(adjustmentReason(text)).toBe(reason);
  });
});

describe('a stock code', () => {
  it.each([
    ['85123a', '85123A'],
    [' BANK CHARGES ', 'BANK-CHARGES'],
    ['A.B*C>', 'A-B-C-'],
  ])('%j is safe in a subject as %j', (code, sku) => {
    expect(row({ StockCode: code }).sku).toBe(sku);
  });

  it('makes a row unreadable when it is longer than a key can be', () => {
    expect(readUciRow(record({ StockCode: 'X'.repeat(49) }))).toBeNull();
  });
});

type Fields = Partial<Parameters<typeof readUciRow>[0]>;

function record(fields: Fields): Parameters<typeof readUciRow>[0] {
  return {
    InvoiceNo: '1',
    StockCode: '10001A',
    Description: 'BLUE TIN LANTERN',
    Quantity: '1',
    InvoiceDate: '2010-12-01 09:00:00',
    UnitPrice: '2.55',
    CustomerID: '50001',
    Country: 'France',
    ...fields,
  };
}

function row(fields: Fields): UciRow {
  const read = readUciRow(record(fields));
  if (read === null) throw new Error('the row cannot be read');
  return read;
}
