/**
 * A minimal valid event of every type: what the catalogue shows, docs and OpenAPI quote, and tests begin
 * with. Together they tell one story, of a blue mug from its purchase order to a return.
 */
import type { ProducerEvent } from '../../contracts/envelope.ts';
import { TYPE_PREFIX, TYPE_SUFFIX } from '../../contracts/envelope.ts';
import type { InputDataOf, InputType } from '../../contracts/events.ts';

type Examples = { readonly [T in InputType]: { source: string; data: InputDataOf<T> } };

const SHOP = 'https://shop.example';
const OMS = 'https://oms.example';
const WMS = 'https://wms.example/dc-01';
const ERP = 'https://erp.example';
const SUPPLIER = 'https://edi.example/potteries';
const CARRIER = 'https://carrier.example';
const RETURNS = 'https://returns.example';
const STOCKTIDE = 'urn:stocktide:example';

const TIME = '2025-03-01T10:15:00Z';
const LATER = '2025-03-04T16:00:00Z';

const sku = { sku_id: 'MUG-BLUE' };
const at = { ...sku, node_id: 'dc-01' };
const order = { order_id: 'SO-1001' };
const line = { ...order, line_id: '1' };
const pick = { task_id: 'T-77', ...line, ...at, location_id: 'A-12-3' };
const shift = { shift_id: 'early', worker_pseudo_id: 'w-5f3a' };
const hold = { ...order, hold_id: 'H-1', hold_type: 'fraud' as const, actor: 'risk-desk' };
const exception = { exception_id: 'EX-1', code: 'OVERSELL', entity: 'sku/MUG-BLUE' };

const EXAMPLES: Examples = {
  'order.created': {
    source: SHOP,
    data: {
      ...order,
      channel_id: 'web',
      sla_class: 'standard',
      ordered_at: TIME,
      ship_by: '2025-03-02T16:00:00Z',
      deliver_by: LATER,
      currency: 'EUR',
      region: 'DE-BE',
      lines: [{ line_id: '1', ...sku, qty: 2, unit_price: '12.50' }],
    },
  },
  'order.changed': {
    source: OMS,
    data: { ...order, reason: 'customer asked for one more', lines: [{ line_id: '1', qty: 3 }] },
  },
  'order.cancelled': {
    source: OMS,
    data: {
      ...order,
      initiator: 'customer',
      reason: 'ordered twice',
      lines: [{ line_id: '1', qty: 1 }],
    },
  },
  'order.hold.placed': { source: OMS, data: { ...hold, reason: 'score above limit' } },
  'order.hold.cleared': { source: OMS, data: { ...hold, reason: 'customer was called' } },
  'order.released': {
    source: OMS,
    data: {
      ...order,
      node_id: 'dc-01',
      checks: { payment: 'pass', fraud: 'overridden', address: 'pass', stock: 'pass' },
      actor: 'oms',
    },
  },
  'order.line.allocated': { source: OMS, data: { ...line, ...at, qty: 2 } },
  'order.line.deallocated': { source: OMS, data: { ...line, ...at, qty: 1 } },
  'order.line.backordered': { source: OMS, data: { ...line, qty: 1, expected_at: LATER } },
  'pack.completed': {
    source: WMS,
    data: { carton_id: '340000000000000017', weight_g: 850, lines: [{ line_id: '1', qty: 2 }] },
  },
  'shipment.dispatched': {
    source: WMS,
    data: {
      shipment_id: 'SH-501',
      node_id: 'dc-01',
      carrier: 'parcel-one',
      service: 'standard',
      shipped_at: TIME,
      lines: [{ ...sku, qty: 2 }],
    },
  },
  'shipment.voided': { source: WMS, data: { shipment_id: 'SH-501', reason: 'wrong label' } },
  'shipment.tracking.updated': {
    source: CARRIER,
    data: { shipment_id: 'SH-501', status: 'in_transit', raw_status: 'HUB-2' },
  },
  'shipment.delivered': {
    source: CARRIER,
    data: { shipment_id: 'SH-501', delivered_at: TIME },
  },
  'return.authorized': {
    source: RETURNS,
    data: { rma_id: 'RMA-9', ...order, reason: 'chipped', lines: [{ ...sku, qty: 1 }] },
  },
  'return.received': { source: WMS, data: { ...at, qty: 1, received_at: TIME } },
  'return.dispositioned': {
    source: WMS,
    data: { ...at, disposition: 'not_restocked', qty: 1, to_state: 'damaged' },
  },
  'refund.issued': {
    source: ERP,
    data: { refund_id: 'RF-3', ...order, amount: '12.50', issued_at: TIME },
  },
  'cost.recorded': {
    source: ERP,
    data: { cost_type: 'L1', amount: '4.90', ref: 'INV-2025-118' },
  },

  'reservation.created': {
    source: SHOP,
    data: {
      reservation_id: 'CART-88',
      ...sku,
      channel_id: 'web',
      qty: 1,
      expires_at: '2025-03-01T10:30:00Z',
    },
  },
  'reservation.released': { source: SHOP, data: { reservation_id: 'CART-88', ...sku } },
  'reservation.expired': { source: SHOP, data: { reservation_id: 'CART-88', ...sku } },
  'channel.availability.published': {
    source: OMS,
    data: { ...sku, channel_id: 'web', qty: 40, computed_at: TIME },
  },
  'pick.started': { source: WMS, data: { task_id: 'T-77', node_id: 'dc-01' } },
  'pick.completed': { source: WMS, data: { ...pick, qty_requested: 2, qty_picked: 2, ...shift } },
  'pick.shorted': {
    source: WMS,
    data: {
      ...pick,
      qty_requested: 2,
      qty_picked: 1,
      qty_short: 1,
      reason: 'bin empty',
      ...shift,
    },
  },
  'inventory.adjusted': {
    source: WMS,
    data: {
      adjustment_id: 'ADJ-1',
      ...at,
      state: 'available',
      qty_delta: -2,
      reason_code: 'shrinkage',
      raw_code: '06',
      actor: 'u17',
    },
  },
  'inventory.state.changed': {
    source: WMS,
    data: { ...at, from_state: 'available', to_state: 'on_hold', qty: 1, reason: 'recall check' },
  },
  'inventory.moved': {
    source: WMS,
    data: { ...at, from_location: 'A-12-3', to_location: 'B-01-1', qty: 5 },
  },
  'inventory.counted': {
    source: WMS,
    data: {
      count_id: 'CC-31',
      ...at,
      location_id: 'A-12-3',
      qty_book: 20,
      qty_counted: 19,
      count_type: 'cycle',
      blind: true,
    },
  },
  'inventory.snapshot.recorded': {
    source: WMS,
    data: { snapshot_id: 'SNAP-1', as_of: TIME, ...at, state: 'available', qty: 100 },
  },
  'inventory.snapshot.completed': {
    source: WMS,
    data: {
      snapshot_id: 'SNAP-1',
      scope: 'partial',
      as_of: TIME,
      row_count: 1,
      control_total: 100,
    },
  },
  'location.error.recorded': {
    source: WMS,
    data: { node_id: 'dc-01', location_id: 'A-12-3', error_type: 'empty', task_id: 'T-77' },
  },
  'scan.failed': {
    source: WMS,
    data: {
      node_id: 'dc-01',
      location_id: 'A-12-3',
      raw_barcode: '40063813339',
      failure: 'check_digit',
    },
  },
  'labour.recorded': {
    source: WMS,
    data: { node_id: 'dc-01', ...shift, process: 'picking', minutes: 240, started_at: TIME },
  },
  'item.upserted': {
    source: ERP,
    data: {
      ...sku,
      gtin: '04006381333931',
      uom: 'EA',
      pack_qty: 6,
      abc_class: 'A',
      unit_cost: '4.20',
      status: 'active',
    },
  },

  'purchaseorder.issued': {
    source: ERP,
    data: {
      po_id: 'PO-200',
      supplier_id: 'potteries',
      node_id: 'dc-01',
      lines: [{ ...sku, qty: 120, due_at: LATER }],
    },
  },
  'purchaseorder.changed': {
    source: ERP,
    data: { po_id: 'PO-200', lines: [{ ...sku, qty: 100, due_at: LATER }] },
  },
  'purchaseorder.acknowledged': {
    source: SUPPLIER,
    data: {
      po_id: 'PO-200',
      status: 'accepted',
      lines: [{ ...sku, qty: 100, promised_at: LATER }],
    },
  },
  'asn.received': {
    source: SUPPLIER,
    data: { asn_id: 'ASN-7', node_id: 'dc-01', eta_at: LATER, lines: [{ ...sku, qty: 100 }] },
  },
  'inbound.eta.changed': {
    source: CARRIER,
    data: { asn_id: 'ASN-7', eta_at: LATER, reason: 'port closed' },
  },
  'inbound.arrived': { source: WMS, data: { asn_id: 'ASN-7', dock_at: TIME } },
  'receipt.line.received': {
    source: WMS,
    data: { receipt_id: 'RC-15', ...at, qty_received: 98, condition_code: 'good' },
  },
  'receipt.closed': { source: WMS, data: { receipt_id: 'RC-15', closed_at: TIME } },
  'putaway.completed': { source: WMS, data: { ...at, location_id: 'A-12-3', qty: 98 } },
  'quality.inspected': {
    source: WMS,
    data: { ...at, qty_pass: 9, qty_fail: 1, defect_code: 'chipped' },
  },

  'clock.ticked': { source: STOCKTIDE, data: { tick: TIME, clock: 'live' } },
  'policy.set': {
    source: OMS,
    data: {
      policy: 'safety_stock',
      scope: at,
      value: { units: 10 },
      actor: 'planner',
      reason: 'spring peak',
    },
  },
  'finding.cleared': {
    source: STOCKTIDE,
    data: {
      finding_id: 'NEG_INVENTORY/MUG-BLUE/dc-01/available/812',
      processor: 'stock',
      code: 'NEG_INVENTORY',
      entity: 'sku/MUG-BLUE/node/dc-01',
      cleared_at: LATER,
      detail: 'available is 4 units again',
    },
  },
  'model.trained': {
    source: STOCKTIDE,
    data: {
      model_id: 'shrinkage-2026-03-01-5f9c1c02',
      purpose: 'shrinkage',
      sha256: '5f9c1c02'.repeat(8),
      size_bytes: 1_204_331,
      features: ['losses', 'loss_cost_log', 'picks_log'],
      rows: 14_000,
      seed: 1,
      trained_from: '2026-02-01T00:00:00Z',
      trained_to: '2026-03-01T00:00:00Z',
      actor: 'training',
      reason: 'weekly retraining',
    },
  },
  'case.commanded': {
    source: STOCKTIDE,
    data: {
      command: 'resolve',
      case_id: 'NEG_INVENTORY/sku/MUG-BLUE/node/dc-01/1',
      actor: 'ana',
      root_cause: 'MISSING_EVENT',
      resolution: 'the receipt of the morning was sent again',
    },
  },
  'finding.raised': {
    source: STOCKTIDE,
    data: {
      finding_id: 'stock/NEG_INVENTORY/MUG-BLUE/dc-01/1',
      processor: 'stock',
      code: 'NEG_INVENTORY',
      entity: 'sku/MUG-BLUE/node/dc-01',
      condition_at: TIME,
      detail: 'available fell to -1',
      evidence: [{ source: WMS, id: 'adj-1' }],
    },
  },
  'feed.heartbeat': {
    source: WMS,
    data: { feed_id: 'wms-dc-01', last_record_at: TIME, records: 12, expected_next_at: LATER },
  },
  'feed.tallied': {
    source: STOCKTIDE,
    data: {
      ...{ source: WMS, since: TIME, accepted: 97, duplicates: 2, rejected: 1 },
      reasons: { invalid_data: 1 },
    },
  },
  'rejection.settled': {
    source: STOCKTIDE,
    data: {
      ...{ letter: 17, settlement: 'mended', rejected_for: 'invalid_data', rejected_at: TIME },
      ...{ about_source: WMS, about_id: 'adj-1', about_type: 'stocktide.inventory.adjusted.v1' },
      ...{ actor: 'ana', reason: 'the quantity was a word' },
    },
  },
  'event.corrected': {
    source: WMS,
    data: {
      corrects: { source: WMS, id: 'inventory.adjusted-1' },
      reason: 'did_not_occur',
      corrective_ids: [],
    },
  },
  'exception.opened': { source: STOCKTIDE, data: { ...exception, severity: 'SEV2' } },
  'exception.acknowledged': { source: STOCKTIDE, data: exception },
  'exception.resolved': { source: STOCKTIDE, data: exception },
};

/** The example of a type, as a producer would send it. */
export function exampleEvent(name: InputType): ProducerEvent {
  const { source, data } = EXAMPLES[name];
  return {
    specversion: '1.0',
    id: `${name}-1`,
    source,
    type: `${TYPE_PREFIX}${name}${TYPE_SUFFIX}`,
    time: TIME,
    data,
  };
}
