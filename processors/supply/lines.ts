/**
 * The rows that a family stands for: its PO line, its ASN lines, its receipt lines and the times that were
 * measured. Pure; the formulas are those of K18–K24 (REFERENCE §1.3).
 *
 *   ordered = open + received − over          announced = open + received − over until the ASN is closed
 */
import type { Cell } from '../processor.ts';
import type { FactRow } from '../facts/signed.ts';
import {
  isAcknowledged,
  isOrdered,
  lastOf,
  unitsOf,
  type LineFact,
  type Ordered,
  type Received,
} from './facts.ts';
import { factsOf, type Asn, type Family } from './family.ts';
import { receiptLines, type ReceiptLine } from './receipts.ts';

const HOUR_MS = 3_600_000;

/** How far a PO line may come from its due date and still be on time. */
export interface Tolerance {
  readonly earlyMs: number;
  readonly lateMs: number;
}

/** What was ordered, as the newest fact has it. */
export interface Order {
  readonly units: number;
  readonly dueMs: number;
  readonly firstDueMs: number;
  /** When it was issued; the first change of it while nobody has said so. */
  readonly issuedMs: number;
  readonly isIssued: boolean;
}

export function rowsOf(family: Family, tolerance: Tolerance): FactRow[] {
  const order = family.root.kind === 'po' ? orderOf(factsOf(family.root, family.sku)) : null;
  const receipts = receiptLines(family, order?.units ?? null);
  const rows: FactRow[] = [];
  if (order !== null) addPoRows(rows, family, order, tolerance);
  for (const asn of family.asns) addAsnRow(rows, family, asn);
  for (const line of receipts) addReceiptRows(rows, family, line);
  return rows;
}

/** Null until the PO has a line of the SKU. A change of the very instant of the order comes after it. */
export function orderOf(facts: readonly LineFact[]): Order | null {
  let first: Ordered | undefined;
  let issued: Ordered | undefined;
  let last: Ordered | undefined;
  for (const fact of facts) {
    if (!isOrdered(fact)) continue;
    first ??= fact;
    if (fact.kind === 'issued') issued ??= fact;
    if (last === undefined || comesAfter(fact, last)) last = fact;
  }
  if (first === undefined || last === undefined) return null;
  const { dueMs: firstDueMs, timeMs: issuedMs } = issued ?? first;
  return {
    units: last.units,
    dueMs: last.dueMs,
    firstDueMs,
    issuedMs,
    isIssued: issued !== undefined,
  };
}

function comesAfter(fact: Ordered, other: Ordered): boolean {
  if (fact.timeMs !== other.timeMs) return fact.timeMs > other.timeMs;
  return fact.kind === other.kind || fact.kind === 'changed';
}

function addPoRows(rows: FactRow[], family: Family, order: Order, tolerance: Tolerance): void {
  const { receipts, root, sku, supplier } = family;
  const answer = factsOf(root, sku).findLast(isAcknowledged);
  const received = unitsOf(receipts);
  const first = receipts.find(({ units }) => units > 0);
  const last = receipts.findLast(({ units }) => units > 0);
  const node = nodeOf(family);
  const key = `${root.id} ${sku}`;
  rows.push({
    table: 'po_lines',
    key,
    cells: [
      supplier,
      root.id,
      sku,
      node,
      order.issuedMs,
      order.firstDueMs,
      order.dueMs,
      answer === undefined ? null : answer.rejected ? 0 : answer.units,
      answer === undefined ? null : answer.promisedMs,
      order.units,
      received,
      Math.max(0, order.units - received),
      Math.max(0, received - order.units),
      inTransit(family.asns),
      Math.min(order.units, receivedIn(receipts, Number.NEGATIVE_INFINITY, order.dueMs)),
      first?.timeMs ?? null,
      last?.timeMs ?? null,
      isOnTime(receipts, order, tolerance) ? 1 : 0,
      poStatus(order.units, received, answer?.rejected),
    ],
  });
  // An order that only a change of it tells of may be of any age.
  if (first !== undefined && order.isIssued) {
    const hours = (first.timeMs - order.issuedMs) / HOUR_MS;
    rows.push(
      duration({ measure: 'lead_time', atMs: first.timeMs, key, hours, node, sku, supplier }),
    );
  }
}

/**
 * On time (K20): all that was ordered was received in the window around the due date. A line that is short,
 * or complete only after the window, is not; what came before it opens does not count.
 */
function isOnTime(receipts: readonly Received[], order: Order, tolerance: Tolerance): boolean {
  const { earlyMs, lateMs } = tolerance;
  const inWindow = receivedIn(receipts, order.dueMs - earlyMs, order.dueMs + lateMs);
  return order.units > 0 && inWindow >= order.units;
}

function receivedIn(receipts: readonly Received[], fromMs: number, toMs: number): number {
  let sum = 0;
  for (const { timeMs, units } of receipts) if (timeMs >= fromMs && timeMs <= toMs) sum += units;
  return sum;
}

function poStatus(ordered: number, received: number, rejected: boolean | undefined): string {
  if (received > 0) return received >= ordered ? 'received' : 'partial';
  if (ordered === 0) return 'cancelled';
  if (rejected === undefined) return 'issued';
  return rejected ? 'rejected' : 'acknowledged';
}

function addAsnRow(rows: FactRow[], family: Family, asn: Asn): void {
  const { announced, document, receipts } = asn;
  if (announced === null) return;
  const { root, sku, supplier } = family;
  const received = unitsOf(receipts);
  const firstEta = document.head.find(({ kind }) => kind === 'expected');
  const dockMs = lastOf(document.head, 'arrived')?.dockMs ?? null;
  const closedMs = lastOf(document.head, 'closed')?.closedMs ?? null;
  rows.push({
    table: 'asn_lines',
    key: `${document.id} ${sku}`,
    cells: [
      supplier,
      document.id,
      root.kind === 'po' ? root.id : '',
      sku,
      lastOf(document.head, 'named', ({ node }) => node !== '')?.node ?? '',
      firstEta?.kind === 'expected' ? firstEta.etaMs : null,
      lastOf(document.head, 'expected')?.etaMs ?? null,
      announced,
      received,
      openOf(asn),
      Math.max(0, received - announced),
      dockMs,
      closedMs,
      asnStatus({ announced, received, closedMs, dockMs }),
    ],
  });
}

function inTransit(asns: readonly Asn[]): number {
  let sum = 0;
  for (const asn of asns) sum += openOf(asn);
  return sum;
}

/** What is still expected of an ASN: nothing once its receipt is closed. */
export function openOf({ announced, document, receipts }: Asn): number {
  if (announced === null || lastOf(document.head, 'closed') !== undefined) return 0;
  return Math.max(0, announced - unitsOf(receipts));
}

function asnStatus(line: {
  announced: number;
  received: number;
  closedMs: number | null;
  dockMs: number | null;
}): string {
  if (line.received >= line.announced) return 'received';
  if (line.closedMs !== null) return 'closed_short';
  if (line.received > 0) return 'partial';
  return line.dockMs === null ? 'in_transit' : 'arrived';
}

function addReceiptRows(rows: FactRow[], family: Family, line: ReceiptLine): void {
  const { availableMs, dockMs, expected, fact, rejected } = line;
  const { root, sku, supplier } = family;
  const key = String(fact.identity);
  const cells: Cell[] = [
    supplier,
    fact.receipt,
    root.kind === 'po' ? root.id : '',
    fact.asn,
    sku,
    fact.node,
    line.expectedFrom,
    expected,
    fact.units,
    rejected,
    expected === null ? null : fact.units - expected,
    fact.condition,
    dockMs,
    fact.timeMs,
    availableMs,
    line.receiverError ? 1 : 0,
  ];
  rows.push({ table: 'receipts', key, cells });
  if (availableMs !== null && dockMs !== null) {
    const hours = (availableMs - dockMs) / HOUR_MS;
    const measured = { measure: 'dock_to_stock', atMs: dockMs, hours, node: fact.node } as const;
    rows.push(duration({ ...measured, key, sku, supplier, ref: fact.receipt }));
  }
}

function duration(it: {
  measure: 'lead_time' | 'dock_to_stock';
  atMs: number;
  key: string;
  hours: number;
  node: string;
  sku: string;
  supplier: string;
  ref?: string;
}): FactRow {
  const { atMs, hours, key, measure, node, sku, supplier } = it;
  const cells = [measure, atMs, node, '', '', supplier, sku, it.ref ?? key, hours];
  return { table: 'durations', key: `${measure} ${key}`, cells };
}

function nodeOf({ receipts, root }: Family): string {
  const named = lastOf(root.head, 'named', ({ node }) => node !== '');
  return named?.node ?? receipts[0]?.node ?? '';
}
