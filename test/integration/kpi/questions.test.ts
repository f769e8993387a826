/**
 * The questions of executives over rows that the test puts into their tables, figures by hand, and over an
 * empty database; and the trace of an order.
 */
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { traceOrder } from '../../../api/clickhouse/trace.ts';
import { KpiCatalogue } from '../../../api/kpi/catalogue.ts';
import { Questions } from '../../../api/kpi/questions.ts';
import { KpiReader } from '../../../api/kpi/reader.ts';
import { KPI_LIMITS } from '../../../api/limits.ts';
import type { SystemView } from '../../../contracts/live.ts';
import { parseQuestion, readQuestions } from '../../../platform/clickhouse/questions.ts';
import { useKpis, type KpiBench } from '../../support/kpi.ts';

const QUESTIONS = readQuestions(fileURLToPath(new URL('../../../sql/questions', import.meta.url)));
const NOW = '2025-03-10T12:00:00.000Z';
const system = {
  at: NOW,
  runtimes: [{ now: NOW, sources: [] }],
} as unknown as SystemView;

const kpis = useKpis();
let brand: KpiBench;
let empty: KpiBench;

function asked(bench: KpiBench) {
  const { client } = bench;
  const shared = { limits: KPI_LIMITS, nowMs: Date.now };
  const reader = new KpiReader({ client, limits: KPI_LIMITS });
  const catalogue = new KpiCatalogue({ kpis: [], reader, system: () => system, ...shared });
  return new Questions({ questions: QUESTIONS, client, catalogue, ...shared });
}
const rowsOf = async (name: string, window: '1d' | '28d' = '28d') =>
  (await asked(brand).answer(name, { window, limit: 10 })).rows;

beforeAll(async () => {
  brand = await kpis.given();
  empty = await kpis.given();
  const insert = (query: string) => brand.client.command({ query });
  // S1: 10 expected, 8 came; 10 expected, 13 came: 5 off of 20. S2: as expected. A row that was taken back.
  await insert(`INSERT INTO receipts (supplier_id, receipt_id, expected, received, rejected, variance, received_at, sign) VALUES
    ('S1', 'r1', 10, 8, 1, -2, '2025-03-09 10:00:00', 1),
    ('S1', 'r2', 10, 13, 0, 3, '2025-03-10 10:00:00', 1),
    ('S2', 'r3', 5, 5, 0, 0, '2025-03-10 10:00:00', 1),
    ('S2', 'r4', 5, 1, 0, -4, '2025-03-10 10:00:00', 1),
    ('S2', 'r4', 5, 1, 0, -4, '2025-03-10 10:00:00', -1)`);
  await insert(`INSERT INTO costs (component, cause, amount, in_house, posted_at, sign) VALUES
    ('L7', 'late shipment', 100, 1, '2025-03-09 10:00:00', 1),
    ('L7', 'late shipment', 50, 1, '2025-03-10 10:00:00', 1),
    ('L7', 'in euros', 900, 0, '2025-03-10 10:00:00', 1),
    ('L2', 'split', 20, 1, '2025-03-10 10:00:00', 1)`);
  // two counts, one 4 short of tolerance; 30 units lost at 2.50.
  await insert(`INSERT INTO floor_events
      (kind, at, node_id, location_id, qty_expected, qty, within_tolerance, unit_cost, costed, leakage, loss_units, reason, sign) VALUES
    ('count', '2025-03-09 10:00:00', 'dc-1', 'A-1', 10, 6, 0, 2.5, 1, '', 0, '', 1),
    ('count', '2025-03-10 10:00:00', 'dc-1', 'A-1', 6, 6, 1, 2.5, 1, '', 0, '', 1),
    ('count', '2025-03-10 10:00:00', 'dc-1', 'A-2', 6, 6, 1, 2.5, 1, '', 0, '', 1),
    ('adjustment', '2025-03-10 10:00:00', 'dc-1', 'A-1', 0, 0, NULL, 2.5, 1, 'L8', 30, 'theft', 1)`);
  await insert(`INSERT INTO findings (finding_id, code, sku_id, units, condition_at) VALUES
    ('f1', 'NEG_INVENTORY', 'MUG', -3, '2025-03-10 10:00:00'),
    ('f2', 'NEG_INVENTORY', 'MUG', -1, '2025-03-10 11:00:00'),
    ('f3', 'FLOW_VIOLATION', 'MUG', 1, '2025-03-10 11:00:00'),
    ('f4', 'FLOW_VIOLATION', 'CUP', 1, '2025-03-10 11:00:00'),
    ('f5', 'FLOW_VIOLATION', 'CUP', 1, '2024-03-10 11:00:00')`);
});

test('which suppliers create inbound variance', async () => {
  expect(await rowsOf('supplier-variance')).toMatchObject([
    { supplier_id: 'S1', lines: 2, over_units: 3, short_units: 2, off_units: 5, off_ratio: 0.25 },
    { supplier_id: 'S2', lines: 1, off_units: 0, off_ratio: 0 },
  ]);
  expect(await rowsOf('supplier-variance', '1d')).toMatchObject([
    { supplier_id: 'S1', lines: 1, off_units: 3, off_ratio: 0.3, rejected_units: 0 },
    { supplier_id: 'S2' },
  ]);
});

test('where margin leaks, and by which cause', async () => {
  expect(await rowsOf('margin-leakage')).toMatchObject([
    { component: 'L7', what: 'Penalties', cause: 'late shipment', leakage_money: 150, costs: 2 },
    { component: 'L8', what: 'Shrinkage', cause: 'theft', leakage_money: 75, costs: 1 },
    { component: 'L2', what: 'Split shipments', leakage_money: 20 },
  ]);
});

test('which locations have recurring count issues', async () => {
  expect(await rowsOf('location-count-issues')).toMatchObject([
    {
      ...{ location_id: 'A-1', counts: 2, counts_out_of_tolerance: 1, out_of_tolerance_ratio: 0.5 },
      ...{ net_variance_units: -4, abs_variance_units: 4 },
      last_count_at: '2025-03-10T10:00:00.000Z',
    },
  ]);
});

test('which SKUs generate most exceptions', async () => {
  expect(await rowsOf('sku-exceptions')).toMatchObject([
    { sku_id: 'MUG', exceptions: 3, codes: 'NEG_INVENTORY 2, FLOW_VIOLATION 1', units: 5 },
    { sku_id: 'CUP', exceptions: 1 },
  ]);
});

test('where orders are aging, as of the end of the window', async () => {
  await brand.client.command({
    query: `INSERT INTO order_stages (order_id, stage, delta, at, entered_at, clock_at, due_at, sla_class, sign) VALUES
    ('o1', 'created', 1, '2025-03-10 06:00:00', '2025-03-10 06:00:00', '2025-03-10 06:00:00', '2025-03-10 10:00:00', 'standard', 1),
    ('o2', 'packed', 1, '2025-03-10 11:00:00', '2025-03-10 11:00:00', '2025-03-10 08:00:00', '2025-03-11 08:00:00', 'standard', 1)`,
  });
  expect(await rowsOf('order-aging')).toMatchObject([
    // Six hours in its stage at 12:00, two beyond its promise.
    { stage: 'created', bucket: '4-12 h', orders: 1, over_promise_orders: 1, oldest_hours: 6 },
    { stage: 'packed', bucket: '0-4 h', orders: 1, over_promise_orders: 0, oldest_hours: 1 },
  ]);
});

test('an order is traced from its first event', async () => {
  const shop = await kpis.given();
  await shop.client.command({
    query: `INSERT INTO events (seq, source, id, type, time, order_id, event) VALUES
    (1, 'urn:shop', 'e1', 'stocktide.order.created.v1', '2025-03-10 10:00:00', 'o-1', '{"data":{}}'),
    (2, 'urn:shop', 'e2', 'stocktide.order.cancelled.v1', '2025-03-10 11:00:00', 'o-1', '{"data":{}}'),
    (3, 'urn:shop', 'e3', 'stocktide.order.created.v1', '2025-03-10 11:00:00', 'o-3', '{"data":{}}')`,
  });
  const trace = await traceOrder(shop.client, 'o-1');
  expect(trace).toMatchObject({ ref: 'o-1', cut: false });
  expect(trace.entries).toMatchObject([
    { seq: 1, kind: 'event', what: 'order.created', event_id: 'e1' },
    { seq: 2, kind: 'event', what: 'order.cancelled', event_id: 'e2' },
  ]);
  expect(Date.parse(trace.entries[0]?.at ?? '')).toBe(Date.parse('2025-03-10T10:00:00Z'));
  expect((await traceOrder(shop.client, 'o-2')).entries).toEqual([]);
});

test('every question can be asked of an empty database', async () => {
  const questions = asked(empty);
  expect(questions.list().length).toBeGreaterThanOrEqual(5);
  for (const { name } of questions.list()) {
    const { columns, rows } = await questions.answer(name, { window: '7d', limit: 10 });
    expect(rows, name).toEqual([]);
    expect(columns.length, name).toBeGreaterThan(3);
  }
});

test('an unknown question is told which there are', () => {
  expect(() => asked(empty).answer('why', { limit: 1 })).toThrow(
    expect.objectContaining({
      problem: expect.objectContaining({ status: 404, field: 'name', value: 'why' }) as unknown,
    }),
  );
});

test('a file that is not well-formed names itself and what is wrong', () => {
  const text = '-- question: Why?\n-- row: a cause\n-- needs: order\n-- lineage: events\n';
  expect(() => parseQuestion(`${text}SELECT 1`, 'why')).toThrow(
    'sql/questions/why.sql: the SELECT',
  );
  expect(() => parseQuestion('-- row: a\nSELECT {limit:UInt32}', 'why')).toThrow('lacks question');
});
