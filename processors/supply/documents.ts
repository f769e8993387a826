/**
 * POs, ASNs and receipts that name neither, with the facts about them, and how they hang together:
 *
 *   PO ◀── ASN that names it ◀── receipt lines of the ASN        a receipt line that names both belongs
 *    ▲────────────────────────── receipt lines of the PO         to the PO, and is expected by the ASN
 *
 * The *root* of an ASN is the PO that its newest header names, or itself. Rows are made by root and SKU
 * (line.ts). `linked` holds every document that was ever named together with this one: more than needed,
 * never less, so that whoever changes a document knows which roots to make anew.
 */
import type { SnapshotPart } from '../processor.ts';
import { jsonParts, parseJson } from '../facts/parts.ts';
import { insertFact } from '../facts/signed.ts';
import { lastOf, type HeadFact, type LineFact } from './facts.ts';

export type DocumentKind = 'po' | 'asn' | 'receipt';

export interface Document {
  readonly kind: DocumentKind;
  readonly id: string;
  /** `documentKey` of the two. */
  readonly key: string;
  head: HeadFact[];
  readonly lines: Map<string, LineFact[]>;
  /** Keys of documents that were named together with it. */
  readonly linked: string[];
  /** Flow violations that were reported, by subtype and SKU. */
  readonly raised: string[];
  /** When it was last touched, or last found to be open (event time). */
  touchedMs: number;
}

const NO_DOCUMENTS: readonly Document[] = [];

/** Facts of one SKU of one document; beyond this a blanket order's line keeps no more. */
export const MAX_FACTS_PER_LINE = 2_000;

export const documentKey = (kind: DocumentKind, id: string) => `${kind} ${id}`;

export class Documents {
  /** The longest untouched first. */
  readonly #documents = new Map<string, Document>();
  /** Which document holds the fact of an event, for corrections. */
  readonly #places = new Map<number, string>();

  get size(): number {
    return this.#documents.size;
  }

  get(kind: DocumentKind, id: string): Document | undefined {
    return this.#documents.get(documentKey(kind, id));
  }

  byKey(key: string): Document | undefined {
    return this.#documents.get(key);
  }

  /** Those there are, the longest untouched first. */
  all(): IterableIterator<Document> {
    return this.#documents.values();
  }

  /** The document, made when it is new, behind all others. */
  touch(kind: DocumentKind, id: string, nowMs: number): Document {
    const key = documentKey(kind, id);
    let document = this.#documents.get(key);
    if (document === undefined) {
      document = {
        kind,
        id,
        key,
        head: [],
        lines: new Map(),
        linked: [],
        raised: [],
        touchedMs: nowMs,
      };
    } else {
      this.#documents.delete(key);
    }
    document.touchedMs = nowMs;
    this.#documents.set(key, document);
    return document;
  }

  link(one: Document, other: Document): void {
    if (!one.linked.includes(other.key)) one.linked.push(other.key);
    if (!other.linked.includes(one.key)) other.linked.push(one.key);
  }

  addHead(document: Document, fact: HeadFact): void {
    insertFact(document.head, fact);
    this.#places.set(fact.identity, document.key);
  }

  /** False when the line is full. */
  addLine(document: Document, sku: string, fact: LineFact): boolean {
    let facts = document.lines.get(sku);
    if (facts === undefined) {
      facts = [];
      document.lines.set(sku, facts);
    }
    if (facts.length >= MAX_FACTS_PER_LINE) return false;
    insertFact(facts, fact);
    this.#places.set(fact.identity, document.key);
    return true;
  }

  /** The document that holds a fact, and the SKU it is about; null for the whole document. */
  find(identity: number): { document: Document; sku: string | null } | undefined {
    const document = this.#documents.get(this.#places.get(identity) ?? '');
    if (document === undefined) return undefined;
    for (const [sku, facts] of document.lines) {
      if (facts.some((fact) => fact.identity === identity)) return { document, sku };
    }
    return { document, sku: null };
  }

  /** Drops a fact. */
  drop(identity: number, { document, sku }: { document: Document; sku: string | null }): void {
    this.#places.delete(identity);
    const others = <F extends { identity: number }>(facts: readonly F[]) =>
      facts.filter((fact) => fact.identity !== identity);
    if (sku === null) document.head = others(document.head);
    else document.lines.set(sku, others(document.lines.get(sku) ?? []));
  }

  forget(document: Document): void {
    for (const fact of document.head) this.#places.delete(fact.identity);
    for (const facts of document.lines.values()) {
      for (const fact of facts) this.#places.delete(fact.identity);
    }
    this.#documents.delete(document.key);
  }

  /** The PO that an ASN belongs to; itself when it names none, and for every other document. */
  rootOf(document: Document): Document {
    if (document.kind !== 'asn') return document;
    const named = lastOf(document.head, 'named', ({ po }) => po !== '');
    return named === undefined ? document : (this.get('po', named.po) ?? document);
  }

  /** ASNs whose root the document is. */
  asnsOf(root: Document): readonly Document[] {
    if (root.kind === 'asn') return [root];
    if (root.linked.length === 0) return NO_DOCUMENTS;
    return this.#linkedTo(root).filter((other) => this.rootOf(other) === root);
  }

  /** Every root whose rows a change of the document may change. */
  affectedBy(document: Document): Set<Document> {
    const roots = new Set([document]);
    for (const other of this.#linkedTo(document)) {
      roots.add(other);
      if (document.kind === 'po') for (const po of this.#linkedTo(other)) roots.add(po);
    }
    return roots;
  }

  /** Everything that hangs together with a document, itself included: it is forgotten as one. */
  clusterOf(document: Document): Set<Document> {
    const cluster = new Set([document]);
    for (const one of cluster) for (const other of this.#linkedTo(one)) cluster.add(other);
    return cluster;
  }

  /** Documents of the other kind that were named together with it and are still known. */
  #linkedTo({ linked }: Document): Document[] {
    const known: Document[] = [];
    for (const key of linked) {
      const other = this.#documents.get(key);
      if (other !== undefined) known.push(other);
    }
    return known;
  }

  snapshot(): Iterable<SnapshotPart> {
    const copies = Array.from(this.#documents.values(), (document) => ({
      ...document,
      head: [...document.head],
      lines: Array.from(document.lines, ([sku, facts]) => [sku, [...facts]]),
      linked: [...document.linked],
      raised: [...document.raised],
    }));
    return jsonParts('documents', copies);
  }

  restore({ bytes }: SnapshotPart): void {
    type Saved = Omit<Document, 'lines'> & { lines: [string, LineFact[]][] };
    for (const saved of parseJson<Saved>(bytes)) {
      const document: Document = { ...saved, lines: new Map(saved.lines) };
      const { key } = document;
      this.#documents.set(key, document);
      for (const fact of document.head) this.#places.set(fact.identity, key);
      for (const facts of document.lines.values()) {
        for (const fact of facts) this.#places.set(fact.identity, key);
      }
    }
  }
}
