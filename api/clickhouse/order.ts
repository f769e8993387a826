/** One order as ClickHouse has it: what of the signed facts holds now, and the events behind them. */
import type {
  OrderDetail,
  OrderEvents,
  OrderLine,
  OrderShipment,
} from '../../contracts/order-views.ts';
import type { Rows } from '../reads.ts';

const iso = (column: string) => `formatDateTime(${column}, '%FT%T.%fZ', 'UTC')`;

export type OrderRow = Pick<
  OrderDetail,
  | 'channel_id'
  | 'sla_class'
  | 'node_id'
  | 'region'
  | 'ordered_at'
  | 'ship_due_at'
  | 'deliver_due_at'
  | 'shipped_at'
  | 'delivered_at'
  | 'cancelled_by'
>;

/** The order as it is known now; undefined when no fact says anything of it. */
export async function readOrder(rows: Rows, order: string): Promise<OrderRow | undefined> {
  const [row] = await rows<OrderRow>(
    `SELECT
       channel_id, sla_class, node_id, region, cancelled_by,
       ${iso('o.ordered_at')} AS ordered_at,
       ${iso('o.ship_due_at')} AS ship_due_at,
       ${iso('o.deliver_due_at')} AS deliver_due_at,
       ${iso('o.shipped_at')} AS shipped_at,
       ${iso('o.delivered_at')} AS delivered_at
     FROM orders AS o
     WHERE order_id = {order:String}
     GROUP BY channel_id, sla_class, node_id, region, cancelled_by, o.ordered_at, o.ship_due_at,
       o.deliver_due_at, o.shipped_at, o.delivered_at
     HAVING sum(sign) > 0
     ORDER BY max(seq) DESC
     LIMIT 1`,
    { order },
  );
  return row;
}

export interface Stay {
  readonly stage: string;
  readonly at: string;
}

/** Stages that the order came into, oldest first. */
export function readStays(rows: Rows, asked: { order: string; limit: number }): Promise<Stay[]> {
  return rows<Stay>(
    `SELECT DISTINCT stage, ${iso('entered_at')} AS at
     FROM (
       SELECT stage, entered_at
       FROM order_stages
       WHERE order_id = {order:String} AND delta = 1
       GROUP BY stage, entered_at, clock_at, due_at, paused_at, node_id, channel_id, sla_class, calendar
       HAVING sum(sign) > 0
     )
     ORDER BY at
     LIMIT {limit:UInt32}`,
    asked,
  );
}

export type LineRow = Omit<
  OrderLine,
  'unit_price' | 'allocated' | 'returned' | 'refunded' | 'cancelled'
> & { readonly price: string; readonly currency: string; readonly cancelled: number };

export function readLines(rows: Rows, asked: { order: string; limit: number }): Promise<LineRow[]> {
  return rows<LineRow>(
    `SELECT
       line_id, sku_id, node_id, currency, toString(unit_price) AS price, ordered, shipped,
       cancelled_customer + cancelled_seller + cancelled_system AS cancelled, open, delivered
     FROM order_lines
     WHERE order_id = {order:String}
     GROUP BY line_id, sku_id, node_id, currency, unit_price, ordered, shipped, cancelled, open, delivered
     HAVING sum(sign) > 0
     ORDER BY line_id
     LIMIT {limit:UInt32}`,
    asked,
  );
}

export type ShipmentRow = Omit<OrderShipment, 'freight'> & {
  readonly freight: string | null;
  readonly currency: string;
};

/** Shipments of the order with the units of it that are in them, the first one first. */
export function readShipments(
  rows: Rows,
  asked: { order: string; limit: number },
): Promise<ShipmentRow[]> {
  return rows<ShipmentRow>(
    `SELECT
       s.shipment_id AS shipment_id, s.node_id AS node_id, carrier, service, toString(s.freight) AS freight,
       s.currency AS currency, u.units AS units,
       ${iso('s.shipped_at')} AS shipped_at,
       ${iso('first_scan_at')} AS first_scan_at,
       ${iso('promised_at')} AS promised_at,
       ${iso('s.delivered_at')} AS delivered_at,
       ${iso('voided_at')} AS voided_at
     FROM (
       SELECT
         shipment_id, node_id, carrier, service, freight, currency, shipped_at, first_scan_at, promised_at,
         delivered_at, voided_at
       FROM shipments
       WHERE order_id = {order:String}
       GROUP BY ALL
       HAVING sum(sign) > 0
     ) AS s
     LEFT JOIN (
       SELECT shipment_id, sum(l.units * sign) AS units
       FROM shipment_lines AS l
       WHERE order_id = {order:String}
       GROUP BY shipment_id
     ) AS u ON u.shipment_id = s.shipment_id
     ORDER BY s.shipped_at, shipment_id
     LIMIT {limit:UInt32}`,
    asked,
  );
}

export interface ReturnRow {
  readonly rma_id: string;
  readonly line_id: string;
  readonly sku_id: string;
  readonly reason: string;
  readonly units: number;
  readonly pending: number;
  readonly received_at: string | null;
  readonly dispositioned_at: string | null;
}

export function readReturns(
  rows: Rows,
  asked: { order: string; limit: number },
): Promise<ReturnRow[]> {
  return rows<ReturnRow>(
    `SELECT
       rma_id, line_id, sku_id, reason,
       sum(r.qty * sign) AS units,
       sum(r.pending * sign) AS pending,
       ${iso('r.received_at')} AS received_at,
       ${iso('r.dispositioned_at')} AS dispositioned_at
     FROM returns AS r
     WHERE order_id = {order:String}
     GROUP BY rma_id, line_id, sku_id, reason, r.received_at, r.dispositioned_at
     HAVING sum(sign) > 0
     ORDER BY received_at, rma_id, sku_id
     LIMIT {limit:UInt32}`,
    asked,
  );
}

export interface RefundRow {
  readonly refund_id: string;
  readonly sku_id: string;
  /** Decimal string. */
  readonly amount: string;
  readonly currency: string;
  readonly issued_at: string;
}

export function readRefunds(
  rows: Rows,
  asked: { order: string; limit: number },
): Promise<RefundRow[]> {
  return rows<RefundRow>(
    `SELECT refund_id, sku_id, currency, toString(f.amount) AS amount, ${iso('f.issued_at')} AS issued_at
     FROM refunds AS f
     WHERE order_id = {order:String}
     GROUP BY refund_id, sku_id, currency, f.amount, f.issued_at
     HAVING sum(sign) > 0
     ORDER BY f.issued_at, refund_id
     LIMIT {limit:UInt32}`,
    asked,
  );
}

export type MoneyRow = OrderDetail['money'][number];

/** By currency: what the order is worth, what was shipped, refunded and leaked of it. */
export function readMoney(rows: Rows, order: string): Promise<MoneyRow[]> {
  return rows<MoneyRow>(
    `SELECT
       currency,
       toString(sum(worth)) AS ordered,
       toString(sum(out)) AS shipped,
       toString(sum(back)) AS refunded,
       toString(sum(out) - sum(back)) AS kept,
       toString(sum(leak)) AS costs
     FROM (
       SELECT
         currency,
         unit_price * (ordered - cancelled_customer - cancelled_seller - cancelled_system) * sign AS worth,
         toDecimal128(0, 6) AS out, toDecimal128(0, 6) AS back, toDecimal128(0, 6) AS leak
       FROM order_lines WHERE order_id = {order:String}
       UNION ALL
       SELECT currency, 0, shipped, refunded, 0 FROM order_money WHERE order_id = {order:String}
       UNION ALL
       SELECT
         if(c.currency = '', (SELECT any(currency) FROM order_lines WHERE order_id = {order:String}), c.currency),
         0, 0, 0, amount * sign
       FROM costs AS c WHERE order_id = {order:String}
     )
     GROUP BY currency
     ORDER BY currency`,
    { order },
  );
}

export interface NoteRow {
  readonly type: string;
  readonly at: string;
  /** Data of the event as JSON. */
  readonly data: string;
}

/** Events that say what no fact keeps, but for those that were declared wrong; in the order of the log. */
export function readNotes(rows: Rows, asked: { order: string; limit: number }): Promise<NoteRow[]> {
  return rows<NoteRow>(
    `SELECT type, ${iso('time')} AS at, data
     FROM events
     WHERE order_id = {order:String}
       AND type IN (
         'stocktide.order.line.allocated.v1', 'stocktide.order.line.deallocated.v1',
         'stocktide.order.hold.placed.v1', 'stocktide.order.cancelled.v1', 'stocktide.return.authorized.v1'
       )
       AND (toString(source), id) NOT IN (
         SELECT
           JSONExtractString(event, 'data', 'corrects', 'source'),
           JSONExtractString(event, 'data', 'corrects', 'id')
         FROM events WHERE type = 'stocktide.event.corrected.v1'
       )
     ORDER BY seq
     LIMIT 1 BY source, id
     LIMIT {limit:UInt32}`,
    asked,
  );
}

/** Raw events of an order, and of its parcels and returns where they name no order, after a place in the log. */
export function readEvents(
  rows: Rows,
  asked: { order: string; after: number; limit: number },
): Promise<OrderEvents['events']> {
  // Apart, so that each is found by an index of its own: by the order, and by the time since it began.
  return rows(
    `WITH
       begun AS (SELECT min(time) AS at FROM events WHERE order_id = {order:String}),
       parcels AS (SELECT shipment_id FROM shipments WHERE order_id = {order:String}),
       authorisations AS (
         SELECT JSONExtractString(event, 'data', 'rma_id') AS rma_id
         FROM events
         WHERE order_id = {order:String} AND type = 'stocktide.return.authorized.v1'
       )
     SELECT seq, type, ${iso('e.time')} AS time, source, id, event
     FROM (
       SELECT seq, type, time, source, id, event
       FROM events
       WHERE order_id = {order:String} AND seq > {after:UInt64}
       UNION ALL
       SELECT seq, type, time, source, id, event
       FROM events
       WHERE order_id = '' AND seq > {after:UInt64} AND time >= (SELECT at FROM begun)
         AND type IN ('stocktide.shipment.tracking.updated.v1', 'stocktide.shipment.delivered.v1', 'stocktide.shipment.voided.v1')
         AND JSONExtractString(event, 'data', 'shipment_id') IN (SELECT shipment_id FROM parcels)
       UNION ALL
       SELECT seq, type, time, source, id, event
       FROM events
       WHERE order_id = '' AND seq > {after:UInt64} AND time >= (SELECT at FROM begun)
         AND type IN ('stocktide.return.received.v1', 'stocktide.return.dispositioned.v1')
         AND JSONExtractString(event, 'data', 'rma_id') IN (SELECT rma_id FROM authorisations)
     ) AS e
     ORDER BY seq
     LIMIT {limit:UInt32}`,
    asked,
  );
}
