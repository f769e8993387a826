/** Whether a PO or ASN has been settled for so long that it may be forgotten. Pure. */
import type { Document, Documents } from './documents.ts';
import { factsOf, skusOf, type Family } from './family.ts';
import { orderOf } from './lines.ts';

const DAY_MS = 24 * 60 * 60_000;
/**
 * A settled document is kept this long after it was last touched (event time): orders are confirmed, changed and
 * deleted, and receipts taken back, for most of a year. One of another slice's supplier is kept as long: whether
 * it is settled is known there.
 */
export const KEEP_MS = 400 * DAY_MS;

export interface SettledContext {
  readonly documents: Documents;
  readonly family: (root: Document, sku: string) => Family;
  /** False for a supplier of another slice. */
  readonly owns: (supplier: string) => boolean;
  readonly atMs: number;
}

/** Untouched for long, and nothing more is expected of it. An ASN is settled with its PO. */
export function isSettled(
  document: Document,
  { atMs, documents, family, owns }: SettledContext,
): boolean {
  if (atMs - document.touchedMs < KEEP_MS) return false;
  if (documents.rootOf(document) !== document) return true;
  return [...skusOf(document, documents), ''].every((sku) => {
    const known = family(document, sku);
    if (!owns(known.supplier)) return atMs - firstMs(document) >= KEEP_MS;
    return openUnits(known) === 0;
  });
}

const firstMs = ({ head: [first], touchedMs }: Document) => first?.timeMs ?? touchedMs;

function openUnits({ asns, receipts, root, sku }: Family): number {
  const units = receipts.reduce((sum, fact) => sum + fact.units, 0);
  const order = root.kind === 'po' ? orderOf(factsOf(root, sku)) : null;
  if (order !== null) return Math.max(0, order.units - units);
  return asns.reduce((sum, asn) => {
    const closed = asn.document.head.some(({ kind }) => kind === 'closed');
    return sum + (closed ? 0 : Math.max(0, (asn.announced ?? 0) - units));
  }, 0);
}
