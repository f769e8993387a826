/** K18–K24: suppliers and inbound, with the views that people read beside them. */
import { expect, test } from 'vitest';
import { event } from '../../support/given.ts';
import { useKpis } from '../../support/kpi.ts';
import {
  arrived,
  inspected,
  issued,
  receipt,
  stored,
  notice,
  wrong,
} from '../../support/supply.ts';

const kpis = useKpis();
const DAY = 1_440;
const HOUR = 60;
/** Two weeks from T0 on; T0 is 08:00, and whole days are read. */
const fortnight = { from: -8 * HOUR, to: 14 * DAY - 8 * HOUR };
const EMPTY = { from: 100 * DAY, to: 101 * DAY };

test('K18: dock-to-stock is measured by arrival, and a late put-away revises it', async () => {
  const brand = await kpis.given(
    issued(10, { at: 0 }),
    issued(4, { at: 1, po: 'p2', supplier: 'bolt' }),
    arrived({ po: 'p1', dock: 60 }),
    arrived({ po: 'p2', dock: 60 }),
    receipt(6, { at: 90, receipt: 'r1' }),
    receipt(4, { at: 95, receipt: 'r2' }),
    receipt(4, { at: 99, receipt: 'r3', po: 'p2' }),
    // From the dock at minute 60: 2 h, 4 h and 9 h. The last is heard of a day later.
    stored(6, { at: 180, receipt: 'r1' }),
    stored(4, { at: 300, receipt: 'r2' }),
  );
  const window = { from: 0, to: DAY };
  expect(await brand.value('K18', window)).toMatchObject({
    spread: { count: 2, mean: 3 },
  });
  await brand.tick(2 * DAY);
  await brand.given(stored(4, { at: 600, receipt: 'r3' }));
  expect(await brand.value('K18', window)).toMatchObject({
    value: 4,
    // Until the day was over only 2 h and 4 h were known.
    spread: { count: 3, mean: 5, p90: 9 },
  });
  expect(await brand.points('K18', { ...window, by: 'dim' })).toMatchObject([
    { key: 'acme', spread: { count: 2, mean: 3 } },
    { key: 'bolt', value: 9, knownValue: null },
  ]);
  expect(await brand.value('K18', EMPTY)).toBeUndefined();
});

test('K19: a receipt line whose data were wrong counts as one line, and as an error', async () => {
  const brand = await kpis.given(
    issued(10, { at: 0 }),
    receipt(1, { at: 10, receipt: 'r1' }),
    receipt(2, { at: 20, receipt: 'r2' }),
    receipt(30, { at: 30, receipt: 'r3', id: 'typo' }),
    receipt(4, { at: 40, receipt: 'r4', id: 'ghost' }),
    // Never happened: no line at all.
    wrong('ghost', { at: 50 }),
  );
  expect(await brand.value('K19', fortnight)).toMatchObject({ num: 3, den: 3, value: 1 });
  await brand.tick(15 * DAY);
  // After the fortnight: r3 was 3 units, not 30.
  await brand.given(
    wrong('typo', { at: 15 * DAY, reason: 'incorrect_data' }),
    receipt(3, { at: 30, receipt: 'r3' }),
  );
  expect(await brand.value('K19', fortnight)).toMatchObject({
    num: 2,
    den: 3,
    value: 2 / 3,
    knownValue: 1,
  });
  expect(await brand.value('K19', EMPTY)).toBeUndefined();
});

test('K20 and K23: on time and in full by the due date, what is overdue counted as missed', async () => {
  const brand = await kpis.given(
    // Due at day 10. In the window; too early by a minute; half of it late; never; due next month.
    issued(10, { at: 0, po: 'p1', due: 10 * DAY }),
    receipt(10, { at: 9 * DAY, po: 'p1', receipt: 'r1' }),
    issued(10, { at: 0, po: 'p2', due: 10 * DAY }),
    receipt(10, { at: 8 * DAY - 1, po: 'p2', receipt: 'r2' }),
    issued(10, { at: 0, po: 'p3', due: 10 * DAY }),
    receipt(5, { at: 10 * DAY, po: 'p3', receipt: 'r3' }),
    receipt(5, { at: 11 * DAY, po: 'p3', receipt: 'r4' }),
    issued(20, { at: 0, po: 'p4', due: 10 * DAY, supplier: 'bolt' }),
    issued(99, { at: 0, po: 'p5', due: 40 * DAY }),
  );
  // 1 of 4 lines; units by due date 10 + 10 + 5 of 10 + 10 + 10 + 20.
  expect(await brand.value('K20', fortnight)).toMatchObject({ num: 1, den: 4, value: 0.25 });
  expect(await brand.value('K23', fortnight)).toMatchObject({ num: 25, den: 50, value: 0.5 });
  expect(await brand.points('K20', { ...fortnight, by: 'dim' })).toMatchObject([
    { key: 'acme', num: 1, den: 3 },
    { key: 'bolt', num: 0, den: 1 },
  ]);
  await brand.tick(15 * DAY);
  // It is heard late that p4 came over, and on the day: 22 of 20 fill no more than the 20.
  await brand.given(receipt(22, { at: 10 * DAY, po: 'p4', receipt: 'r5' }));
  expect(await brand.value('K20', fortnight)).toMatchObject({
    num: 2,
    den: 4,
    value: 0.5,
    knownValue: 0.25,
  });
  expect(await brand.value('K23', fortnight)).toMatchObject({
    num: 45,
    den: 50,
    value: 0.9,
    knownValue: 0.5,
  });
  expect(await brand.value('K20', EMPTY)).toBeUndefined();
  expect(await brand.value('K23', EMPTY)).toBeUndefined();
});

test('K21: variance of receipt lines from what was expected', async () => {
  const brand = await kpis.given(
    issued(100, { at: 0, po: 'p1' }),
    // By the ASN: 90 of 80 is 10 over, although the PO ordered 100.
    notice(80, { at: 1, po: 'p1', asn: 'n1' }),
    receipt(90, { at: 10, po: 'p1', asn: 'n1', receipt: 'r1' }),
    // By the PO: 35 of 50 is 15 short; 50 of 50 is neither.
    issued(50, { at: 0, po: 'p2' }),
    receipt(35, { at: 20, po: 'p2', receipt: 'r2' }),
    issued(50, { at: 0, po: 'p3', supplier: 'bolt' }),
    receipt(50, { at: 30, po: 'p3', receipt: 'r3' }),
    // Blind: nothing was expected.
    receipt(7, { at: 40, po: null, receipt: 'r4' }),
  );
  // Expected 80 + 50 + 50 = 180; signed 10 − 15 = −5; absolute 10 + 15 = 25.
  expect(await brand.value('K21a', fortnight)).toMatchObject({ num: -5, den: 180 });
  expect(await brand.value('K21b', fortnight)).toMatchObject({ num: 25, den: 180 });
  expect(await brand.value('K21c', fortnight)).toMatchObject({ num: 1, den: 3 });
  expect(await brand.value('K21d', fortnight)).toMatchObject({ num: 1, den: 3 });
  expect(await brand.points('K21b', { ...fortnight, by: 'dim' })).toMatchObject([
    { key: 'acme', num: 25, den: 130 },
    { key: 'bolt', num: 0, den: 50, value: 0 },
  ]);
  await brand.tick(15 * DAY);
  // The missing 15 of p2 come later: the first part was as long as expected, and the last is as well.
  await brand.given(receipt(15, { at: 15 * DAY, po: 'p2', receipt: 'r5' }));
  expect(await brand.value('K21d', fortnight)).toMatchObject({
    num: 0,
    den: 3,
    value: 0,
    knownValue: 1 / 3,
  });
  // Expected in the fortnight is now 80 + 35 + 50 = 165; 10 over.
  expect(await brand.value('K21a', fortnight)).toMatchObject({
    num: 10,
    den: 165,
    knownValue: -5 / 180,
  });
  for (const id of ['K21a', 'K21b', 'K21c', 'K21d']) {
    expect(await brand.value(id, EMPTY)).toBeUndefined();
  }
});

test('K22: lead time from issue to first receipt, mean and spread by supplier', async () => {
  const brand = await kpis.given(
    issued(10, { at: 0, po: 'p1' }),
    issued(10, { at: 0, po: 'p2' }),
    receipt(10, { at: 2 * DAY, po: 'p1', receipt: 'r1' }),
    receipt(1, { at: 4 * DAY, po: 'p2', receipt: 'r2' }),
    receipt(9, { at: 9 * DAY, po: 'p2', receipt: 'r3' }),
  );
  // 48 h and 96 h: mean 72, standard deviation √((24² + 24²) / 1) = 33.94.
  const known = await brand.value('K22', fortnight);
  expect(known).toMatchObject({ spread: { count: 2, mean: 72, p90: 96 } });
  expect(known?.spread?.stddev).toBeCloseTo(33.941, 3);
  await brand.tick(15 * DAY);
  // It is heard late that p2 had a first part after 3 days.
  await brand.given(receipt(2, { at: 3 * DAY, po: 'p2', receipt: 'r0' }));
  expect(await brand.value('K22', fortnight)).toMatchObject({
    spread: { count: 2, mean: 60, p90: 72 },
  });
  expect(await brand.value('K22', EMPTY)).toBeUndefined();
});

test('K24: units damaged, rejected or failed of units received', async () => {
  const brand = await kpis.given(
    issued(100, { at: 0 }),
    receipt(60, { at: 10, receipt: 'r1' }),
    receipt(5, { at: 20, receipt: 'r2', condition: 'damaged' }),
    receipt(3, { at: 30, receipt: 'r3', condition: 'rejected' }),
    receipt(32, { at: 40, receipt: 'r4', condition: 'inspect' }),
  );
  expect(await brand.value('K24', fortnight)).toMatchObject({ num: 8, den: 100, value: 0.08 });
  await brand.tick(15 * DAY);
  await brand.given(inspected({ pass: 30, fail: 2 }, { at: 2 * DAY, receipt: 'r4' }));
  expect(await brand.value('K24', fortnight)).toMatchObject({
    num: 10,
    den: 100,
    value: 0.1,
    knownValue: 0.08,
  });
  expect(await brand.value('K24', EMPTY)).toBeUndefined();
});

test('supply_open shows what is still to come for as long as it is, and how long it is overdue', async () => {
  const brand = await kpis.given(
    issued(10, { at: 0, po: 'p1', due: 10 * DAY }),
    notice(4, { at: 1, po: 'p1', asn: 'n1', eta: 9 * DAY }),
    issued(10, { at: 0, po: 'p2', due: 10 * DAY }),
    receipt(10, { at: 9 * DAY, po: 'p2', receipt: 'r1' }),
  );
  await brand.tick(400 * DAY);
  expect(
    await brand.rows(
      'SELECT kind, document_id, units, status, round(days_overdue) AS days FROM supply_open ORDER BY kind',
    ),
  ).toEqual([
    { kind: 'asn', document_id: 'n1', units: 4, status: 'in_transit', days: 391 },
    { kind: 'po', document_id: 'p1', units: 6, status: 'issued', days: 390 },
  ]);
  await brand.given(
    event('receipt.closed', { asn_id: 'n1', closed_at: new Date().toISOString() }),
    receipt(10, { po: 'p1', receipt: 'r2' }),
  );
  expect(await brand.rows('SELECT * FROM supply_open')).toEqual([]);
});

test('supplier_variance says which suppliers create variance', async () => {
  const brand = await kpis.given(
    issued(100, { at: 0, po: 'p1', due: 3 * DAY }),
    issued(100, { at: 0, po: 'p2', due: 3 * DAY }),
    receipt(90, { at: 2 * DAY, po: 'p1', receipt: 'r1' }),
    receipt(105, { at: 4 * DAY, po: 'p2', receipt: 'r2' }),
    issued(50, { at: 0, po: 'p3', due: 3 * DAY, supplier: 'bolt' }),
    receipt(50, { at: 3 * DAY, po: 'p3', receipt: 'r3' }),
  );
  const rows = await brand.rows('SELECT * FROM supplier_variance ORDER BY abs_variance DESC');
  // acme: 10 short and 5 over of 200; neither line on time; 48 h and 96 h.
  expect(rows).toMatchObject([
    {
      supplier_id: 'acme',
      sku_id: 'A',
      month: '2026-03-01',
      lines: 2,
      expected: 200,
      received: 195,
      over: 5,
      short: 10,
      abs_variance: 15,
      abs_variance_ratio: 0.075,
      po_lines_due: 2,
      on_time_ratio: 0,
      lead_time_mean_h: 72,
    },
    { supplier_id: 'bolt', abs_variance: 0, on_time_ratio: 1, lead_time_mean_h: 72 },
  ]);
});
