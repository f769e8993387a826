/** Purchase orders, inbound and receipts (REFERENCE §3.3). */
import { amount, currency, instant, key, oneOf, optional, qty, qtyOrZero, ref } from '../fields.ts';
import { document, fact } from './define.ts';

const po_id = key('Purchase order');
const asn_id = key('Advance ship notice');
const supplier_id = key('Supplier');
const node_id = key('Node that receives');
const sku_id = key('Stock keeping unit');
const receipt_id = key('Receipt');

/** X12 944 W1303 (element 412) in words; the raw code stands beside it. */
export const CONDITION_CODES = ['good', 'inspect', 'damaged', 'hold', 'rejected'] as const;

export const SUPPLY_EVENTS = {
  'purchaseorder.issued': document('P', 'A purchase order was sent to a supplier', {
    header: { po_id, supplier_id, node_id, currency: optional(currency()) },
    lineType: 'purchaseorder.line.issued',
    line: {
      sku_id,
      qty: qty('Ordered'),
      due_at: instant('Due at the dock'),
      unit_cost: optional(amount('Cost of one unit')),
    },
    shared: ['po_id', 'supplier_id', 'node_id'],
  }),
  'purchaseorder.changed': document('P', 'Lines of a purchase order changed', {
    header: { po_id, supplier_id: optional(supplier_id), node_id: optional(node_id) },
    lineType: 'purchaseorder.line.changed',
    line: {
      sku_id,
      qty: qtyOrZero('Ordered after the change'),
      due_at: instant('Due at the dock'),
    },
    shared: ['po_id', 'supplier_id', 'node_id'],
  }),
  'purchaseorder.acknowledged': document('P', 'The supplier answered a purchase order', {
    header: {
      po_id,
      supplier_id: optional(supplier_id),
      status: oneOf(['accepted', 'changed', 'rejected'], 'Answer'),
    },
    lineType: 'purchaseorder.line.acknowledged',
    line: { sku_id, qty: qtyOrZero('Promised'), promised_at: instant('Promised at the dock') },
    shared: ['po_id', 'supplier_id', 'status'],
  }),
  'asn.received': document('P', 'A supplier or depositor announced goods under way', {
    header: {
      asn_id,
      po_id: optional(po_id),
      supplier_id: optional(supplier_id),
      node_id,
      eta_at: instant('Expected at the dock'),
    },
    lineType: 'asn.line.received',
    line: { sku_id, qty: qty('Under way') },
    shared: ['asn_id', 'po_id', 'supplier_id', 'node_id', 'eta_at'],
  }),
  'inbound.eta.changed': fact('P', 'The expected arrival changed', {
    asn_id,
    supplier_id: optional(supplier_id),
    eta_at: instant('Expected at the dock'),
    reason: ref('Why'),
  }),
  'inbound.arrived': fact('P', 'Goods reached the dock', {
    asn_id: optional(asn_id),
    po_id: optional(po_id),
    supplier_id: optional(supplier_id),
    node_id: optional(node_id),
    dock_at: instant('When'),
  }),
  'receipt.line.received': fact('P', 'Goods were received', {
    receipt_id,
    po_id: optional(po_id),
    asn_id: optional(asn_id),
    supplier_id: optional(supplier_id),
    sku_id,
    node_id,
    qty_expected: optional(qtyOrZero('Expected')),
    qty_received: qtyOrZero('Received'),
    condition_code: oneOf(CONDITION_CODES, 'Condition; decides the state that the goods enter'),
    raw_code: optional(ref('The partner’s own code, such as X12 944 W1303')),
  }),
  'receipt.closed': fact('P', 'A receipt was closed', {
    receipt_id,
    po_id: optional(po_id),
    asn_id: optional(asn_id),
    supplier_id: optional(supplier_id),
    node_id: optional(node_id),
    closed_at: instant('When'),
  }),
  'putaway.completed': fact('S', 'Received goods were put into a bin', {
    receipt_id: optional(receipt_id),
    sku_id,
    node_id,
    location_id: ref('Bin'),
    qty: qty('Put away'),
  }),
  'quality.inspected': fact('S', 'Goods were inspected', {
    receipt_id: optional(receipt_id),
    sku_id,
    node_id,
    qty_pass: qtyOrZero('Passed: to available'),
    qty_fail: qtyOrZero('Failed'),
    fail_state: optional(
      oneOf(['on_hold', 'damaged', 'rtv_pending'], 'Where failed goods go; on_hold when absent'),
    ),
    defect_code: ref('What was wrong, or none'),
  }),
} as const;
