/**
 * The rows that families were last said to stand for, so that an event projects its family once: after it.
 * Nothing but a memory, and no part of a snapshot: a family that is not remembered is projected before its
 * facts change, which gives the same rows.
 */
import type { FactRow } from '../facts/signed.ts';
import type { Document } from './documents.ts';

/** Families that are remembered; the longest untouched go first. */
const MAX_FAMILIES = 50_000;

interface Kept {
  /** A document that was forgotten and came anew is another one. */
  readonly root: Document;
  readonly rows: readonly FactRow[];
}

export class Standing {
  readonly #families = new Map<string, Kept>();

  /** Rows of a family, which are remembered no more: they are about to change. */
  take(root: Document, sku: string): readonly FactRow[] | undefined {
    const key = `${root.key} ${sku}`;
    const kept = this.#families.get(key);
    if (kept === undefined) return undefined;
    this.#families.delete(key);
    return kept.root === root ? kept.rows : undefined;
  }

  keep(root: Document, sku: string, rows: readonly FactRow[]): void {
    if (this.#families.size >= MAX_FAMILIES) this.#forgetOldest();
    this.#families.set(`${root.key} ${sku}`, { root, rows });
  }

  #forgetOldest(): void {
    for (const key of this.#families.keys()) {
      this.#families.delete(key);
      return;
    }
  }
}
