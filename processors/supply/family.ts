/**
 * One SKU of a PO with the ASNs that belong to it, or of an ASN or a receipt without a PO: everything that
 * its rows are made of, gathered from the documents. Whatever the order in which the facts came, the family
 * is the same.
 */
import {
  isAnnounced,
  isReceived,
  lastOf,
  type LineFact,
  type Received,
  type StepFact,
} from './facts.ts';
import type { Document, Documents } from './documents.ts';
import type { Steps } from './steps.ts';

export interface Asn {
  readonly document: Document;
  /** Announced of the SKU; null when the ASN has no line of it. */
  readonly announced: number | null;
  /** Receipt lines that name the ASN, wherever they belong. */
  readonly receipts: readonly Received[];
}

const NO_FACTS: readonly LineFact[] = [];
export const factsOf = (document: Document, sku: string) => document.lines.get(sku) ?? NO_FACTS;

export class Family {
  readonly root: Document;
  readonly sku: string;
  readonly supplier: string;
  readonly asns: readonly Asn[];
  /** Receipt lines of the root and of its ASNs, by event time. */
  readonly receipts: readonly Received[];
  readonly #documents: Documents;
  readonly #steps: Steps;

  constructor(root: Document, sku: string, documents: Documents, steps: Steps) {
    const own = documents.asnsOf(root);
    const receipts: Received[] = [];
    collectReceived(root, sku, receipts);
    for (const document of own) if (document !== root) collectReceived(document, sku, receipts);
    this.root = root;
    this.sku = sku;
    this.asns = own.map((document) => asnOf(document, sku, documents));
    this.receipts = byTime(receipts);
    this.supplier = supplierOf(root, own, this.receipts);
    this.#documents = documents;
    this.#steps = steps;
  }

  /** An ASN that a receipt line names. */
  asn(id: string): Asn | undefined {
    const known = this.asns.find(({ document }) => document.id === id);
    if (known !== undefined) return known;
    const document = this.#documents.get('asn', id);
    return document === undefined ? undefined : asnOf(document, this.sku, this.#documents);
  }

  steps(receipt: string): readonly StepFact[] {
    return this.#steps.of(receipt, this.sku);
  }
}

/** SKUs of a root and its ASNs. */
export function skusOf(root: Document, documents: Documents): Set<string> {
  const skus = new Set(root.lines.keys());
  for (const { lines } of documents.asnsOf(root)) for (const sku of lines.keys()) skus.add(sku);
  return skus;
}

function asnOf(document: Document, sku: string, documents: Documents): Asn {
  let announced: number | null = null;
  for (const fact of factsOf(document, sku)) {
    if (isAnnounced(fact)) announced = (announced ?? 0) + fact.units;
  }
  const receipts: Received[] = [];
  collectReceived(document, sku, receipts, document.id);
  for (const key of document.linked) {
    const holder = documents.byKey(key);
    if (holder !== undefined) collectReceived(holder, sku, receipts, document.id);
  }
  return { document, announced, receipts: byTime(receipts) };
}

/** Adds the receipt lines of a document; of those only that name an ASN, when one is given. */
function collectReceived(document: Document, sku: string, into: Received[], asn?: string): void {
  for (const fact of factsOf(document, sku)) {
    if (isReceived(fact) && (asn === undefined || fact.asn === asn)) into.push(fact);
  }
}

function byTime(receipts: Received[]): Received[] {
  if (receipts.length < 2) return receipts;
  return receipts.sort((a, b) => a.timeMs - b.timeMs || a.seq - b.seq);
}

/** As the PO says, else as an ASN does, else as the goods' receipt does; '' when nobody says. */
function supplierOf(
  root: Document,
  asns: readonly Document[],
  receipts: readonly Received[],
): string {
  let supplier = supplierNamed(root);
  for (const asn of asns) {
    if (supplier !== undefined) break;
    supplier = supplierNamed(asn);
  }
  if (supplier !== undefined) return supplier;
  return receipts.find(({ supplier }) => supplier !== '')?.supplier ?? '';
}

const supplierNamed = ({ head }: Document) =>
  lastOf(head, 'named', ({ supplier }) => supplier !== '')?.supplier;
