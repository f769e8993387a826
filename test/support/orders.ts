/** Orders as tests tell them: what happens to one, at minutes after T0. */
import { at as instant, event, type Given } from './given.ts';

export interface LineGiven {
  readonly sku: string;
  readonly qty: number;
  readonly price?: string;
  readonly goods?: boolean;
}

export interface OrderGiven {
  readonly at?: number;
  readonly shipBy?: number;
  readonly deliverBy?: number;
  readonly channel?: string;
  readonly sla?: 'same_day' | 'standard' | 'wholesale';
  readonly node?: string;
  readonly currency?: string;
  readonly id?: string;
}

/** An order of lines; each has its key as its line id. */
export function placed(
  order_id: string,
  lines: Readonly<Record<string, LineGiven>>,
  given: OrderGiven = {},
): Given {
  const { at = 0, channel = 'web', currency = 'EUR', deliverBy = 4_320, shipBy = 1_440 } = given;
  return event(
    'order.created',
    {
      order_id,
      channel_id: channel,
      sla_class: given.sla ?? 'standard',
      ordered_at: instant(at),
      ship_by: instant(shipBy),
      deliver_by: instant(deliverBy),
      currency,
      region: 'DE',
      ...(given.node === undefined ? {} : { node_id: given.node }),
      lines: Object.entries(lines).map(([line_id, { goods, price = '10', qty, sku }]) => ({
        ...{ line_id, sku_id: sku, qty, unit_price: price },
        ...(goods === undefined ? {} : { requires_stock: goods }),
      })),
    },
    { at, ...(given.id === undefined ? {} : { id: given.id }) },
  );
}

/** Units of lines, as `{ line: units }`. */
export type Units = Readonly<Record<string, number>>;
const SKU = 'MUG';
const linesOf = (units: Units) =>
  Object.entries(units).map(([line_id, qty]) => ({ line_id, sku_id: SKU, qty }));

export interface ShippedGiven {
  readonly at: number;
  readonly carrier?: string;
  readonly freight?: string;
  readonly id?: string;
}

export const shipped = (
  order_id: string,
  shipment_id: string,
  units: Units,
  { at, carrier = 'dhl', freight, id }: ShippedGiven,
): Given =>
  event(
    'shipment.dispatched',
    {
      ...{ shipment_id, order_id, carrier, node_id: 'dc-1', service: 'ground' },
      shipped_at: instant(at),
      ...(freight === undefined ? {} : { freight_cost: freight }),
      lines: linesOf(units),
    },
    { at, ...(id === undefined ? {} : { id }) },
  );

export const scanned = (shipment_id: string, at: number): Given =>
  event(
    'shipment.tracking.updated',
    { shipment_id, status: 'picked_up', raw_status: 'PU' },
    { at },
  );

export const delivered = (shipment_id: string, at: number): Given =>
  event('shipment.delivered', { shipment_id, delivered_at: instant(at) }, { at });

export const voided = (shipment_id: string, at: number): Given =>
  event('shipment.voided', { shipment_id }, { at });

export const cancelled = (
  order_id: string,
  units: Units,
  given: { at: number; by?: 'customer' | 'seller' | 'system'; reason?: string },
): Given =>
  event(
    'order.cancelled',
    {
      order_id,
      initiator: given.by ?? 'customer',
      reason: given.reason ?? 'changed mind',
      lines: linesOf(units),
    },
    { at: given.at },
  );

export const changed = (
  order_id: string,
  units: Units,
  { at, shipBy }: { at: number; shipBy?: number },
): Given =>
  event(
    'order.changed',
    {
      order_id,
      reason: 'customer asked',
      lines: linesOf(units),
      ...(shipBy === undefined ? {} : { ship_by: instant(shipBy) }),
    },
    { at },
  );

export const held = (
  order_id: string,
  at: number,
  hold_type: 'payment' | 'fraud' | 'address' | 'customer' = 'customer',
  hold_id = 'H1',
): Given =>
  event('order.hold.placed', { order_id, hold_id, hold_type, reason: 'r', actor: 'a' }, { at });

export const freed = (order_id: string, at: number, hold_id = 'H1'): Given =>
  event(
    'order.hold.cleared',
    { order_id, hold_id, hold_type: 'other', reason: 'r', actor: 'a' },
    { at },
  );

type Check = 'pass' | 'fail' | 'skipped' | 'overridden';
export const released = (order_id: string, at: number, fraud: Check = 'pass'): Given =>
  event(
    'order.released',
    {
      order_id,
      node_id: 'dc-1',
      checks: { payment: 'pass', fraud, address: 'pass', stock: 'pass' },
      actor: 'oms',
    },
    { at },
  );

const onLine = (order_id: string, line_id: string) =>
  ({ order_id, line_id, sku_id: SKU, node_id: 'dc-1' }) as const;

export const allocated = (order: string, line: string, qty: number, at: number): Given =>
  event('order.line.allocated', { ...onLine(order, line), qty }, { at });

export const deallocated = (order: string, line: string, qty: number, at: number): Given =>
  event('order.line.deallocated', { ...onLine(order, line), qty }, { at });

export const backordered = (order_id: string, line_id: string, qty: number, at: number): Given =>
  event(
    'order.line.backordered',
    { order_id, line_id, qty, expected_at: instant(at + 1_440) },
    { at },
  );

export const pickStarted = (order_id: string, at: number): Given =>
  event('pick.started', { task_id: 't1', node_id: 'dc-1', order_id }, { at });

export const picked = (order: string, line: string, qty: number, at: number): Given =>
  event(
    'pick.completed',
    { ...onLine(order, line), qty_requested: Math.max(1, qty), qty_picked: qty },
    { at },
  );

export const packed = (order_id: string, units: Units, at: number): Given =>
  event('pack.completed', { order_id, node_id: 'dc-1', lines: linesOf(units) }, { at });

export const claimed = (order_id: string, line_id: string, reason: string, at: number): Given =>
  event(
    'return.authorized',
    { rma_id: `R-${order_id}`, order_id, reason, lines: [{ line_id, sku_id: SKU, qty: 1 }] },
    { at },
  );
