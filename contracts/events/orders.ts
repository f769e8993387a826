/** Orders, shipments, returns and refunds (REFERENCE §3.3). */
import { Type } from 'typebox';
import {
  amount,
  currency,
  instant,
  key,
  oneOf,
  optional,
  qty,
  qtyOrZero,
  ref,
  text,
} from '../fields.ts';
import { PHYSICAL_STATES, STOCK_STATES } from '../states.ts';
import { document, fact } from './define.ts';

const order_id = key('Order');
const line_id = key('Line within the order');
const sku_id = key('Stock keeping unit');
const node_id = key('Node that fulfils');
const channel_id = key('Sales channel');
const shipment_id = key('Shipment');
const rma_id = key('Return authorisation');
const CHECK = oneOf(['pass', 'fail', 'skipped', 'overridden'], 'Outcome of a release check');

export const ORDER_EVENTS = {
  'order.created': document('O', 'An order was accepted by a channel', {
    header: {
      order_id,
      channel_id,
      sla_class: oneOf(['same_day', 'standard', 'wholesale'], 'Service class of the promise'),
      ordered_at: instant('When the customer ordered'),
      ship_by: instant('Promised dispatch'),
      deliver_by: instant('Promised delivery'),
      currency: currency(),
      region: ref('Destination region'),
      node_id: optional(key('Node that the whole order is sourced to')),
      customer_ref: optional(ref('Pseudonymous customer')),
    },
    lineType: 'order.line.created',
    line: {
      line_id,
      sku_id,
      qty: qty('Ordered'),
      unit_price: amount('Price of one unit'),
      node_id: optional(key('Node that the line is sourced to')),
      reservation_id: optional(key('Soft reservation that this line converts')),
      requires_stock: optional(
        Type.Boolean({ description: 'False for services and charges; true when absent' }),
      ),
    },
    shared: [
      'order_id',
      'channel_id',
      'sla_class',
      'ordered_at',
      'ship_by',
      'deliver_by',
      'currency',
      'region',
      'node_id',
    ],
  }),
  'order.changed': document('O', 'Lines of an order changed after acceptance', {
    header: { order_id, reason: ref('Why it changed'), ship_by: optional(instant('New promise')) },
    lineType: 'order.line.changed',
    line: { line_id, sku_id: optional(sku_id), qty: qtyOrZero('Ordered after the change') },
    shared: ['order_id', 'reason'],
  }),
  'order.cancelled': document('O', 'Lines of an order were cancelled', {
    header: {
      order_id,
      initiator: oneOf(['customer', 'seller', 'system'], 'Who cancelled'),
      reason: ref('Why'),
    },
    lineType: 'order.line.cancelled',
    line: { line_id, sku_id: optional(sku_id), qty: qty('Cancelled') },
    shared: ['order_id', 'initiator', 'reason'],
  }),
  'order.hold.placed': fact('O', 'An order was put on hold', {
    order_id,
    hold_id: key('Hold'),
    hold_type: oneOf(['payment', 'fraud', 'address', 'stock', 'customer', 'other'], 'Kind of hold'),
    reason: ref('Why'),
    actor: ref('Who'),
  }),
  'order.hold.cleared': fact('O', 'A hold was lifted', {
    order_id,
    hold_id: key('Hold'),
    hold_type: oneOf(['payment', 'fraud', 'address', 'stock', 'customer', 'other'], 'Kind of hold'),
    reason: ref('Why'),
    actor: ref('Who'),
  }),
  'order.released': fact('O', 'An order was released to a node for fulfilment', {
    order_id,
    node_id,
    checks: Type.Object(
      { payment: CHECK, fraud: CHECK, address: CHECK, stock: CHECK },
      { additionalProperties: false, description: 'Release checks' },
    ),
    actor: ref('Who released'),
  }),
  'order.line.allocated': fact('S', 'Stock was hard-reserved for an order line', {
    order_id,
    line_id,
    sku_id,
    node_id,
    qty: qty('Allocated'),
  }),
  'order.line.deallocated': fact('S', 'A hard reservation was given back', {
    order_id,
    line_id,
    sku_id,
    node_id,
    qty: qty('Given back'),
  }),
  'order.line.backordered': fact('O', 'A line waits for stock', {
    order_id,
    line_id,
    sku_id: optional(sku_id),
    qty: qty('Backordered'),
    expected_at: instant('When stock is expected'),
  }),
  'pack.completed': document('O', 'Picked goods were packed into a carton', {
    header: {
      order_id: optional(order_id),
      node_id: optional(node_id),
      carton_id: key('Carton (SSCC)'),
      weight_g: Type.Integer({ description: 'Weight (grams)', minimum: 0, maximum: 100_000_000 }),
    },
    lineType: 'pack.line.completed',
    line: {
      order_id: optional(order_id),
      line_id,
      sku_id: optional(sku_id),
      qty: qty('Packed'),
    },
    shared: ['order_id', 'node_id', 'carton_id'],
  }),
  'shipment.dispatched': document('H', 'A shipment left the node', {
    header: {
      shipment_id,
      order_id: optional(order_id),
      node_id,
      carrier: ref('Carrier'),
      service: ref('Carrier service'),
      freight_cost: optional(amount('Freight')),
      currency: optional(currency()),
      shipped_at: instant('When it left'),
      rtv: optional(Type.Boolean({ description: 'True for a return to vendor' })),
    },
    lineType: 'shipment.line.dispatched',
    line: {
      order_id: optional(order_id),
      line_id: optional(line_id),
      sku_id,
      qty: qty('Shipped'),
    },
    shared: ['shipment_id', 'order_id', 'node_id', 'shipped_at', 'rtv'],
  }),
  'shipment.voided': fact('H', 'A dispatch was undone', {
    shipment_id,
    reason: ref('Why'),
    order_id: optional(order_id),
  }),
  'shipment.tracking.updated': fact('H', 'The carrier reported a status', {
    shipment_id,
    order_id: optional(order_id),
    status: oneOf(
      ['label_created', 'picked_up', 'in_transit', 'out_for_delivery', 'exception', 'returned'],
      'Normalised status',
    ),
    raw_status: ref("The carrier's own status"),
    eta_at: optional(instant('Expected delivery')),
    location: optional(ref('Where')),
  }),
  'shipment.delivered': fact('H', 'The carrier delivered', {
    shipment_id,
    order_id: optional(order_id),
    delivered_at: instant('When'),
  }),
  'return.authorized': document('R', 'A return was authorised', {
    header: { rma_id, order_id, reason: ref('Why') },
    lineType: 'return.line.authorized',
    line: { line_id: optional(line_id), sku_id, qty: qty('To come back') },
    shared: ['rma_id', 'order_id', 'reason'],
  }),
  'return.received': fact('R', 'Returned goods arrived', {
    rma_id: optional(rma_id),
    order_id: optional(order_id),
    line_id: optional(line_id),
    shipment_id: optional(key('Shipment that was refused or came back undelivered')),
    sku_id,
    node_id,
    qty: qty('Received'),
    received_at: instant('When'),
  }),
  'return.dispositioned': fact('R', 'It was decided what becomes of returned goods', {
    rma_id: optional(rma_id),
    order_id: optional(order_id),
    sku_id,
    node_id,
    disposition: oneOf(
      ['restocked', 'not_restocked', 'processing_required', 'missing'],
      'Disposition',
    ),
    grade: optional(ref('Condition grade')),
    qty: qty('Dispositioned'),
    to_state: oneOf(STOCK_STATES, 'State that the goods go to'),
  }),
  'refund.issued': fact('R', 'Money went back to the customer', {
    refund_id: key('Refund'),
    order_id,
    rma_id: optional(rma_id),
    line_id: optional(line_id),
    sku_id: optional(sku_id),
    qty: optional(qtyOrZero('Units that the refund is for')),
    amount: amount('Refunded'),
    currency: optional(currency()),
    issued_at: instant('When'),
  }),
  'cost.recorded': fact('O', 'A cost that belongs to an order was recorded', {
    order_id: optional(order_id),
    node_id: optional(node_id),
    cost_type: oneOf(['L1', 'L2', 'L3', 'L4', 'L5', 'L6', 'L7', 'L8'], 'Leakage component'),
    amount: amount('Cost'),
    currency: optional(currency()),
    ref: ref('Invoice or document'),
    note: optional(text('Remark')),
  }),
} as const;

/** States that a person or a WMS can name in a state change. */
export const NAMED_STATES = [...PHYSICAL_STATES, 'lost', 'scrapped'] as const;
