/**
 * INBOUND_QTY_MISMATCH (REFERENCE §4.2): what one receipt brought of a SKU, held against what was expected
 * of it. Pure. `over` and `short` beyond the tolerance; `unexpected` when the PO or ASN has no such line;
 * `blind` when the receipt names neither. A recount of the receipt explains it.
 */
import { factsOf, type Family } from './family.ts';
import { isOrdered, unitsOf } from './facts.ts';
import { orderOf } from './lines.ts';
import { receiptLines } from './receipts.ts';

export interface Delivered {
  readonly receipt: string;
  readonly sku: string;
  readonly supplier: string;
  readonly node: string;
  /** Its last line (event time). */
  readonly atMs: number;
  readonly received: number;
  /** Null when neither PO nor ASN expects the SKU. */
  readonly expected: number | null;
  readonly blind: boolean;
  /** A recount took the difference to be an error of the receiver. */
  readonly recounted: boolean;
  /** Cost of one unit as the PO has it (decimal string); null when it does not say. */
  readonly unitCost: string | null;
}

export interface Mismatch {
  readonly subtype: 'over' | 'short' | 'unexpected' | 'blind';
  /** Received less expected. */
  readonly variance: number;
}

/** Null when no line of the receipt is left. */
export function deliveredOf(family: Family, receipt: string): Delivered | null {
  const { root, sku, supplier } = family;
  const facts = factsOf(root, sku);
  const ordered = root.kind === 'po' ? (orderOf(facts)?.units ?? null) : null;
  const lines = receiptLines(family, ordered).filter(({ fact }) => fact.receipt === receipt);
  const last = lines.at(-1)?.fact;
  if (last === undefined) return null;
  const known = lines.filter(({ expectedFrom: from }) => from === 'asn' || from === 'po');
  return {
    receipt,
    sku,
    supplier,
    node: last.node,
    atMs: last.timeMs,
    received: unitsOf(lines.map(({ fact }) => fact)),
    expected:
      known.length === 0 ? null : known.reduce((sum, line) => sum + (line.expected ?? 0), 0),
    blind: root.kind === 'receipt',
    recounted: family
      .steps(receipt)
      .some((step) => step.kind === 'receiver_error' && step.recounted),
    unitCost: unitCostOf(family),
  };
}

/** Cost of one unit as the PO has it; null when it does not say. */
export function unitCostOf({ root, sku }: Family): string | null {
  let cost: string | null = null;
  for (const fact of factsOf(root, sku)) if (isOrdered(fact)) cost = fact.unitCost ?? cost;
  return cost;
}

export function mismatchOf(
  { blind, expected, received, recounted }: Delivered,
  tolerated: { readonly units: number; readonly share: number },
): Mismatch | null {
  if (recounted) return null;
  if (expected === null) {
    if (received === 0) return null;
    return { subtype: blind ? 'blind' : 'unexpected', variance: received };
  }
  const variance = received - expected;
  if (Math.abs(variance) <= Math.max(tolerated.units, tolerated.share * expected)) return null;
  return { subtype: variance > 0 ? 'over' : 'short', variance };
}
