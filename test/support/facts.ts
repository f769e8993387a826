/** Facts about SKU A at node dc, order o1 line 1, PO p1, ASN n1, shipment s1, unless a test says otherwise. */
import type { PhysicalState, StockState } from '../../contracts/states.ts';
import { at, event, type Given } from './given.ts';

type Envelope = Partial<Pick<Given, 'at' | 'id' | 'source'>>;
export interface Place extends Envelope {
  readonly sku?: string;
  readonly node?: string;
}
export interface OfLine extends Place {
  readonly order?: string;
  readonly line?: string;
}
export interface OfShipment extends OfLine {
  readonly shipment?: string;
}

const envelope = ({ at: minutes, id, source }: Envelope): Envelope => ({
  ...(minutes === undefined ? {} : { at: minutes }),
  ...(id === undefined ? {} : { id }),
  ...(source === undefined ? {} : { source }),
});
const place = ({ node = 'dc', sku = 'A' }: Place) => ({ sku_id: sku, node_id: node });
const ofLine = (it: OfLine) => ({
  order_id: it.order ?? 'o1',
  line_id: it.line ?? '1',
  ...place(it),
});

/** Goods that are in a state, from outside. */
export const stocked = (
  units: number,
  it: Place & { state?: PhysicalState | 'lost' } = {},
): Given =>
  event(
    'inventory.adjusted',
    {
      ...place(it),
      state: it.state ?? 'available',
      qty_delta: units,
      reason_code: 'opening_balance',
    },
    envelope(it),
  );

export const adjusted = (delta: number, it: Place & { raw?: string } = {}): Given =>
  event(
    'inventory.adjusted',
    { ...place(it), qty_delta: delta, raw_code: it.raw ?? 'AB' },
    envelope(it),
  );

export const ordered = (
  qty: number,
  it: OfLine & { channel?: string; reservation?: string; sourced?: boolean } = {},
): Given =>
  event(
    'order.created',
    {
      order_id: it.order ?? 'o1',
      channel_id: it.channel ?? 'web',
      ...(it.sourced === false ? {} : { node_id: it.node ?? 'dc' }),
      lines: [
        {
          line_id: it.line ?? '1',
          sku_id: it.sku ?? 'A',
          qty,
          unit_price: '1.00',
          ...(it.reservation === undefined ? {} : { reservation_id: it.reservation }),
        },
      ],
    },
    envelope(it),
  );

export const orderChanged = (qty: number, it: OfLine = {}): Given =>
  event(
    'order.changed',
    { order_id: it.order ?? 'o1', lines: [{ line_id: it.line ?? '1', qty }] },
    envelope(it),
  );

export const cancelled = (qty: number, it: OfLine = {}): Given =>
  event(
    'order.cancelled',
    { order_id: it.order ?? 'o1', lines: [{ line_id: it.line ?? '1', qty }] },
    envelope(it),
  );

export const allocated = (qty: number, it: OfLine = {}): Given =>
  event('order.line.allocated', { ...ofLine(it), qty }, envelope(it));

export const deallocated = (qty: number, it: OfLine = {}): Given =>
  event('order.line.deallocated', { ...ofLine(it), qty }, envelope(it));

export const picked = (qty: number, it: OfLine = {}): Given =>
  event(
    'pick.completed',
    { ...ofLine(it), qty_requested: Math.max(1, qty), qty_picked: qty },
    envelope(it),
  );

export const shorted = (units: { picked: number; short: number }, it: OfLine = {}): Given =>
  event(
    'pick.shorted',
    {
      ...ofLine(it),
      qty_requested: units.picked + units.short,
      qty_picked: units.picked,
      qty_short: units.short,
    },
    envelope(it),
  );

export const packed = (qty: number, it: OfLine & { placed?: boolean } = {}): Given =>
  event(
    'pack.completed',
    {
      order_id: it.order ?? 'o1',
      ...(it.placed === false ? {} : { node_id: it.node ?? 'dc' }),
      lines: [
        {
          line_id: it.line ?? '1',
          qty,
          ...(it.placed === false ? {} : { sku_id: it.sku ?? 'A' }),
        },
      ],
    },
    envelope(it),
  );

export const dispatched = (qty: number, it: OfShipment = {}): Given =>
  event(
    'shipment.dispatched',
    {
      shipment_id: it.shipment ?? 's1',
      order_id: it.order ?? 'o1',
      node_id: it.node ?? 'dc',
      lines: [{ line_id: it.line ?? '1', sku_id: it.sku ?? 'A', qty }],
    },
    envelope(it),
  );

export const delivered = (it: OfShipment = {}): Given =>
  event('shipment.delivered', { shipment_id: it.shipment ?? 's1' }, envelope(it));

export const voided = (it: OfShipment = {}): Given =>
  event('shipment.voided', { shipment_id: it.shipment ?? 's1' }, envelope(it));

/** Goods came back; from a shipment that was refused when it names one. */
export const returned = (qty: number, it: OfShipment & { rma?: string } = {}): Given =>
  event(
    'return.received',
    {
      ...place(it),
      qty,
      ...(it.shipment === undefined ? {} : { shipment_id: it.shipment }),
      ...(it.rma === undefined ? {} : { rma_id: it.rma }),
    },
    envelope(it),
  );

export const stateChanged = (
  qty: number,
  change: { from: StockState; to: StockState; ofLine?: boolean },
  it: OfLine = {},
): Given =>
  event(
    'inventory.state.changed',
    {
      ...(change.ofLine === true ? ofLine(it) : place(it)),
      from_state: change.from as PhysicalState,
      to_state: change.to as PhysicalState,
      qty,
    },
    envelope(it),
  );

export const purchased = (qty: number, it: Place & { po?: string; due?: number } = {}): Given =>
  event(
    'purchaseorder.issued',
    {
      po_id: it.po ?? 'p1',
      supplier_id: 'sup',
      node_id: it.node ?? 'dc',
      lines: [{ sku_id: it.sku ?? 'A', qty, due_at: at(it.due ?? 600) }],
    },
    envelope(it),
  );

export const acknowledged = (
  qty: number,
  it: Place & { po?: string; promised?: number; status?: 'accepted' | 'rejected' } = {},
): Given =>
  event(
    'purchaseorder.acknowledged',
    {
      po_id: it.po ?? 'p1',
      status: it.status ?? 'accepted',
      lines: [{ sku_id: it.sku ?? 'A', qty, promised_at: at(it.promised ?? 600) }],
    },
    envelope(it),
  );

export const announced = (
  qty: number,
  it: Place & { asn?: string; po?: string | null; eta?: number } = {},
): Given =>
  event(
    'asn.received',
    {
      asn_id: it.asn ?? 'n1',
      ...(it.po === null ? {} : { po_id: it.po ?? 'p1' }),
      supplier_id: 'sup',
      node_id: it.node ?? 'dc',
      eta_at: at(it.eta ?? 300),
      lines: [{ sku_id: it.sku ?? 'A', qty }],
    },
    envelope(it),
  );

export const received = (qty: number, it: Place & { asn?: string; po?: string } = {}): Given =>
  event(
    'receipt.line.received',
    {
      ...place(it),
      qty_received: qty,
      ...(it.asn === undefined ? {} : { asn_id: it.asn }),
      ...(it.po === undefined ? {} : { po_id: it.po }),
    },
    envelope(it),
  );

export const reserved = (
  qty: number,
  it: Place & { reservation?: string; expires?: number } = {},
): Given =>
  event(
    'reservation.created',
    {
      ...place(it),
      reservation_id: it.reservation ?? 'r1',
      qty,
      expires_at: at(it.expires ?? 15),
    },
    envelope(it),
  );

export const released = (it: Place & { reservation?: string } = {}): Given =>
  event(
    'reservation.released',
    { reservation_id: it.reservation ?? 'r1', sku_id: it.sku ?? 'A' },
    envelope(it),
  );

/** Declares an event wrong. */
export const corrected = (wrong: { id: string; source?: string }, it: Envelope = {}): Given =>
  event(
    'event.corrected',
    { corrects: { source: wrong.source ?? 'urn:test:wms', id: wrong.id } },
    envelope(it),
  );

/** All orders of a list. */
export function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) =>
    permutations(items.filter((_, other) => other !== index)).map((rest) => [item, ...rest]),
  );
}

/** A quantity that a source states, for `snapshot`. */
export interface Counted extends Place {
  readonly qty: number;
  /** Minutes after T0; that of the snapshot when absent. */
  readonly asOf?: number;
  readonly state?: PhysicalState;
  readonly qualifier?: '17' | '19' | '20' | '26' | '27' | '33';
}

export interface Snapshot extends Envelope {
  readonly snapshot?: string;
  readonly asOf: number;
  readonly scope?: 'full' | 'partial';
  readonly node?: string;
  /** What the control says when it is wrong. */
  readonly rows?: number;
  readonly total?: number;
}

/** The events of a snapshot: a row for each count, then the completion. */
export function snapshot(it: Snapshot, ...counts: readonly Counted[]): Given[] {
  const id = it.snapshot ?? 'f1';
  const total = counts.reduce((sum, { qty }) => sum + qty, 0);
  const rows = counts.map(({ asOf, qty, qualifier, state, ...where }) =>
    event(
      'inventory.snapshot.recorded',
      {
        snapshot_id: id,
        as_of: at(asOf ?? it.asOf),
        ...place(where),
        qty,
        ...(state === undefined ? {} : { state }),
        ...(qualifier === undefined ? {} : { qualifier }),
      },
      envelope({ ...it, ...where }),
    ),
  );
  const completed = event(
    'inventory.snapshot.completed',
    {
      snapshot_id: id,
      scope: it.scope ?? 'partial',
      as_of: at(it.asOf),
      row_count: it.rows ?? counts.length,
      control_total: it.total ?? total,
      ...(it.node === undefined ? {} : { node_id: it.node }),
    },
    envelope(it),
  );
  return [...rows, completed];
}
