/** Inbound as ClickHouse has it: what is open and overdue, what ASNs brought, lead times, lines and receipts. */
import type { PoLineList, ReceiptList } from '../../contracts/supplier-views.ts';
import type { Rows } from '../reads.ts';

const iso = (column: string) => `formatDateTime(${column}, '%FT%T.%fZ', 'UTC')`;
const instant = (name: string) => `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`;

/** Of one supplier, or of all when it is ''. */
interface OfSupplier {
  readonly supplier: string;
}

export interface OpenRow {
  readonly supplier_id: string;
  readonly open_pos: number;
  readonly open_units: number;
  readonly overdue_pos: number;
  readonly overdue_units: number;
  /** Decimal string. */
  readonly overdue_value: string;
}

/** What is still to come from each supplier, whatever the window. */
export function readOpen(
  rows: Rows,
  asked: OfSupplier & { nowMs: number; limit: number },
): Promise<OpenRow[]> {
  return rows<OpenRow>(
    `SELECT
       supplier_id,
       uniqExact(po_id) AS open_pos,
       sum(units) AS open_units,
       uniqExactIf(po_id, is_overdue) AS overdue_pos,
       sumIf(units, is_overdue) AS overdue_units,
       toString(sumIf(units * c.unit_cost, is_overdue)) AS overdue_value
     FROM (
       SELECT
         supplier_id, po_id, sku_id, p.open AS units, p.due_at < ${instant('nowMs')} AS is_overdue
       FROM po_lines AS p
       WHERE p.open > 0 AND supplier_id != '' AND ({supplier:String} = '' OR supplier_id = {supplier:String})
       GROUP BY supplier_id, po_id, sku_id, node_id, p.open, p.due_at
       HAVING sum(sign) > 0
     ) AS l
     LEFT JOIN (SELECT sku_id, unit_cost FROM sku_costs FINAL) AS c ON c.sku_id = l.sku_id
     GROUP BY supplier_id
     ORDER BY sumIf(units * c.unit_cost, is_overdue) DESC, supplier_id
     LIMIT {limit:UInt32}`,
    asked,
  );
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface AsnRow {
  readonly supplier_id: string;
  readonly asn_lines: number;
  readonly exact: number;
}

/** ASN lines that were expected in the window and are done, and those that brought what they announced. */
export function readAsns(
  rows: Rows,
  asked: OfSupplier & Span & { limit: number },
): Promise<AsnRow[]> {
  return rows<AsnRow>(
    `SELECT
       supplier_id,
       sum(sign) AS asn_lines,
       sumIf(sign, a.received = a.announced) AS exact
     FROM asn_lines AS a
     WHERE status IN ('received', 'closed_short') AND supplier_id != ''
       AND ({supplier:String} = '' OR supplier_id = {supplier:String})
       AND coalesce(eta_at, first_eta_at) >= ${instant('fromMs')}
       AND coalesce(eta_at, first_eta_at) < ${instant('toMs')}
     GROUP BY supplier_id
     HAVING asn_lines > 0
     ORDER BY asn_lines DESC, supplier_id
     LIMIT {limit:UInt32}`,
    asked,
  );
}

/** Lead times of a supplier in the window (hours), the newest of them. */
export async function readLeadTimes(
  rows: Rows,
  asked: OfSupplier & Span & { limit: number },
): Promise<number[]> {
  const read = await rows<{ hours: number }>(
    `SELECT hours
     FROM durations
     WHERE measure = 'lead_time' AND dim = {supplier:String}
       AND at >= ${instant('fromMs')} AND at < ${instant('toMs')}
     GROUP BY at, sku_id, ref, hours
     HAVING sum(sign) > 0
     ORDER BY at DESC
     LIMIT {limit:UInt32}`,
    asked,
  );
  return read.map(({ hours }) => hours);
}

export interface PoLineRow extends Omit<PoLineList['lines'][number], 'overdue' | 'on_time'> {
  readonly key: number;
  readonly overdue: number;
  readonly on_time: number;
}

export interface PoPlace {
  readonly key: number;
  readonly po: string;
  readonly sku: string;
  readonly node: string;
}

export function readPoLines(
  rows: Rows,
  {
    after,
    ...asked
  }: OfSupplier & {
    readonly status: 'open' | 'closed' | 'all';
    readonly nowMs: number;
    readonly limit: number;
    readonly after: PoPlace | null;
  },
): Promise<PoLineRow[]> {
  return rows<PoLineRow>(
    `SELECT
       if({status:String} = 'open', 1, -1) * toUnixTimestamp64Milli(p.due_at) AS key,
       po_id, sku_id, node_id, status, ordered, received, p.open AS open, in_transit,
       ${iso('issued_at')} AS issued_at,
       ${iso('p.due_at')} AS due_at,
       ${iso('promised_at')} AS promised_at,
       p.open > 0 AND p.due_at < ${instant('nowMs')} AS overdue,
       on_time
     FROM (
       SELECT
         po_id, sku_id, node_id, status, ordered, received, open, in_transit, issued_at, due_at, promised_at,
         on_time
       FROM po_lines
       WHERE supplier_id = {supplier:String}
         AND ({status:String} = 'all' OR (open > 0) = ({status:String} = 'open'))
       GROUP BY ALL
       HAVING sum(sign) > 0
     ) AS p
     WHERE {isFirst:Bool}
       OR (key, po_id, sku_id, node_id) > ({key:Int64}, {po:String}, {sku:String}, {node:String})
     ORDER BY key, po_id, sku_id, node_id
     LIMIT {limit:UInt32}`,
    { ...asked, isFirst: after === null, ...(after ?? { key: 0, po: '', sku: '', node: '' }) },
  );
}

export type ReceiptRow = ReceiptList['receipts'][number] & {
  readonly key: number;
  readonly seq: number;
};

export interface ReceiptPlace {
  readonly key: number;
  readonly receipt: string;
  readonly sku: string;
  readonly seq: number;
}

/** Receipt lines of a supplier, the newest first. */
export function readReceipts(
  rows: Rows,
  { after, ...asked }: OfSupplier & { readonly limit: number; readonly after: ReceiptPlace | null },
): Promise<ReceiptRow[]> {
  return rows<ReceiptRow>(
    `SELECT
       -toUnixTimestamp64Milli(r.received_at) AS key,
       last_seq AS seq,
       receipt_id, po_id, asn_id, sku_id, node_id, expected_from, expected, received, variance, rejected,
       ${iso('r.received_at')} AS received_at
     FROM (
       SELECT
         receipt_id, po_id, asn_id, sku_id, node_id, expected_from, expected, received, variance, rejected,
         condition_code, received_at, max(seq) AS last_seq
       FROM receipts
       WHERE supplier_id = {supplier:String}
       GROUP BY
         receipt_id, po_id, asn_id, sku_id, node_id, expected_from, expected, received, variance, rejected,
         condition_code, received_at
       HAVING sum(sign) > 0
     ) AS r
     WHERE {isFirst:Bool}
       OR (key, receipt_id, sku_id, seq) > ({key:Int64}, {receipt:String}, {sku:String}, {seq:UInt64})
     ORDER BY key, receipt_id, sku_id, seq
     LIMIT {limit:UInt32}`,
    { ...asked, isFirst: after === null, ...(after ?? { key: 0, receipt: '', sku: '', seq: 0 }) },
  );
}
