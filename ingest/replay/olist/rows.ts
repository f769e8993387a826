/** One line of Olist's orders: read and checked. Pure; docs/replay.md has the rules in words. */

export const OLIST_CSV = {
  title: 'Olist orders',
  columns: [
    'order_id',
    'customer_id',
    'order_status',
    'order_purchase_timestamp',
    'order_approved_at',
    'order_delivered_carrier_date',
    'order_delivered_customer_date',
    'order_estimated_delivery_date',
  ] as const,
};
export type OlistRecord = Readonly<Record<(typeof OLIST_CSV.columns)[number], string>>;

/** Statuses that end an order without a delivery. */
const GIVEN_UP = ['canceled', 'unavailable'] as const;
const STATUSES = [
  ...GIVEN_UP,
  'created',
  'approved',
  'invoiced',
  'processing',
  'shipped',
  'delivered',
] as const;
export type OlistStatus = (typeof STATUSES)[number];

/** Times are RFC 3339, '' where the file has none. */
export interface OlistOrder {
  readonly orderId: string;
  readonly customer: string;
  readonly status: OlistStatus;
  readonly purchasedAt: string;
  readonly approvedAt: string;
  readonly carrierAt: string;
  readonly deliveredAt: string;
  readonly promisedAt: string;
}

export type OlistSkipReason =
  'unreadable_row' | 'repeated_order' | 'delivered_without_a_date' | 'shipped_without_a_date';

/** Order ids and customers are hexadecimal digests. */
const ID = /^[0-9a-zA-Z_-]{1,60}$/;
const DATE = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/;

/** A checked row, or null when a field that must be there cannot be read. */
export function readOlistOrder(record: OlistRecord): OlistOrder | null {
  const order = {
    orderId: record.order_id.trim(),
    customer: record.customer_id.trim(),
    status: STATUSES.find((status) => status === record.order_status),
    purchasedAt: instantOf(record.order_purchase_timestamp),
    approvedAt: instantOf(record.order_approved_at),
    carrierAt: instantOf(record.order_delivered_carrier_date),
    deliveredAt: instantOf(record.order_delivered_customer_date),
    promisedAt: instantOf(record.order_estimated_delivery_date),
  };
  const { approvedAt, carrierAt, deliveredAt, promisedAt, purchasedAt, status } = order;
  if (!ID.test(order.orderId) || !ID.test(order.customer) || status === undefined) return null;
  if (purchasedAt === null || purchasedAt === '' || promisedAt === null || promisedAt === '') {
    return null;
  }
  if (approvedAt === null || carrierAt === null || deliveredAt === null) return null;
  return { ...order, status, purchasedAt, approvedAt, carrierAt, deliveredAt, promisedAt };
}

export function isGivenUp({ status }: OlistOrder): boolean {
  return GIVEN_UP.some((ended) => ended === status);
}

/** RFC 3339 of a local time, taken as UTC; '' of none, null of what is no time. */
function instantOf(text: string): string | null {
  if (text === '') return '';
  const match = DATE.exec(text);
  if (match === null) return null;
  const instant = `${match[1]}T${match[2]}Z`;
  return Number.isNaN(Date.parse(instant)) ? null : instant;
}
