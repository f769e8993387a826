/**
 * Orders as people look at them: where they are aging, the list behind a number, and one order whole, from
 * placement to refund. Shared by the API that serves them and the dashboard that shows them.
 */
import { Type, type Static } from 'typebox';
import { at, CLOCK, Money, NEXT, nullable } from './answer.ts';
import { oneOf } from './fields.ts';

export const ORDER_STAGES = [
  'created',
  'on_hold',
  'released',
  'allocated',
  'picking',
  'picked',
  'packed',
  'shipped',
  'delivered',
  'cancelled',
] as const;
export const SLA_CLASSES = ['same_day', 'standard', 'wholesale'] as const;
export const ORDER_SORTS = ['promise', 'age', 'value'] as const;
export const ORDER_STATUSES = ['open', 'closed', 'all'] as const;
/** Age in the stage, by service class (REFERENCE §1.5). */
export const AGE_BUCKETS: Readonly<Record<(typeof SLA_CLASSES)[number], readonly string[]>> = {
  same_day: ['0-1 h', '1-2 h', '2-4 h', '4-8 h', '>8 h'],
  standard: ['0-4 h', '4-12 h', '12-24 h', '24-48 h', '>48 h'],
  wholesale: ['0-1 d', '1-2 d', '2-3 d', '3-5 d', '>5 d'],
};

/** `GET /v1/orders/aging`. */
export const OrderAging = Type.Object({
  ...CLOCK,
  cells: Type.Array(
    Type.Object({
      stage: Type.String(),
      sla_class: Type.String(),
      bucket: Type.String({ description: 'Age in the stage' }),
      orders: Type.Integer(),
      late: Type.Integer({ description: 'Orders whose promise is broken' }),
      nearly: Type.Integer({
        description: 'Orders that have used up 80 to 100 % of their promise',
      }),
      value: Type.Array(Money, {
        description: 'What is still to be shipped of them, at its price',
      }),
    }),
    { description: 'Open orders; cells without any are left out' },
  ),
  nodes: Type.Array(Type.String(), { description: 'Nodes that have open orders' }),
  channels: Type.Array(Type.String(), { description: 'Channels that have open orders' }),
});
export type OrderAging = Static<typeof OrderAging>;

export const OrderSummary = Type.Object({
  order_id: Type.String(),
  stage: Type.String(),
  sla_class: Type.String(),
  node_id: Type.String({ description: 'Node, or empty' }),
  channel_id: Type.String(),
  entered_at: at('When it came into its stage'),
  age_h: Type.Number({ description: 'Hours in its stage, on the clock of its service class' }),
  bucket: Type.String(),
  due_at: at('Promised dispatch; once shipped, promised delivery'),
  late: Type.Boolean({ description: 'Its promise is broken' }),
  consumption: nullable(Type.Number({ description: 'Part of the promise that is used up' })),
  paused: Type.Boolean({ description: 'Its clock stands still for a hold of the customer' }),
  lines: Type.Integer(),
  open_units: Type.Integer({ description: 'Units that are neither cancelled nor shipped' }),
  value: Money,
});
export type OrderSummary = Static<typeof OrderSummary>;

/** `GET /v1/orders`. */
export const OrderList = Type.Object({
  ...CLOCK,
  orders: Type.Array(OrderSummary, { description: 'In the order asked for' }),
  ...NEXT,
});
export type OrderList = Static<typeof OrderList>;

const OrderLine = Type.Object({
  line_id: Type.String(),
  sku_id: Type.String(),
  node_id: Type.String(),
  unit_price: Money,
  ordered: Type.Integer({ description: 'Units, after changes' }),
  allocated: Type.Integer({ description: 'Units that were reserved, less those given back' }),
  shipped: Type.Integer(),
  cancelled: Type.Integer(),
  open: Type.Integer(),
  delivered: Type.Integer(),
  returned: Type.Integer(),
  refunded: Type.String({ description: 'Money of refunds that name the SKU (decimal string)' }),
});
export type OrderLine = Static<typeof OrderLine>;

const OrderShipment = Type.Object({
  shipment_id: Type.String(),
  node_id: Type.String(),
  carrier: Type.String(),
  service: Type.String(),
  units: Type.Integer(),
  freight: nullable(Money),
  shipped_at: at('When it left'),
  first_scan_at: nullable(at('When the carrier had it')),
  promised_at: nullable(at('Promised delivery')),
  delivered_at: nullable(at('When it was delivered')),
  voided_at: nullable(at('When the dispatch was undone')),
});
export type OrderShipment = Static<typeof OrderShipment>;

export const ORDER_STEPS = [
  'placed',
  'on_hold',
  'released',
  'allocated',
  'picking',
  'picked',
  'packed',
  'shipped',
  'scanned',
  'delivered',
  'voided',
  'cancelled',
  'return_authorised',
  'return_received',
  'dispositioned',
  'refunded',
] as const;

const OrderStep = Type.Object({
  at: at('When'),
  step: oneOf(ORDER_STEPS, 'What happened'),
  ref: Type.String({ description: 'Shipment, return or refund; or empty' }),
  detail: Type.String({ description: 'In words; or empty' }),
  hours: nullable(Type.Number({ description: 'Hours since the step before; null for the first' })),
  due_at: nullable(at('Promise that it answers')),
  late: Type.Boolean({ description: 'After that promise' }),
});
export type OrderStep = Static<typeof OrderStep>;

/** `GET /v1/orders/{id}`. */
export const OrderDetail = Type.Object({
  ...CLOCK,
  order_id: Type.String(),
  channel_id: Type.String(),
  sla_class: Type.String(),
  node_id: Type.String(),
  region: Type.String(),
  stage: Type.String({ description: 'Where it stands; empty when nothing is known of that' }),
  ordered_at: at('When the customer ordered'),
  ship_due_at: at('Promised dispatch'),
  shipped_at: nullable(at('When the last of it left')),
  deliver_due_at: at('Promised delivery'),
  delivered_at: nullable(at('When the last of it was delivered')),
  cancelled_by: Type.String({
    description: 'Who took it back before anything was shipped; or empty',
  }),
  timeline: Type.Array(OrderStep, { description: 'Oldest first' }),
  lines: Type.Array(OrderLine),
  shipments: Type.Array(OrderShipment),
  returns: Type.Array(
    Type.Object({
      rma_id: Type.String(),
      sku_id: Type.String(),
      reason: Type.String(),
      units: Type.Integer({ description: 'Units received' }),
      pending: Type.Integer({ description: 'Units that are not decided on' }),
      received_at: nullable(at('When')),
      dispositioned_at: nullable(at('When the last was decided on')),
    }),
  ),
  money: Type.Array(
    Type.Object({
      currency: Type.String(),
      ordered: Type.String({ description: 'What was ordered and not cancelled (decimal string)' }),
      shipped: Type.String({ description: 'Value shipped' }),
      refunded: Type.String(),
      kept: Type.String({ description: 'Shipped less refunded' }),
      costs: Type.String({ description: 'Leakage: costs L1 to L8 that name the order' }),
    }),
    { description: 'By currency' },
  ),
});
export type OrderDetail = Static<typeof OrderDetail>;

/** `GET /v1/orders/{id}/events`. */
export const OrderEvents = Type.Object({
  events: Type.Array(
    Type.Object({
      seq: Type.Integer({ description: 'Log sequence' }),
      type: Type.String(),
      time: at('When it happened'),
      source: Type.String(),
      id: Type.String(),
      event: Type.String({ description: 'The whole event as JSON, envelope and data' }),
    }),
    { description: 'In the order of the log' },
  ),
  ...NEXT,
});
export type OrderEvents = Static<typeof OrderEvents>;
