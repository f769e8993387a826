/** Stock, reservations, availability, floor work and counts (REFERENCE §3.3). */
import { Type } from 'typebox';
import {
  amount,
  currency,
  instant,
  key,
  oneOf,
  optional,
  qty,
  qtyDelta,
  qtyOrZero,
  ref,
  text,
} from '../fields.ts';
import { PHYSICAL_STATES, SNAPSHOT_QUALIFIERS, type SnapshotQualifier } from '../states.ts';
import { fact } from './define.ts';
import { NAMED_STATES } from './orders.ts';

const sku_id = key('Stock keeping unit');
const node_id = key('Node: warehouse, 3PL or store');
const channel_id = key('Sales channel');
const reservation_id = key('Soft reservation');
const location_id = ref('Bin');
const order_id = key('Order');
const line_id = key('Line within the order');
const shift_id = ref('Shift');
const worker_pseudo_id = ref('Pseudonymous worker');

/** Normalised reasons of an adjustment (REFERENCE §2.2), and the opening balance of a new feed. */
export const ADJUSTMENT_REASONS = [
  'cycle_count_available',
  'shrinkage',
  'damaged',
  'correction',
  'received',
  'restock',
  'promotion',
  'opening_balance',
  'other',
] as const;

const PICK = {
  task_id: ref('Pick task'),
  order_id,
  line_id,
  sku_id,
  node_id,
  location_id,
  qty_requested: qty('Requested'),
  qty_picked: qtyOrZero('Picked'),
  shift_id,
  worker_pseudo_id,
};

export const INVENTORY_EVENTS = {
  'reservation.created': fact('S', 'Stock was soft-reserved, as by a checkout', {
    reservation_id,
    sku_id,
    channel_id,
    node_id: optional(node_id),
    qty: qty('Reserved'),
    expires_at: instant('When it lapses by itself'),
  }),
  'reservation.released': fact('S', 'A soft reservation was given up', { reservation_id, sku_id }),
  'reservation.expired': fact('S', 'The source says that a soft reservation lapsed', {
    reservation_id,
    sku_id,
  }),
  'channel.availability.published': fact('S', 'A channel was told what it may sell', {
    sku_id,
    channel_id,
    qty: qtyOrZero('Published'),
    computed_at: instant('When it was computed'),
  }),
  'pick.started': fact('O', 'A pick task was begun', {
    task_id: ref('Pick task'),
    node_id,
    order_id: optional(order_id),
    shift_id: optional(shift_id),
    worker_pseudo_id: optional(worker_pseudo_id),
  }),
  'pick.completed': fact('S', 'A pick task was done in full', PICK),
  'pick.shorted': fact('S', 'A pick task came out short; stands instead of pick.completed', {
    ...PICK,
    qty_short: qty('Missing'),
    reason: ref('Why'),
  }),
  'inventory.adjusted': fact('S', 'The book quantity of a state was changed', {
    adjustment_id: key('Adjustment'),
    sku_id,
    node_id,
    location_id: optional(location_id),
    state: oneOf(NAMED_STATES, 'State whose quantity changes'),
    qty_delta: qtyDelta('Change'),
    reason_code: oneOf(ADJUSTMENT_REASONS, 'Normalised reason'),
    raw_code: Type.String({
      description: "The partner's own code, such as X12 947 W1901",
      maxLength: 40,
    }),
    actor: ref('Who'),
    approved_by: optional(ref('Second person who approved')),
    unit_cost: optional(amount('Cost of one unit')),
    currency: optional(currency()),
    note: optional(text('What staff wrote')),
  }),
  'inventory.state.changed': fact('S', 'Goods went from one state to another', {
    sku_id,
    node_id,
    from_state: oneOf(NAMED_STATES, 'From'),
    to_state: oneOf(NAMED_STATES, 'To'),
    qty: qty('Changed'),
    reason: ref('Why'),
    order_id: optional(order_id),
    line_id: optional(line_id),
  }),
  'inventory.moved': fact('S', 'Goods went from one bin to another', {
    sku_id,
    node_id,
    from_location: location_id,
    to_location: location_id,
    qty: qty('Moved'),
  }),
  'inventory.counted': fact('S', 'A bin was counted', {
    count_id: key('Count'),
    sku_id,
    node_id,
    location_id,
    qty_book: qtyOrZero('By the book'),
    qty_counted: qtyOrZero('Counted'),
    count_type: oneOf(['cycle', 'stock_take', 'recount', 'spot'], 'Kind of count'),
    blind: Type.Boolean({ description: 'True when the counter did not see the book' }),
  }),
  'inventory.snapshot.recorded': fact(
    'S',
    'A source states an absolute quantity as of an instant',
    {
      snapshot_id: key('Snapshot that the row belongs to'),
      as_of: instant('Business time of the count, not of the file'),
      sku_id,
      node_id,
      state: optional(oneOf(PHYSICAL_STATES, 'State that is stated')),
      qualifier: optional(
        oneOf(
          Object.keys(SNAPSHOT_QUALIFIERS) as SnapshotQualifier[],
          'X12 846 QTY01, where the source gives a code rather than a state',
        ),
      ),
      qty: qtyOrZero('Stated'),
    },
  ),
  'inventory.snapshot.completed': fact('F', 'All rows of a snapshot have been sent', {
    snapshot_id: key('Snapshot'),
    node_id: optional(node_id),
    scope: oneOf(['full', 'partial'], 'full: a SKU that is absent has none; partial: is unchanged'),
    as_of: instant('Business time of the count'),
    row_count: qtyOrZero('Rows sent'),
    control_total: Type.Integer({ description: 'Sum of the rows (base units)', minimum: 0 }),
    dataref: optional(Type.String({ description: 'Where the file lies', maxLength: 500 })),
  }),
  'location.error.recorded': fact('S', 'A bin was not as the system has it', {
    node_id,
    location_id,
    sku_id: optional(sku_id),
    error_type: oneOf(['empty', 'wrong_sku', 'mixed', 'unreachable'], 'What was wrong'),
    task_id: ref('Task that met it'),
  }),
  'scan.failed': fact('S', 'A barcode did not scan', {
    node_id,
    location_id,
    sku_id: optional(sku_id),
    raw_barcode: Type.String({ description: 'What was read', maxLength: 128 }),
    failure: oneOf(['unreadable', 'unknown', 'check_digit'], 'How it failed'),
  }),
  'labour.recorded': fact('-', 'Direct labour of one worker in one process was recorded', {
    node_id,
    shift_id,
    process: oneOf(
      ['receiving', 'putaway', 'picking', 'packing', 'returns', 'counting', 'other'],
      'What was worked on',
    ),
    worker_pseudo_id,
    minutes: Type.Integer({ description: 'Time worked (minutes)', minimum: 0, maximum: 1_440 }),
    started_at: instant('When it began'),
  }),
  'item.upserted': fact('S', 'Master data of an item', {
    sku_id,
    gtin: Type.String({
      description: '14 digits, zero-padded; empty when none',
      pattern: '^(\\d{14})?$',
    }),
    uom: ref('Unit of measure'),
    pack_qty: qty('Units in a pack'),
    abc_class: oneOf(['A', 'B', 'C'], 'Class by value'),
    unit_cost: amount('Cost of one unit'),
    currency: optional(currency()),
    status: oneOf(['active', 'discontinued', 'blocked'], 'Life cycle'),
    description: optional(text('Name', 200)),
  }),
} as const;
