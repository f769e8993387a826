/**
 * Rows that were written and may have to be taken back: one for each event, by its identity, for KEPT_MS of
 * event time. A row stands for its event alone, so a correction takes back exactly it.
 */
import { mapParts, restoreMap } from '../facts/parts.ts';
import type { Cell, SnapshotPart } from '../processor.ts';

const KEPT_MS = 35 * 24 * 60 * 60_000;
/** Rows that are kept; beyond it the oldest one stands for good. */
const MAX_ROWS = 200_000;
/** They go in batches: to find the first of a Map takes as long as there are deleted ones before it. */
const EVICTED_AT_ONCE = 1_000;

/** Replaced, never changed. */
interface Written {
  readonly atMs: number;
  readonly cells: readonly Cell[];
}

export class WrittenRows {
  /** The oldest first. */
  readonly #rows = new Map<number, Written>();
  readonly #onForget: (identity: number, cells: readonly Cell[]) => void;

  /** `onForget` hears of each row that is kept no longer because of its age or the bound. */
  constructor(onForget: (identity: number, cells: readonly Cell[]) => void) {
    this.#onForget = onForget;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(identity: number): readonly Cell[] | undefined {
    return this.#rows.get(identity)?.cells;
  }

  /** Rows by identity, in the order of the log. */
  *all(): Generator<readonly [number, readonly Cell[]]> {
    for (const [identity, { cells }] of this.#rows) yield [identity, cells];
  }

  add(identity: number, cells: readonly Cell[], nowMs: number): void {
    this.#rows.set(identity, { atMs: nowMs, cells });
    if (this.#rows.size > MAX_ROWS + EVICTED_AT_ONCE) this.#evict();
  }

  /** The row of an event, which is kept no longer. */
  take(identity: number): readonly Cell[] | undefined {
    const cells = this.#rows.get(identity)?.cells;
    this.#rows.delete(identity);
    return cells;
  }

  onTime(nowMs: number): void {
    for (const [identity, row] of this.#rows) {
      if (nowMs - row.atMs < KEPT_MS) return;
      this.#forget(identity, row);
    }
  }

  #evict(): void {
    for (const [identity, row] of this.#rows) {
      if (this.#rows.size <= MAX_ROWS) return;
      this.#forget(identity, row);
    }
  }

  #forget(identity: number, { cells }: Written): void {
    this.#rows.delete(identity);
    this.#onForget(identity, cells);
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('written', this.#rows);
  }

  restore(part: SnapshotPart): void {
    restoreMap(this.#rows, part.bytes);
  }
}
