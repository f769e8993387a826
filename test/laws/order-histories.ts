/**
 * Anything that may be reported of two orders that share shipments, true or not: each report has its own
 * minute, so that the order in which things happened is always known, whatever the order of arrival.
 */
import fc from 'fast-check';
import { T0, event, logMessages, type Given } from '../support/given.ts';
import {
  allocated,
  backordered,
  cancelled,
  changed,
  claimed,
  deallocated,
  delivered,
  freed,
  held,
  packed,
  picked,
  pickStarted,
  placed,
  released,
  scanned,
  shipped,
  voided,
} from '../support/orders.ts';

/** Minutes from one report to the next. */
const STEP = 37;
/** When everything has been reported (minutes after T0). */
export const REPORTED = 40 * STEP;

const order = fc.constantFrom('A', 'B');
const line = fc.constantFrom('1', '2', '3');
const parcel = fc.constantFrom('S1', 'S2', 'S3');
const qty = fc.integer({ min: 1, max: 4 });

type Told = (at: number) => Given;
const told = <T extends unknown[]>(parts: { [K in keyof T]: fc.Arbitrary<T[K]> }) => ({
  by: (tell: (at: number, ...values: T) => Given): fc.Arbitrary<Told> =>
    fc.tuple(...parts).map((values) => (at: number) => tell(at, ...(values as T))),
});

const initiator = fc.constantFrom('customer', 'seller', 'system');
const reason = fc.constantFrom('changed mind', 'out of stock');
const hold = fc.constantFrom('customer', 'fraud', 'payment');

/** Dispatched without saying of which line. */
const looseDispatch = (at: number, order_id: string, shipment_id: string, units: number): Given => {
  const { data, ...rest } = shipped(order_id, shipment_id, {}, { at });
  return { ...rest, data: { ...data, lines: [{ sku_id: 'MUG', qty: units }] } };
};

const report: fc.Arbitrary<Told> = fc.oneof(
  told<[string, string, number]>([order, line, qty]).by((at, id, one, units) =>
    allocated(id, one, units, at),
  ),
  told<[string, string, number]>([order, line, qty]).by((at, id, one, units) =>
    picked(id, one, units, at),
  ),
  told<[string, string, number]>([order, line, qty]).by((at, id, one, units) =>
    packed(id, { [one]: units }, at),
  ),
  told<[string, string, string, number, number]>([order, parcel, line, qty, qty]).by(
    (at, id, one, of, units, more) =>
      shipped(id, one, of === '3' ? { 3: units } : { [of]: units, 3: more }, {
        at,
        freight: '4.9',
      }),
  ),
  told<[string, string, number]>([order, parcel, qty]).by(looseDispatch),
  told<[string, string, number, 'customer' | 'seller' | 'system', string]>([
    order,
    line,
    qty,
    initiator,
    reason,
  ]).by((at, id, one, units, by, why) => cancelled(id, { [one]: units }, { at, by, reason: why })),
  told<[string, string, number]>([order, line, qty]).by((at, id, one, units) =>
    changed(id, { [one]: units }, { at }),
  ),
  told<[string, string, number]>([order, line, fc.nat({ max: 2_000 })]).by((at, id, one, later) =>
    changed(id, { [one]: 2 }, { at, shipBy: at + later }),
  ),
  told<[string, string, number]>([order, line, qty]).by((at, id, one, units) =>
    backordered(id, one, units, at),
  ),
  told<[string, string, number]>([order, line, qty]).by((at, id, one, units) =>
    deallocated(id, one, units, at),
  ),
  told<[string, 'customer' | 'fraud' | 'payment', string]>([
    order,
    hold,
    fc.constantFrom('H1', 'H2'),
  ]).by((at, id, type, which) => held(id, at, type, which)),
  told<[string, string]>([order, fc.constantFrom('H1', 'H2')]).by((at, id, which) =>
    freed(id, at, which),
  ),
  told<[string]>([order]).by((at, id) => released(id, at)),
  told<[string]>([order]).by((at, id) => pickStarted(id, at)),
  told<[string]>([parcel]).by((at, id) => voided(id, at)),
  told<[string]>([parcel]).by((at, id) => scanned(id, at)),
  told<[string]>([parcel]).by((at, id) => delivered(id, at)),
  told<[string]>([order]).by((at, id) => claimed(id, '1', 'damaged', at)),
);

const goods = (units: number) => ({ sku: 'MUG', qty: units, price: '2.5' });
const placement = (id: string, sla: 'standard' | 'wholesale') =>
  placed(
    id,
    { 1: goods(2), 2: goods(3), 3: goods(1), 4: { sku: 'POSTAGE', qty: 1, goods: false } },
    { sla, at: 0, shipBy: 600, deliverBy: 900 },
  );

/** Reports in the order in which they happened, each with an id of its own. */
export const orderHistory: fc.Arbitrary<Given[]> = fc
  .tuple(
    fc.array(report, { minLength: 1, maxLength: 36 }),
    fc.constantFrom('standard', 'wholesale'),
  )
  .map(([reports, sla]) =>
    [
      placement('A', 'standard'),
      placement('B', sla),
      ...reports.map((tell, index) => tell((index + 1) * STEP)),
    ].map((one, index) => ({ ...one, id: `r${index}` })),
  );

/** The messages of the log that the door makes of events. */
export const messagesOf = (events: readonly Given[]) =>
  events.flatMap((one) =>
    logMessages(one, { id: one.id ?? '', nowMs: T0 + (one.at ?? 0) * 60_000 }),
  );

/** Another order of the same things, as the choices have it. */
export function shuffled<T>(items: readonly T[], choices: readonly number[]): T[] {
  return items
    .map((item, index) => ({ item, place: choices[index % choices.length] ?? 0 }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** An event is declared wrong. */
export const takenBack = (wrong: Given, at: number): Given =>
  event(
    'event.corrected',
    {
      corrects: { source: 'urn:test:wms', id: wrong.id ?? '' },
      reason: 'did_not_occur',
      corrective_ids: [],
    },
    { at, id: 'taken-back' },
  );
