/**
 * INBOUND_LATE (REFERENCE §4.2): an ASN that has not arrived by its ETA and grace, a PO with open lines of
 * which nothing is at the dock by their due date and grace; `at_risk` when an ASN under way is expected
 * after the PO line is due. Pure.
 */
import { amountOf, micros } from '../facts/money.ts';
import type { Document, Documents } from './documents.ts';
import { lastOf, unitsOf } from './facts.ts';
import { factsOf, type Asn, type Family } from './family.ts';
import { openOf, orderOf } from './lines.ts';
import { deliveredOf, unitCostOf } from './mismatch.ts';

export interface Late {
  readonly subtype: 'late' | 'at_risk';
  readonly units: number;
  /** Value of the units at the cost of the PO; null when it gives none. */
  readonly amount: string | null;
  readonly supplier: string;
  /** What it was to come by: the earliest of the lines. */
  readonly dueMs: number;
  /** Since when it has been so. */
  readonly sinceMs: number;
}

export interface Grace {
  readonly asnMs: number;
  readonly poMs: number;
}

export interface Verdict {
  readonly late: Late | null;
  /** When time alone may change it; null when it cannot. */
  readonly nextMs: number | null;
}

const NOTHING: Verdict = { late: null, nextMs: null };

/** How late a document is, given the families of its SKUs. */
export function latenessOf(
  document: Document,
  families: readonly Family[],
  { grace, nowMs }: { readonly grace: Grace; readonly nowMs: number },
): Verdict {
  if (document.kind === 'asn') return ofAsn(document, families, grace.asnMs, nowMs);
  return document.kind === 'po' ? ofPo(document, families, grace.poMs, nowMs) : NOTHING;
}

/** SKUs of the families that `latenessOf` takes, and their root. */
export const familiesOf = (
  document: Document,
  documents: Documents,
  family: (root: Document, sku: string) => Family,
): Family[] => Array.from(document.lines.keys(), (sku) => family(documents.rootOf(document), sku));

function ofAsn(
  { head, id }: Document,
  families: readonly Family[],
  graceMs: number,
  nowMs: number,
): Verdict {
  const etaMs = lastOf(head, 'expected')?.etaMs;
  if (etaMs === undefined || lastOf(head, 'arrived') !== undefined) return NOTHING;
  const open = families.flatMap((family) => {
    const asn = family.asn(id);
    // Goods that were received have arrived, whether or not the dock said so.
    return asn === undefined || asn.receipts.length > 0 ? [] : [{ family, units: openOf(asn) }];
  });
  return verdict(open.length < families.length ? [] : open, etaMs, etaMs + graceMs, nowMs);
}

interface Open {
  readonly family: Family;
  readonly units: number;
}

function verdict(open: readonly Open[], dueMs: number, sinceMs: number, nowMs: number): Verdict {
  const units = unitsOf(open);
  if (units === 0) return NOTHING;
  if (nowMs <= sinceMs) return { late: null, nextMs: sinceMs };
  return { late: lateOf('late', open, dueMs, sinceMs), nextMs: null };
}

function ofPo(
  document: Document,
  families: readonly Family[],
  graceMs: number,
  nowMs: number,
): Verdict {
  if (lastOf(document.head, 'arrived') !== undefined) return NOTHING;
  const late: (Open & { dueMs: number })[] = [];
  const risky: (Open & { dueMs: number; sinceMs: number })[] = [];
  let nextMs: number | null = null;
  for (const family of families) {
    const order = orderOf(factsOf(document, family.sku));
    const units = order === null ? 0 : awaited(family, order.units);
    if (order === null || units <= 0) continue;
    const { dueMs } = order;
    if (nowMs > dueMs + graceMs) {
      late.push({ family, units, dueMs });
      continue;
    }
    nextMs = Math.min(nextMs ?? Infinity, dueMs + graceMs);
    const etas = family.asns.filter(isUnderWay).flatMap(({ document: { head } }) => {
      const expected = lastOf(head, 'expected');
      return expected !== undefined && expected.etaMs > dueMs ? [expected.timeMs] : [];
    });
    if (etas.length > 0) risky.push({ family, units, dueMs, sinceMs: Math.min(...etas) });
  }
  if (late.length > 0) {
    const dueMs = Math.min(...late.map((line) => line.dueMs));
    return { late: lateOf('late', late, dueMs, dueMs + graceMs), nextMs };
  }
  if (risky.length === 0) return { late: null, nextMs };
  const dueMs = Math.min(...risky.map((line) => line.dueMs));
  const sinceMs = Math.min(...risky.map((line) => line.sinceMs));
  return { late: lateOf('at_risk', risky, dueMs, sinceMs), nextMs };
}

const isUnderWay = (asn: Asn) =>
  openOf(asn) > 0 && lastOf(asn.document.head, 'arrived') === undefined;

/**
 * Ordered, and neither received nor at the dock with an ASN. What a receipt was short of is no longer waited
 * for: that is the receipt's INBOUND_QTY_MISMATCH, not a delay.
 */
function awaited(family: Family, ordered: number): number {
  const { asns, receipts } = family;
  const docked = asns.filter(({ document }) => lastOf(document.head, 'arrived') !== undefined);
  const missing = [...new Set(receipts.map(({ receipt }) => receipt))].reduce((sum, receipt) => {
    const delivered = deliveredOf(family, receipt);
    return sum + Math.max(0, (delivered?.expected ?? 0) - (delivered?.received ?? 0));
  }, 0);
  return ordered - unitsOf(receipts) - missing - docked.reduce((sum, asn) => sum + openOf(asn), 0);
}

function lateOf(
  subtype: Late['subtype'],
  open: readonly Open[],
  dueMs: number,
  sinceMs: number,
): Late {
  let value = 0n;
  for (const { family, units } of open) value += micros(unitCostOf(family) ?? '0') * BigInt(units);
  return {
    subtype,
    units: unitsOf(open),
    amount: value === 0n ? null : amountOf(value),
    supplier: open[0]?.family.supplier ?? '',
    dueMs,
    sinceMs,
  };
}
