/**
 * The SCMS delivery history to canonical events: a buyer with one node a country. Pure; docs/replay.md
 * says why.
 *
 *   order sent to the vendor ──▶ purchaseorder.issued, due as scheduled
 *   … of unknown date        ──▶ purchaseorder.changed, due as scheduled
 *   delivery                 ──▶ inbound.arrived, receipt.line.received
 *   delivery recorded        ──▶ putaway.completed, receipt.closed
 *
 * Dates have no time of day: each is midnight UTC, so that a delivery on the scheduled day is on time.
 */
import { eventsFrom, slug } from '../events.ts';
import type { FeedEvent } from '../feed.ts';
import type { RowEvents } from '../in-time-order.ts';
import { formatMicros } from '../money.ts';
import type { ScmsItem, ScmsOrderLine } from './catalogue.ts';
import type { ScmsLine } from './rows.ts';

/** Raise it when the same rows would give other events. */
export const SCMS_MAPPING_VERSION = 1;

export const SCMS_SOURCE = 'https://erp.example/scms';
const CURRENCY = 'USD';
/** The file names no bins. */
const LOCATION = 'stock';

const event = eventsFrom(SCMS_SOURCE);

const nodeOf = ({ country }: ScmsLine) => slug(country);
const supplierOf = ({ vendor }: ScmsLine) => slug(vendor);

/** The item master, at the first instant of the file. */
export function mapItems(items: readonly ScmsItem[], time: string): FeedEvent[] {
  return items.map(({ abcClass, lowestPriceMicros, name, sku }) =>
    event(
      'item.upserted',
      { id: `item/${sku}`, time },
      {
        sku_id: sku,
        gtin: '',
        uom: 'PK',
        pack_qty: 1,
        abc_class: abcClass,
        unit_cost: formatMicros(lowestPriceMicros),
        currency: CURRENCY,
        status: 'active',
        description: name.slice(0, 200),
      },
    ),
  );
}

/** First instant that anything is said to have happened. */
export function openedAt(lines: readonly ScmsOrderLine[]): string {
  return lines
    .flatMap(({ line }) => [promiseKnownAt(line), line.deliveredAt])
    .reduce((a, b) => (a < b ? a : b));
}

/** Lines of one delivery: received, put away and closed together. */
export function mapDeliveries(lines: readonly ScmsOrderLine[]): RowEvents[] {
  const deliveries = new Map<string, ScmsOrderLine[]>();
  for (const each of lines) {
    const others = deliveries.get(each.line.receipt);
    if (others === undefined) deliveries.set(each.line.receipt, [each]);
    else others.push(each);
  }
  return [...deliveries.values()].flatMap(mapDelivery);
}

function mapDelivery(lines: readonly ScmsOrderLine[]): RowEvents[] {
  const last = lines.at(-1);
  if (last === undefined) return [];
  // The delivery arrives once; said for each order that it is of.
  const arrivals = lines.filter(
    ({ poId }, index) => lines.findIndex((other) => other.poId === poId) === index,
  );
  const recordedAt = lines.map(({ line }) => line.recordedAt).reduce((a, b) => (a > b ? a : b));
  return [
    ...lines.map(({ line, poId, row, sku }) => ({ row, events: [mapPromise(line, poId, sku)] })),
    ...arrivals.map((each) => ({ row: each.row, events: [mapArrival(each)] })),
    ...lines.map((each) => ({ row: each.row, events: mapReceiptLine(each) })),
    { row: last.row, events: [mapClose(last, recordedAt)] },
  ];
}

/** What was ordered, and for when. */
function mapPromise(line: ScmsLine, poId: string, sku: string): FeedEvent {
  const { id, qty, scheduledAt } = line;
  const order = { po_id: poId, supplier_id: supplierOf(line), node_id: nodeOf(line) };
  const stamp = { time: promiseKnownAt(line), correlationid: line.po };
  if (line.issuedAt === null) {
    return event(
      'purchaseorder.changed',
      { ...stamp, id: `restatement/${id}` },
      { ...order, lines: [{ sku_id: sku, qty, due_at: scheduledAt }] },
    );
  }
  return event(
    'purchaseorder.issued',
    { ...stamp, id: `po/${id}` },
    {
      ...order,
      currency: CURRENCY,
      lines: [{ sku_id: sku, qty, due_at: scheduledAt, unit_cost: formatMicros(line.priceMicros) }],
    },
  );
}

/** When the order was issued; of unknown date, the last instant by which its promise was known. */
function promiseKnownAt({ deliveredAt, issuedAt, scheduledAt }: ScmsLine): string {
  return issuedAt ?? (scheduledAt < deliveredAt ? scheduledAt : deliveredAt);
}

function mapArrival({ line, poId }: ScmsOrderLine): FeedEvent {
  return event(
    'inbound.arrived',
    { id: `arrival/${line.receipt}/${poId}`, time: line.deliveredAt, correlationid: line.po },
    {
      po_id: poId,
      supplier_id: supplierOf(line),
      node_id: nodeOf(line),
      dock_at: line.deliveredAt,
    },
  );
}

function mapReceiptLine({ line, poId, sku }: ScmsOrderLine): FeedEvent[] {
  const { deliveredAt, id, po, qty, receipt, recordedAt } = line;
  const node_id = nodeOf(line);
  return [
    event(
      'receipt.line.received',
      { id: `receipt/${id}`, time: deliveredAt, correlationid: po },
      {
        receipt_id: receipt,
        po_id: poId,
        supplier_id: supplierOf(line),
        sku_id: sku,
        node_id,
        qty_received: qty,
        condition_code: 'good',
      },
    ),
    event(
      'putaway.completed',
      { id: `putaway/${id}`, time: recordedAt, correlationid: po },
      { receipt_id: receipt, sku_id: sku, node_id, location_id: LOCATION, qty },
    ),
  ];
}

function mapClose({ line }: ScmsOrderLine, recordedAt: string): FeedEvent {
  return event(
    'receipt.closed',
    { id: `close/${line.receipt}`, time: recordedAt, correlationid: line.po },
    {
      receipt_id: line.receipt,
      supplier_id: supplierOf(line),
      node_id: nodeOf(line),
      closed_at: recordedAt,
    },
  );
}
