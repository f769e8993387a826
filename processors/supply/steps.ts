/**
 * What becomes of received goods, by receipt and SKU: put away, inspected, found to be booked wrong. Such
 * events name a receipt but neither PO nor ASN, and may come before the receipt; they wait for it here.
 */
import type { SnapshotPart } from '../processor.ts';
import { jsonParts, parseJson } from '../facts/parts.ts';
import { insertFact } from '../facts/signed.ts';
import type { StepFact } from './facts.ts';

/** Steps of a receipt that has not come wait this long for it (event time). */
const WAIT_MS = 7 * 24 * 60 * 60_000;
/** Most steps that are kept of one SKU of one receipt. */
const MAX_STEPS = 1_000;

interface Receipt {
  facts: StepFact[];
  /** Keys of the documents that hold lines of the receipt. */
  readonly documents: string[];
  touchedMs: number;
}

const NO_STEPS: readonly StepFact[] = [];
const keyOf = (receipt: string, sku: string) => `${receipt} ${sku}`;

export class Steps {
  /** By receipt and SKU, the longest untouched first. */
  readonly #receipts = new Map<string, Receipt>();
  readonly #places = new Map<number, { receipt: string; sku: string }>();

  of(receipt: string, sku: string): readonly StepFact[] {
    return this.#receipts.get(keyOf(receipt, sku))?.facts ?? NO_STEPS;
  }

  /** Keys of the documents with lines of the receipt. */
  documentsOf(receipt: string, sku: string): readonly string[] {
    return this.#receipts.get(keyOf(receipt, sku))?.documents ?? [];
  }

  /** Notes that a document holds a line of the receipt. */
  received(receipt: string, sku: string, document: string, nowMs: number): void {
    const { documents } = this.#touch(receipt, sku, nowMs);
    if (!documents.includes(document)) documents.push(document);
  }

  /** False when too much has happened to the goods to keep it. */
  add(receipt: string, sku: string, fact: StepFact, nowMs: number): boolean {
    const { facts } = this.#touch(receipt, sku, nowMs);
    if (facts.length >= MAX_STEPS) return false;
    insertFact(facts, fact);
    this.#places.set(fact.identity, { receipt, sku });
    return true;
  }

  find(identity: number): { receipt: string; sku: string } | undefined {
    return this.#places.get(identity);
  }

  drop(identity: number): void {
    const place = this.#places.get(identity);
    if (place === undefined) return;
    this.#places.delete(identity);
    const known = this.#receipts.get(keyOf(place.receipt, place.sku));
    if (known !== undefined) {
      known.facts = known.facts.filter((fact) => fact.identity !== identity);
    }
  }

  /** Forgets the steps of a receipt whose document is forgotten. */
  released(receipt: string, sku: string, document: string): void {
    const key = keyOf(receipt, sku);
    const known = this.#receipts.get(key);
    if (known === undefined) return;
    const at = known.documents.indexOf(document);
    if (at >= 0) known.documents.splice(at, 1);
    if (known.documents.length === 0) this.#forget(key, known);
  }

  /** Forgets steps whose receipt has not come. */
  onTime(nowMs: number): void {
    for (const [key, receipt] of this.#receipts) {
      if (nowMs - receipt.touchedMs < WAIT_MS) return;
      if (receipt.documents.length === 0) this.#forget(key, receipt);
      else {
        // Goods that are here stay known for as long as their document is; ask again later.
        receipt.touchedMs = nowMs;
        this.#receipts.delete(key);
        this.#receipts.set(key, receipt);
      }
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    const copies = Array.from(this.#receipts, ([key, { documents, facts, touchedMs }]) => [
      key,
      { documents: [...documents], facts: [...facts], touchedMs },
    ]);
    return jsonParts('steps', copies);
  }

  restore({ bytes }: SnapshotPart): void {
    for (const [key, saved] of parseJson<[string, Receipt]>(bytes)) {
      this.#receipts.set(key, saved);
      // Ids hold no white space.
      const [receipt = '', sku = ''] = key.split(' ');
      for (const { identity } of saved.facts) this.#places.set(identity, { receipt, sku });
    }
  }

  #touch(receipt: string, sku: string, nowMs: number): Receipt {
    const key = keyOf(receipt, sku);
    const known = this.#receipts.get(key) ?? { facts: [], documents: [], touchedMs: nowMs };
    known.touchedMs = nowMs;
    this.#receipts.delete(key);
    this.#receipts.set(key, known);
    return known;
  }

  #forget(key: string, { facts }: Receipt): void {
    for (const { identity } of facts) this.#places.delete(identity);
    this.#receipts.delete(key);
  }
}
