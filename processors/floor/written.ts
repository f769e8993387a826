/**
 * Rows that were written and may have to be taken back: one for each event, by its identity, for KEPT_MS of
 * event time. A row stands for its event alone, so a correction takes back exactly it.
 */
import { mapParts, restoreMap } from '../facts/parts.ts';
import type { Cell, SnapshotPart } from '../processor.ts';

const KEPT_MS = 35 * 24 * 60 * 60_000;
/** Rows that are kept; beyond it the oldest one stands for good. */
const MAX_ROWS = 200_000;

/** Replaced, never changed. */
interface Written {
  readonly atMs: number;
  readonly cells: readonly Cell[];
}

export class WrittenRows {
  /** The oldest first. */
  readonly #rows = new Map<number, Written>();

  get size(): number {
    return this.#rows.size;
  }

  add(identity: number, cells: readonly Cell[], nowMs: number): void {
    this.#rows.set(identity, { atMs: nowMs, cells });
    if (this.#rows.size <= MAX_ROWS) return;
    const [oldest] = this.#rows.keys();
    if (oldest !== undefined) this.#rows.delete(oldest);
  }

  /** The row of an event, which is kept no longer. */
  take(identity: number): readonly Cell[] | undefined {
    const cells = this.#rows.get(identity)?.cells;
    this.#rows.delete(identity);
    return cells;
  }

  onTime(nowMs: number): void {
    for (const [identity, { atMs }] of this.#rows) {
      if (nowMs - atMs < KEPT_MS) return;
      this.#rows.delete(identity);
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('written', this.#rows);
  }

  restore(part: SnapshotPart): void {
    restoreMap(this.#rows, part.bytes);
  }
}
