import { describe, expect, it } from 'vitest';
import { checkEvent } from '../../../../contracts/validate.ts';
import { SCMS } from '../../../../ingest/replay/scms/dataset.ts';
import { skuOf } from '../../../../ingest/replay/scms/catalogue.ts';
import { csvOf, feed, folderOf, idsOf } from './support.ts';

const LINE = {
  ID: '1',
  'PO / SO #': 'SCMS-4',
  'ASN/DN #': 'ASN-8',
  Country: "Côte d'Ivoire",
  'PO Sent to Vendor Date': '2006-05-01',
  'Scheduled Delivery Date': '2006-06-02',
  'Delivered to Client Date': '2006-06-05',
  'Delivery Recorded Date': '2006-06-07',
  Vendor: 'RANBAXY Fine Chemicals LTD.',
  'Item Description': 'HIV, Reveal G3 Test, 30 Tests',
  'Line Item Quantity': '19',
  'Pack Price': '29.5',
  'Freight Cost (USD)': 'See DN-304 (ID#:10589)',
};
type Line = Partial<typeof LINE>;

const fed = (...rows: Line[]) => feed(SCMS, folderOf({ 'scms.csv': csvOf(LINE, rows) }));
const SKU = skuOf(LINE['Item Description']);

describe('a line with its dates', () => {
  it('is ordered, arrives, is received, put away and closed', async () => {
    const { events } = await fed({});
    expect(events.map(({ id, time }) => [id, time])).toEqual([
      [`item/${SKU}`, '2006-05-01T00:00:00Z'],
      ['po/1', '2006-05-01T00:00:00Z'],
      ['arrival/ASN-8/SCMS-4', '2006-06-05T00:00:00Z'],
      ['receipt/1', '2006-06-05T00:00:00Z'],
      ['putaway/1', '2006-06-07T00:00:00Z'],
      ['close/ASN-8', '2006-06-07T00:00:00Z'],
    ]);
    for (const event of events) expect(checkEvent(event)).toMatchObject({ ok: true });
  });

  it('names supplier, node, item, price and due date', async () => {
    const { dataOf } = await fed({});
    expect(dataOf('purchaseorder.issued', 'po/1')).toEqual({
      po_id: 'SCMS-4',
      supplier_id: 'ranbaxy-fine-chemicals-ltd',
      node_id: 'cote-d-ivoire',
      currency: 'USD',
      lines: [{ sku_id: SKU, qty: 19, due_at: '2006-06-02T00:00:00Z', unit_cost: '29.50' }],
    });
    expect(dataOf('receipt.line.received', 'receipt/1')).toMatchObject({
      receipt_id: 'ASN-8',
      po_id: 'SCMS-4',
      qty_received: 19,
    });
    expect(dataOf('putaway.completed', 'putaway/1').qty).toBe(19);
  });
});

describe('a line whose order date is a text', () => {
  it.each([
    ['Date Not Captured', 'po_date_not_captured'],
    ['N/A - From RDC', 'po_date_of_internal_supply'],
  ])('%s: it is restated, not issued, and counted', async (text, reason) => {
    const { dataOf, events, skipped } = await fed({ 'PO Sent to Vendor Date': text });
    expect(skipped).toEqual({ [reason]: 1 });
    expect(idsOf(events)).not.toContain('po/1');
    expect(dataOf('purchaseorder.changed', 'restatement/1')).toEqual({
      po_id: 'SCMS-4',
      supplier_id: 'ranbaxy-fine-chemicals-ltd',
      node_id: 'cote-d-ivoire',
      lines: [{ sku_id: SKU, qty: 19, due_at: '2006-06-02T00:00:00Z' }],
    });
    // No later than the first of schedule and delivery.
    expect(events.find(({ id }) => id === 'restatement/1')?.time).toBe('2006-06-02T00:00:00Z');
  });

  it('is known no later than its delivery when that was early', async () => {
    const { events } = await fed({
      'PO Sent to Vendor Date': 'Date Not Captured',
      'Delivered to Client Date': '2006-05-20',
    });
    expect(events.find(({ id }) => id === 'restatement/1')?.time).toBe('2006-05-20T00:00:00Z');
  });
});

describe('the same item twice in an order', () => {
  it('is of an order with a suffix, so that each line has its own due date and delivery', async () => {
    const { dataOf } = await fed(
      {},
      { ID: '2', 'ASN/DN #': 'ASN-9', 'Scheduled Delivery Date': '2006-07-01' },
      { ID: '3', 'Item Description': 'Other' },
    );
    expect(dataOf('purchaseorder.issued', 'po/2').po_id).toBe('SCMS-4-2');
    expect(dataOf('receipt.line.received', 'receipt/2').po_id).toBe('SCMS-4-2');
    expect(dataOf('inbound.arrived', 'arrival/ASN-9/SCMS-4-2').po_id).toBe('SCMS-4-2');
    expect(dataOf('purchaseorder.issued', 'po/3').po_id).toBe('SCMS-4');
  });
});

describe('lines that were delivered together', () => {
  it('arrive once for each order, and are closed once, when the last is recorded', async () => {
    const { events, dataOf } = await fed(
      { 'Delivery Recorded Date': '2006-06-09' },
      { ID: '2', 'Item Description': 'Other' },
    );
    expect(idsOf(events).filter((id) => /^(arrival|close)\//.test(id))).toEqual([
      'arrival/ASN-8/SCMS-4',
      'close/ASN-8',
    ]);
    expect(dataOf('receipt.closed', 'close/ASN-8').closed_at).toBe('2006-06-09T00:00:00Z');
  });
});

describe('the item master', () => {
  it('has the lowest price that was paid, and the class by turnover', async () => {
    const { dataOf } = await fed(
      { 'Pack Price': '0' },
      { ID: '2', 'Pack Price': '30' },
      { ID: '3', 'Pack Price': '28.25' },
      { ID: '4', 'Item Description': 'Cheap', 'Line Item Quantity': '1', 'Pack Price': '1' },
    );
    expect(dataOf('item.upserted', `item/${SKU}`)).toMatchObject({
      unit_cost: '28.25',
      abc_class: 'A',
      description: 'HIV, Reveal G3 Test, 30 Tests',
    });
    expect(dataOf('item.upserted', `item/${skuOf('Cheap')}`).abc_class).toBe('C');
  });

  it('tells items apart whose names differ in signs only, within the length of a key', () => {
    expect(skuOf('Abacavir [Ziagen]')).not.toBe(skuOf('Abacavir Ziagen'));
    expect(skuOf('Abacavir [Ziagen]')).toMatch(/^abacavir-ziagen-[0-9a-f]{6}$/);
    expect(skuOf('x'.repeat(100))).toHaveLength(64);
  });
});

describe('a row that is no line', () => {
  it('is counted under its reason', async () => {
    const { events, skipped } = await fed(
      {},
      { ID: '2', 'Line Item Quantity': '1.5' },
      { ID: '3', 'Line Item Quantity': '0' },
      { ID: '4', 'Scheduled Delivery Date': '2-Jun-06' },
      { ID: '5', 'Delivered to Client Date': '' },
      { ID: '6', Vendor: '...' },
      { ID: 'seven' },
      { ID: '8', 'Pack Price': '-1' },
    );
    expect(skipped).toEqual({ unreadable_row: 7 });
    expect(events).toHaveLength(6);
  });
});

describe('the feed', () => {
  it('comes in the order of time; an order after its delivery is sent as it is', async () => {
    const { events } = await fed(
      { 'PO Sent to Vendor Date': '2006-06-20' },
      {
        ID: '2',
        'PO / SO #': 'SCMS-5',
        'ASN/DN #': 'ASN-9',
        'PO Sent to Vendor Date': '2006-04-01',
      },
    );
    const times = events.map(({ time }) => time);
    expect(times).toEqual([...times].sort());
    expect(idsOf(events)[0]).toBe(`item/${SKU}`);
    expect(idsOf(events).at(-1)).toBe('po/1');
  });

  it('of the first rows leaves the keys of all others as they are', async () => {
    const file = csvOf(LINE, [{}, { ID: '2' }, { ID: '3', 'ASN/DN #': 'ASN-9' }]);
    const { events } = await feed(SCMS, folderOf({ 'scms.csv': file }), 1);
    expect(idsOf(events)).toEqual([
      `item/${SKU}`,
      'po/1',
      'arrival/ASN-8/SCMS-4',
      'receipt/1',
      'putaway/1',
    ]);
  });

  it('needs the columns of the file', async () => {
    const folder = folderOf({ 'scms.csv': 'ID,Country\n1,Benin\n' });
    await expect(feed(SCMS, folder)).rejects.toThrow(
      /is no SCMS delivery history file: column PO \/ SO #, .* is missing .*reads ID,Country/,
    );
  });
});
