/** Events after the sale, as tests of returns and refunds tell them. Times are minutes after T0. */
import type { InputDataOf } from '../../contracts/events.ts';
import { at as instant, event, type Given } from './given.ts';

export const DAY = 1_440;
type Envelope = Omit<Given, 'name' | 'data'>;

/** Order o1 of `qty` units at a price. */
export const ordered = (
  { order = 'o1', price = '10', qty = 2, sku = 'MUG', ...more }: Ordered = {},
  envelope: Envelope = { at: 0 },
) =>
  event(
    'order.created',
    {
      order_id: order,
      ...more,
      lines: [{ line_id: 'l1', sku_id: sku, qty, unit_price: price, node_id: 'dc-1' }],
    },
    envelope,
  );

interface Ordered extends Partial<Omit<InputDataOf<'order.created'>, 'order_id' | 'lines'>> {
  readonly order?: string;
  readonly price?: string;
  readonly qty?: number;
  readonly sku?: string;
}

/** It leaves dc-1. */
export const shipped = (
  at: number,
  { order = 'o1', qty = 2, shipment = 's1', sku = 'MUG', ...more }: Shipped = {},
  envelope: Envelope = {},
) =>
  event(
    'shipment.dispatched',
    {
      shipment_id: shipment,
      order_id: order,
      node_id: 'dc-1',
      shipped_at: instant(at),
      ...more,
      lines: [{ line_id: 'l1', sku_id: sku, qty }],
    },
    { at, ...envelope },
  );

interface Shipped extends Partial<Omit<InputDataOf<'shipment.dispatched'>, 'order_id' | 'lines'>> {
  readonly order?: string;
  readonly qty?: number;
  readonly shipment?: string;
  readonly sku?: string;
}

export const authorised = (
  at: number,
  { order = 'o1', qty = 1, reason = 'too small', rma = 'r1', sku = 'MUG' } = {},
  envelope: Envelope = {},
) =>
  event(
    'return.authorized',
    { rma_id: rma, order_id: order, reason, lines: [{ sku_id: sku, qty }] },
    { at, ...envelope },
  );

export const received = (
  at: number,
  data: Partial<InputDataOf<'return.received'>> = { rma_id: 'r1' },
  envelope: Envelope = {},
) =>
  event(
    'return.received',
    { sku_id: 'MUG', node_id: 'dc-1', qty: 1, received_at: instant(at), ...data },
    { at, ...envelope },
  );

export const decided = (
  at: number,
  data: Partial<InputDataOf<'return.dispositioned'>> = {},
  envelope: Envelope = {},
) =>
  event(
    'return.dispositioned',
    { rma_id: 'r1', sku_id: 'MUG', node_id: 'dc-1', qty: 1, to_state: 'available', ...data },
    { at, ...envelope },
  );

export const refunded = (
  at: number,
  data: Partial<InputDataOf<'refund.issued'>> = {},
  envelope: Envelope = {},
) =>
  event(
    'refund.issued',
    { refund_id: 'f1', order_id: 'o1', amount: '10', issued_at: instant(at), ...data },
    { at, ...envelope },
  );

export const costing = (sku: string, unitCost: string) =>
  event(
    'item.upserted',
    {
      ...{ sku_id: sku, gtin: '', uom: 'EA', pack_qty: 1, abc_class: 'A', status: 'active' },
      unit_cost: unitCost,
    },
    { at: 0 },
  );

export const recorded = (
  at: number,
  data: Partial<InputDataOf<'cost.recorded'>>,
  envelope: Envelope = {},
) => event('cost.recorded', { ref: 'invoice-1', ...data }, { at, ...envelope });

/** Declares an event wrong. */
export const wrong = (id: string, at: number) =>
  event('event.corrected', { corrects: { source: 'urn:test:wms', id } }, { at });
