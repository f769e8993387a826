/**
 * One SKU of a PO with the ASNs that belong to it, or of an ASN or a receipt without a PO: everything that
 * its rows are made of, gathered from the documents. Whatever the order in which the facts came, the family
 * is the same.
 */
import {
  isAnnounced,
  isReceived,
  lastOf,
  unitsOf,
  type LineFact,
  type Received,
  type StepFact,
} from './facts.ts';
import { keyOf, type Document, type Documents } from './documents.ts';
import type { Steps } from './steps.ts';

export interface Asn {
  readonly document: Document;
  /** Announced of the SKU; null when the ASN has no line of it. */
  readonly announced: number | null;
  /** Receipt lines that name the ASN, wherever they belong. */
  readonly receipts: readonly Received[];
}

export interface Family {
  readonly root: Document;
  readonly sku: string;
  readonly supplier: string;
  readonly asns: readonly Asn[];
  /** Receipt lines of the root and of its ASNs, by event time. */
  readonly receipts: readonly Received[];
  /** An ASN that a receipt line names. */
  asn(id: string): Asn | undefined;
  steps(receipt: string): readonly StepFact[];
}

const NO_FACTS: readonly LineFact[] = [];
export const factsOf = (document: Document, sku: string) => document.lines.get(sku) ?? NO_FACTS;

export function familyOf(root: Document, sku: string, documents: Documents, steps: Steps): Family {
  const own = documents.asnsOf(root);
  const asns = own.map((document) => asnOf(document, sku, documents));
  const receipts = [root, ...own.filter((document) => document !== root)]
    .flatMap((document) => factsOf(document, sku).filter(isReceived))
    .sort((a, b) => a.timeMs - b.timeMs || a.seq - b.seq);
  return {
    root,
    sku,
    supplier: supplierOf(root, own, receipts),
    asns,
    receipts,
    asn: (id) => {
      const known = asns.find(({ document }) => document.id === id);
      if (known !== undefined) return known;
      const document = documents.get('asn', id);
      return document === undefined ? undefined : asnOf(document, sku, documents);
    },
    steps: (receipt) => steps.of(receipt, sku),
  };
}

/** SKUs of a root and its ASNs. */
export function skusOf(root: Document, documents: Documents): Set<string> {
  const skus = new Set(root.lines.keys());
  for (const { lines } of documents.asnsOf(root)) for (const sku of lines.keys()) skus.add(sku);
  return skus;
}

function asnOf(document: Document, sku: string, documents: Documents): Asn {
  const announcements = factsOf(document, sku).filter(isAnnounced);
  const receipts = [keyOf(document), ...document.linked].flatMap((key) => {
    const holder = documents.byKey(key);
    return holder === undefined
      ? []
      : factsOf(holder, sku)
          .filter(isReceived)
          .filter(({ asn }) => asn === document.id);
  });
  receipts.sort((a, b) => a.timeMs - b.timeMs || a.seq - b.seq);
  return {
    document,
    announced: announcements.length === 0 ? null : unitsOf(announcements),
    receipts,
  };
}

/** As the PO says, else as an ASN does, else as the goods' receipt does; '' when nobody says. */
function supplierOf(
  root: Document,
  asns: readonly Document[],
  receipts: readonly Received[],
): string {
  for (const document of [root, ...asns]) {
    const named = lastOf(document.head, 'named', ({ supplier }) => supplier !== '');
    if (named !== undefined) return named.supplier;
  }
  return receipts.find(({ supplier }) => supplier !== '')?.supplier ?? '';
}
