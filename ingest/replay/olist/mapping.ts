/**
 * Olist's orders to canonical events: one marketplace, one node. Pure; docs/replay.md says why.
 *
 *   purchase ──▶ order.created      approval ──▶ order.released
 *   carrier  ──▶ order.line.allocated, shipment.dispatched
 *   delivery ──▶ shipment.delivered
 *   canceled, unavailable ──▶ order.cancelled, right after the last that is known of the order
 *
 * The file names neither goods nor amounts: an order is one unit of one stand-in article at price 0.
 * A carrier date before the approval, or a delivery without a carrier date, is sent as it is.
 */
import { eventsFrom } from '../events.ts';
import type { FeedEvent } from '../feed.ts';
import { isGivenUp, type OlistOrder, type OlistSkipReason } from './rows.ts';

/** Raise it when the same rows would give other events. */
export const OLIST_MAPPING_VERSION = 1;

export const OLIST_SOURCE = 'https://marketplace.example/olist';
const NODE = 'olist-br';
const CHANNEL = 'marketplace';
const SKU = 'olist-order';
const LINE = '1';

const event = eventsFrom(OLIST_SOURCE);

/** Stock of the stand-in article: as many units as the file says left, at midnight of the first day. */
export function mapOpening(orders: readonly OlistOrder[]): FeedEvent[] {
  const units = orders.filter(({ carrierAt }) => carrierAt !== '').length;
  if (units === 0) return [];
  const first = orders.flatMap(eventTimes).reduce((a, b) => (a < b ? a : b));
  return [
    event(
      'inventory.adjusted',
      { id: 'opening', time: `${first.slice(0, 10)}T00:00:00Z` },
      {
        adjustment_id: 'opening',
        sku_id: SKU,
        node_id: NODE,
        state: 'available',
        qty_delta: units,
        reason_code: 'opening_balance',
        raw_code: 'opening',
        actor: 'replay',
      },
    ),
  ];
}

/** Events of one order, in the order of its life; their times are the file's, in whatever order. */
export function mapOrder(order: OlistOrder): FeedEvent[] {
  const { approvedAt, carrierAt, deliveredAt, orderId, promisedAt, purchasedAt } = order;
  const stamp = (name: string, time: string) => ({
    id: `${name}/${orderId}`,
    time,
    correlationid: orderId,
  });
  const events: FeedEvent[] = [
    event('order.created', stamp('order', purchasedAt), {
      order_id: orderId,
      channel_id: CHANNEL,
      sla_class: 'standard',
      ordered_at: purchasedAt,
      // The file promises no dispatch: it may be as late as the delivery that is promised.
      ship_by: promisedAt,
      deliver_by: promisedAt,
      currency: 'BRL',
      region: 'BR',
      node_id: NODE,
      customer_ref: order.customer,
      lines: [{ line_id: LINE, sku_id: SKU, qty: 1, unit_price: '0.00' }],
    }),
  ];
  if (approvedAt !== '') {
    events.push(
      event('order.released', stamp('release', approvedAt), {
        order_id: orderId,
        node_id: NODE,
        checks: { payment: 'pass', fraud: 'skipped', address: 'skipped', stock: 'skipped' },
        actor: 'olist',
      }),
    );
  }
  if (carrierAt !== '') {
    events.push(
      event('order.line.allocated', stamp('allocation', carrierAt), {
        order_id: orderId,
        line_id: LINE,
        sku_id: SKU,
        node_id: NODE,
        qty: 1,
      }),
      event('shipment.dispatched', stamp('shipment', carrierAt), {
        shipment_id: orderId,
        order_id: orderId,
        node_id: NODE,
        carrier: 'unknown',
        service: 'unknown',
        shipped_at: carrierAt,
        lines: [{ line_id: LINE, sku_id: SKU, qty: 1 }],
      }),
    );
  }
  if (deliveredAt !== '') {
    events.push(
      event('shipment.delivered', stamp('delivery', deliveredAt), {
        shipment_id: orderId,
        order_id: orderId,
        delivered_at: deliveredAt,
      }),
    );
  }
  if (isGivenUp(order)) {
    const last = eventTimes(order).reduce((a, b) => (a > b ? a : b));
    const unavailable = order.status === 'unavailable';
    events.push(
      event('order.cancelled', stamp('cancellation', last), {
        order_id: orderId,
        initiator: unavailable ? 'seller' : 'customer',
        reason: order.status,
        lines: [{ line_id: LINE, sku_id: SKU, qty: 1 }],
      }),
    );
  }
  return events;
}

/** What a status says happened, and the row gives no date for: it becomes no event. */
export function missingDates({ carrierAt, deliveredAt, status }: OlistOrder): OlistSkipReason[] {
  if (status === 'delivered' && deliveredAt === '') return ['delivered_without_a_date'];
  if (status === 'shipped' && carrierAt === '') return ['shipped_without_a_date'];
  return [];
}

function eventTimes({ approvedAt, carrierAt, deliveredAt, purchasedAt }: OlistOrder): string[] {
  return [purchasedAt, approvedAt, carrierAt, deliveredAt].filter((time) => time !== '');
}
