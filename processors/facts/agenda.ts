/**
 * What is to be looked at when: at most one instant for each key, the earliest first, of equal ones by key.
 * Costs a logarithm to set and nothing while nothing is due. Its owner keeps the instants in its own state
 * and sets them again after a restore. Pure.
 */
import TinyQueue from 'tinyqueue';

interface Entry {
  readonly key: string;
  readonly atMs: number;
}

/** Superseded entries that the queue may hold beyond as many as there are keys. */
const MAX_SUPERSEDED = 1_000;

const byInstant = (a: Entry, b: Entry) => a.atMs - b.atMs || (a.key < b.key ? -1 : 1);

export class Agenda {
  readonly #at = new Map<string, number>();
  #queue = new TinyQueue<Entry>([], byInstant);

  /** Null takes the key off. */
  set(key: string, atMs: number | null): void {
    if (atMs === null) {
      this.#at.delete(key);
      return;
    }
    if (this.#at.get(key) === atMs) return;
    this.#at.set(key, atMs);
    this.#queue.push({ key, atMs });
    if (this.#queue.length > 2 * this.#at.size + MAX_SUPERSEDED) this.#rebuild();
  }

  /** Takes off the keys whose instant has come. Whoever sets one again must set it after `nowMs`. */
  *due(nowMs: number): Generator<string> {
    for (;;) {
      const first = this.#queue.peek();
      if (first === undefined || first.atMs > nowMs) return;
      this.#queue.pop();
      if (this.#at.get(first.key) !== first.atMs) continue;
      this.#at.delete(first.key);
      yield first.key;
    }
  }

  #rebuild(): void {
    const entries = [...this.#at].map(([key, atMs]) => ({ key, atMs }));
    this.#queue = new TinyQueue(entries, byInstant);
  }
}
