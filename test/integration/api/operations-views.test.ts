/** Suppliers, the floor and returns as the API answers about them: real reducers, the real engine. */
import { expect, test } from 'vitest';
import { FloorDesk } from '../../../api/floor/desk.ts';
import { ReturnDesk } from '../../../api/returns/desk.ts';
import { SupplierDesk } from '../../../api/suppliers/desk.ts';
import { EVERYWHERE } from '../../../platform/access/identity.ts';
import { caseRecord } from '../../support/cases.ts';
import {
  claim,
  counted,
  item,
  locationError,
  pick,
  scanFailed,
  worked,
} from '../../support/floor.ts';
import { at as instant } from '../../support/given.ts';
import { useKpis } from '../../support/kpi.ts';
import {
  authorised,
  DAY,
  decided,
  ordered,
  received,
  refunded,
  shipped,
} from '../../support/returned.ts';
import { changed, issued, notice, receipt, wrong } from '../../support/supply.ts';
import { deskParts } from '../../support/views.ts';

const kpis = useKpis();

test('suppliers: a scorecard each, the one with most overdue value first', async () => {
  const brand = await kpis.given(
    item('A', '2.50', {}, { at: 0 }),
    // acme: p1 came whole after two days, p2 came three days late and ten short, p3 has not come.
    issued(100, { po: 'p1', due: 3 * DAY, at: 0 }),
    issued(100, { po: 'p2', due: 2 * DAY, at: 0 }),
    issued(40, { po: 'p3', due: 4 * DAY, at: 0 }),
    notice(100, { po: 'p1', asn: 'n1', eta: 2 * DAY, at: DAY }),
    notice(95, { po: 'p2', asn: 'n2', eta: 5 * DAY, at: DAY }),
    receipt(100, { po: 'p1', asn: 'n1', receipt: 'r1', at: 2 * DAY }),
    receipt(90, {
      po: 'p2',
      asn: 'n2',
      receipt: 'r2',
      at: 5 * DAY,
      condition: 'damaged',
      id: 'r2',
    }),
    // bolt: everything is well.
    issued(10, { po: 'p9', supplier: 'bolt', due: 5 * DAY, at: 5 * DAY - 60 }),
    receipt(10, { po: 'p9', supplier: 'bolt', receipt: 'r9', at: 5 * DAY }),
  );
  const drift = caseRecord('SUPPLIER_VARIANCE_TREND/supplier/acme/1', {
    ...{ code: 'SUPPLIER_VARIANCE_TREND', entity: 'supplier/acme', supplierId: 'acme' },
    parameters: { level: 0.02 },
    statistic: { name: 'cusum_short', value: 6, expected: 0, limit: 5 },
  });
  const desk = new SupplierDesk(deskParts(brand, { minute: 6 * DAY, cases: [drift] }));
  const { suppliers, window } = await desk.list('28d');
  expect(suppliers.map(({ supplier_id }) => supplier_id)).toEqual(['acme', 'bolt']);
  expect(window.steps).toHaveLength(28);
  expect(suppliers[0]).toMatchObject({
    // p1 in time, p2 and p3 not; of 240 units only the 100 of p1 by their due date.
    ...{ po_lines_due: 3, on_time: expect.closeTo(1 / 3, 6) as number },
    in_full: expect.closeTo(100 / 240, 6) as number,
    // n1 as announced; n2 five short of the 195 that were expected in all.
    ...{ receipt_units: 195, variance: expect.closeTo(5 / 195, 6) as number },
    ...{ asn_lines: 1, asn_accuracy: 1 },
    defects: expect.closeTo(90 / 190, 6) as number,
    lead_time: { count: 2, mean_d: 3.5, cv: expect.closeTo(Math.sqrt(4.5) / 3.5, 6) as number },
    // 40 of p3 and the ten that p2 lacks, at 2.50.
    ...{ open_pos: 2, open_units: 50, overdue_pos: 2, overdue_units: 50, overdue_value: '125' },
    cases: 1,
  });
  expect(suppliers[1]).toMatchObject({ on_time: 1, variance: 0, overdue_value: '0', cases: 0 });
  expect(suppliers[0]?.variance_series.filter((value) => value !== null)).toEqual([
    0,
    expect.closeTo(5 / 95, 6),
  ]);

  const acme = await desk.detail('acme', '28d');
  expect(acme.lead_times.filter(({ lines }) => lines > 0)).toEqual([
    { from_d: 2, to_d: 2.25, lines: 1 },
    { from_d: 5, to_d: 5.25, lines: 1 },
  ]);
  expect(acme.drift).toMatchObject({ case_id: drift.caseId, level: 0.02, statistic: { limit: 5 } });
  await expect(desk.detail('nobody', '28d')).rejects.toMatchObject({ problem: { status: 404 } });

  const lines = await desk.poLines('acme', { status: 'all', limit: 2 });
  expect(lines.lines).toMatchObject([
    { po_id: 'p3', open: 40, overdue: true, on_time: false },
    { po_id: 'p1', open: 0, overdue: false, on_time: true },
  ]);
  const rest = await desk.poLines('acme', {
    status: 'all',
    limit: 2,
    cursor: lines.next_cursor ?? '',
  });
  expect(rest).toMatchObject({ lines: [{ po_id: 'p2', received: 90 }], next_cursor: null });
  expect((await desk.poLines('acme', { status: 'open', limit: 9 })).lines).toMatchObject([
    { po_id: 'p2', open: 10 },
    { po_id: 'p3', due_at: expect.stringContaining(instant(4 * DAY).slice(0, 19)) as string },
  ]);

  const newest = await desk.receipts('acme', { limit: 1 });
  expect(newest.receipts).toMatchObject([
    { receipt_id: 'r2', expected: 95, variance: -5, rejected: 90 },
  ]);
  const older = await desk.receipts('acme', { limit: 1, cursor: newest.next_cursor ?? '' });
  expect(older).toMatchObject({ receipts: [{ receipt_id: 'r1', variance: 0 }], next_cursor: null });

  // What never happened is gone everywhere, and what is not ordered any more is not overdue.
  await brand.given(wrong('r2', { at: 6 * DAY }), changed(0, { po: 'p3', at: 6 * DAY }));
  const later = await new SupplierDesk(deskParts(brand, { minute: 6 * DAY + 1 })).list('28d');
  expect(later.suppliers[0]).toMatchObject({ overdue_units: 100, receipt_units: 100, cases: 0 });
});

test('floor: bins with their trouble, shorts by SKU, work by step', async () => {
  const brand = await kpis.given(
    item('A', '1', {}, { at: 0 }),
    pick({ asked: 5, picked: 5 }, { location_id: 'A01-01-1', task_id: 'x1' }, { at: 10 }),
    pick(
      { asked: 5, picked: 2 },
      { location_id: 'A01-01-1', task_id: 'x2', line_id: '2' },
      { at: 20 },
    ),
    pick(
      { asked: 4, picked: 3 },
      { location_id: 'A01-02-1', task_id: 'x3', line_id: '3', sku_id: 'B' },
      { at: 70 },
    ),
    worked(30, {}, { at: 5 }),
    counted({ book: 10, counted: 7 }, { count_id: 'k1', location_id: 'A01-01-1' }, { at: 80 }),
    counted(
      { book: 10, counted: 10 },
      { count_id: 'k2', location_id: 'A02-01-1' },
      { at: 90, id: 'k2' },
    ),
    locationError({ location_id: 'A01-01-1' }, { at: 95 }),
    scanFailed({ location_id: 'A02-01-1' }, { at: 96 }),
    // Of another node, of yesterday, and of nobody's bin.
    pick({ asked: 1, picked: 1 }, { node_id: 'dc-2', task_id: 'x4' }, { at: 30 }),
    claim({}, { at: 97 }),
  );
  const bin = { locationId: 'A01-01-1' };
  const cases = [
    caseRecord('LOCATION_ERROR/1', { ...bin, nodeId: 'dc' }),
    caseRecord('elsewhere', { ...bin, nodeId: 'dc-2' }),
    caseRecord('of no bin', { nodeId: 'dc' }),
  ];
  const desk = new FloorDesk(deskParts(brand, { minute: 120, cases }));
  const floor = await desk.view({ window: '1d', scope: EVERYWHERE });
  expect(floor).toMatchObject({ node_id: 'dc', nodes: ['dc', 'dc-2'], locations_left_out: 0 });
  expect(floor.totals).toEqual({
    ...{ pick_lines: 3, short_lines: 2, units_picked: 10, picking_hours: 0.5 },
    ...{ counts: 2, counts_confirmed: 1, bins_picked: 2, bins_picked_counted: 1 },
  });
  expect(floor.locations).toMatchObject([
    {
      ...{ location_id: 'A01-01-1', picks: 2, short_picks: 1, short_units: 3, location_errors: 1 },
      ...{ counts: 1, counts_off: 1, net_variance: -3, abs_variance: 3 },
      last_count_at: expect.stringContaining(instant(80).slice(0, 19)) as string,
    },
    { location_id: 'A01-02-1', picks: 1, short_units: 1, counts: 0, last_count_at: null },
    { location_id: 'A02-01-1', picks: 0, counts: 1, counts_off: 0, failed_scans: 1 },
  ]);
  expect(floor.shorts_by_sku).toEqual([
    { sku_id: 'A', lines: 2, short_lines: 1, short_units: 3, locations: ['A01-01-1'] },
    { sku_id: 'B', lines: 1, short_lines: 1, short_units: 1, locations: ['A01-02-1'] },
  ]);
  // Steps of an hour that end now: two picks in the last hour but one, the rest in the last.
  expect(floor.series.pick_lines.slice(-2)).toEqual([2, 1]);
  expect(floor.series.short_rate.slice(-2)).toEqual([0.5, 1]);
  expect(floor.series.units_per_hour.slice(-2)).toEqual([14, null]);
  expect(floor.series.accuracy.slice(-2)).toEqual([null, 0.5]);
  expect(floor.cases).toMatchObject([{ case_id: 'LOCATION_ERROR/1', location_id: 'A01-01-1' }]);

  const other = await desk.view({ node_id: 'dc-2', window: '1d', scope: EVERYWHERE });
  expect(other.totals).toMatchObject({ pick_lines: 1, counts: 0 });
  const limited = { nodes: ['dc-2'], channels: null };
  const own = await desk.view({ window: '1d', scope: limited });
  expect(own).toMatchObject({ node_id: 'dc-2', nodes: ['dc-2'], totals: other.totals });
  const outside = desk.view({ node_id: 'dc', window: '1d', scope: limited });
  await expect(outside).rejects.toThrow('does not reach to node dc');
  await brand.given(wrong('k2', { at: 121 }));
  const later = await new FloorDesk(deskParts(brand, { minute: 121 })).view({
    ...{ window: '1d', scope: EVERYWHERE },
  });
  expect(later.totals).toMatchObject({ counts: 1, counts_confirmed: 0 });
});

test('a floor where nothing ever happened says so', async () => {
  const brand = await kpis.given();
  const floor = await new FloorDesk(deskParts(brand, { minute: 0 })).view({
    ...{ window: '1h', scope: EVERYWHERE },
  });
  expect(floor).toMatchObject({ node_id: null, nodes: [], locations: [], cases: [] });
  expect(new Set(floor.series.pick_lines)).toEqual(new Set([null]));
  const suppliers = new SupplierDesk(deskParts(brand, { minute: 0 }));
  expect((await suppliers.list('1d')).suppliers).toEqual([]);
  const { cycle, money, open } = await new ReturnDesk(deskParts(brand, { minute: 0 })).overview({
    window: '7d',
  });
  expect({ open, owed: money.owed }).toEqual({ open: [], owed: '0' });
  expect(new Set(cycle.p50_h)).toEqual(new Set([null]));
});

test('returns: what waits where, how long, what became of it, and the money', async () => {
  const now = 10 * DAY;
  const sold = (order: string, price: string) => [
    ordered({ order, price, qty: 2 }, { at: 0 }),
    shipped(60, { order, shipment: `s-${order}`, qty: 2 }),
  ];
  const brand = await kpis.given(
    ...sold('o1', '10'),
    ...sold('o2', '20'),
    ...sold('o3', '30'),
    // o1: two are to come, one has, four days ago, and nobody has decided on it.
    authorised(5 * DAY, { order: 'o1', rma: 'r1', qty: 2, reason: 'too small' }),
    received(6 * DAY, { rma_id: 'r1', order_id: 'o1', qty: 1 }),
    // o2: decided on after six hours; a part of its money is still owed.
    authorised(5 * DAY, { order: 'o2', rma: 'r2', reason: 'damaged' }),
    received(9 * DAY, { rma_id: 'r2', order_id: 'o2', qty: 1 }),
    decided(9 * DAY + 360, { rma_id: 'r2', order_id: 'o2', to_state: 'damaged' }),
    refunded(9 * DAY + 400, { refund_id: 'f2', order_id: 'o2', rma_id: 'r2', amount: '15' }),
    // o3: over.
    authorised(5 * DAY, { order: 'o3', rma: 'r3', reason: 'too small' }, { id: 'auth-3' }),
    received(8 * DAY, { rma_id: 'r3', order_id: 'o3', qty: 1 }),
    decided(8 * DAY + 1_200, { rma_id: 'r3', order_id: 'o3' }),
    refunded(9 * DAY, { refund_id: 'f3', order_id: 'o3', rma_id: 'r3', amount: '30' }),
    // An authorisation that never was.
    authorised(7 * DAY, { order: 'o3', rma: 'r4' }, { id: 'slip' }),
    wrong('slip/line/1', { at: 7 * DAY }),
    wrong('slip', { at: 7 * DAY }),
  );
  const desk = new ReturnDesk(deskParts(brand, { minute: now }));
  const view = await desk.overview({ window: '28d' });
  expect(view.open).toEqual([
    { stage: 'authorised', bucket: '3-7 d', returns: 1, units: 1, amount: '0' },
    { stage: 'received', bucket: '3-7 d', returns: 1, units: 1, amount: '10' },
    { stage: 'refund', bucket: '1-2 d', returns: 1, units: 1, amount: '5' },
  ]);
  expect(view.cycle.p50_h.filter((value) => value !== null)).toEqual([20, 6]);
  expect(view.outcomes).toEqual([
    { outcome: 'back to stock', units: 1 },
    { outcome: 'damaged', units: 1 },
    { outcome: 'not decided', units: 1 },
  ]);
  expect(view.reasons).toEqual([
    { reason: 'too small', units: 2, amount: '40' },
    { reason: 'damaged', units: 1, amount: '20' },
  ]);
  expect(view.money).toMatchObject({ received: '60', refunded: '45', owed: '5' });
  expect(view.nodes).toEqual(['dc-1']);

  const ask = async (question: Partial<Parameters<ReturnDesk['list']>[0]>) =>
    (await desk.list({ sort: 'age', limit: 50, ...question })).returns.map(
      ({ rma_id, stage }) => `${stage} ${rma_id}`,
    );
  expect(await ask({})).toEqual(['authorised r1', 'received r1', 'refund r2']);
  expect(await ask({ sort: 'amount' })).toEqual(['received r1', 'refund r2', 'authorised r1']);
  expect(await ask({ stage: 'refund', bucket: '1-2 d' })).toEqual(['refund r2']);
  expect(await ask({ q: 'R2' })).toEqual(['refund r2']);
  expect(await ask({ node_id: 'dc-1' })).toEqual(['received r1', 'refund r2']);
  const first = await desk.list({ sort: 'amount', limit: 1 });
  const rest = await desk.list({ sort: 'amount', limit: 5, cursor: first.next_cursor ?? '' });
  expect(rest.returns.map(({ stage }) => stage)).toEqual(['refund', 'authorised']);
  expect(rest.next_cursor).toBeNull();
});
