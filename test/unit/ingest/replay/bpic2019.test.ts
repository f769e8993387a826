import { describe, expect, it } from 'vitest';
import { checkEvent } from '../../../../contracts/validate.ts';
import { BPIC2019 } from '../../../../ingest/replay/bpic2019/dataset.ts';
import { csvOf, feed, folderOf, idsOf } from './support.ts';

const CASE = {
  case_id: '45_10',
  purchasing_document: '45',
  company: 'companyID_0000',
  vendor: 'vendorID_0002',
};
const EVENT = {
  timestamp_utc: '2018-01-02T06:23:00Z',
  case_id: '45_10',
  seq_in_case: '0',
  activity: 'Create Purchase Order Item',
};

/** Steps of one case, a day each: `[activity]` from 2018-01-02 on. */
const days = (...activities: string[]) =>
  activities.map((activity, index) => ({
    activity,
    seq_in_case: String(index),
    timestamp_utc: `2018-01-${String(index + 2).padStart(2, '0')}T06:23:00Z`,
  }));

const CREATE = 'Create Purchase Order Item';
const RECEIVE = 'Record Goods Receipt';
const CANCEL = 'Cancel Goods Receipt';

const folder = (rows: Partial<typeof EVENT>[], cases: Partial<typeof CASE>[] = [{}]) =>
  folderOf({ 'cases.csv': csvOf(CASE, cases), 'events.csv': csvOf(EVENT, rows) });
const fed = (...rows: Partial<typeof EVENT>[]) => feed(BPIC2019, folder(rows));

describe('an order line', () => {
  it('orders as many units as it has receipts that hold in the end', async () => {
    const { dataOf, events } = await fed(...days(CREATE, RECEIVE, RECEIVE, CANCEL, RECEIVE));
    expect(dataOf('purchaseorder.issued', 'po/45_10/0')).toEqual({
      po_id: '45',
      supplier_id: 'vendorID_0002',
      node_id: 'companyID_0000',
      lines: [{ sku_id: '45_10', qty: 2, due_at: '2018-01-30T06:23:00.000Z' }],
    });
    for (const event of events) expect(checkEvent(event)).toMatchObject({ ok: true });
  });

  it('orders one unit when nothing comes', async () => {
    const { dataOf } = await fed(...days(CREATE));
    expect(dataOf('purchaseorder.issued', 'po/45_10/0').lines[0]?.qty).toBe(1);
  });

  it('is confirmed, changed, deleted and taken up again', async () => {
    const { dataOf } = await fed(
      ...days(
        CREATE,
        'Receive Order Confirmation',
        'Change Quantity',
        RECEIVE,
        'Delete Purchase Order Item',
        'Reactivate Purchase Order Item',
        RECEIVE,
      ),
    );
    const dueAt = '2018-01-30T06:23:00.000Z';
    expect(dataOf('purchaseorder.acknowledged', 'confirmation/45_10/1').lines).toEqual([
      { sku_id: '45_10', qty: 2, promised_at: dueAt },
    ]);
    const changed = (seq: number) =>
      dataOf('purchaseorder.changed', `change/45_10/${seq}`).lines[0];
    // The log does not say what changed; deleted, it orders what has come.
    expect(changed(2)).toEqual({ sku_id: '45_10', qty: 2, due_at: dueAt });
    expect(changed(4)?.qty).toBe(1);
    expect(changed(5)?.qty).toBe(2);
  });
});

describe('a goods receipt', () => {
  it('is one unit, at the time of the log, 23:59 of a bare date as well', async () => {
    const { dataOf, events } = await fed(...days(CREATE), {
      seq_in_case: '1',
      activity: RECEIVE,
      timestamp_utc: '2018-02-22T22:59:00Z',
    });
    expect(dataOf('receipt.line.received', 'receipt/45_10/1')).toEqual({
      receipt_id: '45_10-1',
      po_id: '45',
      supplier_id: 'vendorID_0002',
      sku_id: '45_10',
      node_id: 'companyID_0000',
      qty_received: 1,
      condition_code: 'good',
    });
    expect(events.at(-1)?.time).toBe('2018-02-22T22:59:00Z');
  });
});

describe('a cancelled receipt', () => {
  it('corrects the newest receipt of its line that holds', async () => {
    const { dataOf } = await fed(...days(CREATE, RECEIVE, RECEIVE, CANCEL, CANCEL));
    const corrected = (seq: number) =>
      dataOf('event.corrected', `cancellation/45_10/${seq}`).corrects.id;
    expect(corrected(3)).toBe('receipt/45_10/2');
    expect(corrected(4)).toBe('receipt/45_10/1');
  });

  it('that cancels none of the log is counted, and takes nothing from later ones', async () => {
    const { dataOf, skipped } = await fed(...days(CREATE, CANCEL, RECEIVE, RECEIVE));
    expect(skipped).toEqual({ cancellation_of_an_unknown_receipt: 1 });
    expect(dataOf('purchaseorder.issued', 'po/45_10/0').lines[0]?.qty).toBe(2);
  });
});

describe('an activity that moves no goods', () => {
  it('is counted under what it is', async () => {
    const { events, skipped } = await fed(
      ...days(
        CREATE,
        'Record Service Entry Sheet',
        'Vendor creates invoice',
        'Vendor creates debit memo',
        'Record Invoice Receipt',
        'Cancel Subsequent Invoice',
        'Clear Invoice',
        'Remove Payment Block',
        'SRM: Awaiting Approval',
        'Change Approval for Purchase Order',
        'Create Purchase Requisition Item',
        'Change Price',
        'Change Storage Location',
      ),
    );
    expect(idsOf(events)).toEqual(['po/45_10/0']);
    expect(skipped).toEqual({
      service_entry_sheet: 1,
      invoice: 4,
      payment: 2,
      approval: 3,
      price_change: 1,
      other_activity: 1,
    });
  });
});

describe('a row that fits nothing', () => {
  it('is counted under its reason', async () => {
    const { events, skipped } = await fed(
      { activity: RECEIVE },
      ...days(CREATE),
      { case_id: '99_10' },
      { case_id: '45 10' },
      { timestamp_utc: '02.01.2018' },
      { seq_in_case: '' },
    );
    expect(skipped).toEqual({ event_of_a_line_not_created: 1, unknown_case: 1, unreadable_row: 3 });
    expect(events).toHaveLength(1);
  });
});

describe('the feed', () => {
  it('ends at a limit of rows, with the orders of the whole file', async () => {
    const rows = days(CREATE, RECEIVE, RECEIVE);
    const { dataOf, events } = await feed(BPIC2019, folder(rows), 2);
    expect(idsOf(events)).toEqual(['po/45_10/0', 'receipt/45_10/1']);
    expect(dataOf('purchaseorder.issued', 'po/45_10/0').lines[0]?.qty).toBe(2);
  });

  it('needs a folder with both files, and their columns', async () => {
    const both = folder([{}]);
    expect(() => BPIC2019.files(`${both}/events.csv`)).toThrow('is not a folder');
    expect(() => BPIC2019.files(folderOf({ 'events.csv': '' }))).toThrow('matches cases');
    const wrong = folderOf({ 'cases.csv': 'case_id\n1\n', 'events.csv': csvOf(EVENT, [{}]) });
    await expect(feed(BPIC2019, wrong)).rejects.toThrow(
      /cases\.csv: is no BPI Challenge 2019 cases file: column purchasing_document, company, vendor/,
    );
  });
});
