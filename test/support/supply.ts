/** Facts of inbound supply as tests give them: PO p1 of supplier acme for SKU A at node dc, unless said otherwise. */
import { at, event, type Given } from './given.ts';

interface Envelope {
  readonly at?: number;
  readonly id?: string;
}
interface OfSku extends Envelope {
  readonly sku?: string;
  readonly po?: string;
  readonly supplier?: string;
}

const envelope = (it: Envelope) => ({
  ...(it.at === undefined ? {} : { at: it.at }),
  ...(it.id === undefined ? {} : { id: it.id }),
});
const optional = <K extends string>(key: K, value: string | undefined) =>
  value === undefined ? {} : { [key]: value };

export const issued = (qty: number, it: OfSku & { due?: number } = {}): Given =>
  event(
    'purchaseorder.issued',
    {
      po_id: it.po ?? 'p1',
      supplier_id: it.supplier ?? 'acme',
      node_id: 'dc',
      lines: [{ sku_id: it.sku ?? 'A', qty, due_at: at(it.due ?? 10_000) }],
    },
    envelope(it),
  );

export const changed = (qty: number, it: OfSku & { due?: number } = {}): Given =>
  event(
    'purchaseorder.changed',
    {
      po_id: it.po ?? 'p1',
      ...optional('supplier_id', it.supplier),
      lines: [{ sku_id: it.sku ?? 'A', qty, due_at: at(it.due ?? 10_000) }],
    },
    envelope(it),
  );

export const answered = (
  qty: number,
  it: OfSku & { promised?: number; status?: 'accepted' | 'changed' | 'rejected' } = {},
): Given =>
  event(
    'purchaseorder.acknowledged',
    {
      po_id: it.po ?? 'p1',
      ...optional('supplier_id', it.supplier),
      status: it.status ?? 'accepted',
      lines: [{ sku_id: it.sku ?? 'A', qty, promised_at: at(it.promised ?? 10_000) }],
    },
    envelope(it),
  );

/** An ASN n1 of PO p1; of none when `po` is null. */
export const notice = (
  qty: number,
  it: Omit<OfSku, 'po'> & { po?: string | null; asn?: string; eta?: number } = {},
): Given =>
  event(
    'asn.received',
    {
      asn_id: it.asn ?? 'n1',
      ...(it.po === null ? {} : { po_id: it.po ?? 'p1' }),
      ...optional('supplier_id', it.supplier),
      node_id: 'dc',
      eta_at: at(it.eta ?? 9_000),
      lines: [{ sku_id: it.sku ?? 'A', qty }],
    },
    envelope(it),
  );

export const arrived = (it: Envelope & { asn?: string; po?: string; dock: number }): Given =>
  event(
    'inbound.arrived',
    { ...optional('asn_id', it.asn), ...optional('po_id', it.po), dock_at: at(it.dock) },
    { at: it.dock, ...envelope(it) },
  );

type Condition = 'good' | 'inspect' | 'damaged' | 'hold' | 'rejected';

/** A receipt line of PO p1; of none when `po` is null. */
export const receipt = (
  qty: number,
  it: Omit<OfSku, 'po'> & {
    po?: string | null;
    asn?: string;
    receipt?: string;
    condition?: Condition;
    expected?: number;
  } = {},
): Given =>
  event(
    'receipt.line.received',
    {
      receipt_id: it.receipt ?? 'r1',
      ...(it.po === null ? {} : { po_id: it.po ?? 'p1' }),
      ...optional('asn_id', it.asn),
      ...optional('supplier_id', it.supplier),
      sku_id: it.sku ?? 'A',
      node_id: 'dc',
      qty_received: qty,
      ...(it.expected === undefined ? {} : { qty_expected: it.expected }),
      condition_code: it.condition ?? 'good',
    },
    envelope(it),
  );

export const stored = (
  qty: number,
  it: Envelope & { sku?: string; receipt?: string } = {},
): Given =>
  event(
    'putaway.completed',
    { receipt_id: it.receipt ?? 'r1', sku_id: it.sku ?? 'A', node_id: 'dc', qty },
    envelope(it),
  );

export const inspected = (
  units: { pass: number; fail: number },
  it: Envelope & { sku?: string; receipt?: string } = {},
): Given =>
  event(
    'quality.inspected',
    {
      receipt_id: it.receipt ?? 'r1',
      sku_id: it.sku ?? 'A',
      node_id: 'dc',
      qty_pass: units.pass,
      qty_fail: units.fail,
    },
    envelope(it),
  );

/** Declares the event with that id wrong. */
export const wrong = (
  id: string,
  it: Envelope & { reason?: 'did_not_occur' | 'incorrect_data' } = {},
): Given =>
  event(
    'event.corrected',
    { corrects: { source: 'urn:test:wms', id }, reason: it.reason ?? 'did_not_occur' },
    envelope(it),
  );
