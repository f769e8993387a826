/**
 * Recent movements, for what needs the past: re-basing an absolute count to its capture time (law 5),
 * late deltas, and taking back an event that was wrong.
 *
 * A ring of fixed capacity (RECENT_MOVEMENTS). Entries are numbered for ever; entry n lies in slot
 * n mod capacity. The entries of a position form a chain from the newest back. At the limit the oldest
 * goes: a count captured before the newest lost entry can no longer be re-based and is refused with a
 * finding (`reaches`).
 */
import type { SnapshotPart } from '../processor.ts';
import { jsonParts, parseJson } from './parts.ts';
import { decodeRows, encodePages, Pages, type FrozenPages } from './pages.ts';

const ROW = 0;
const CODE = 1;
const UNITS = 2;
const TIME = 3;
const NOW = 4;
const SEQ = 5;
const IDENTITY = 6;
const PREVIOUS = 7;
const STRIDE = 8;

/** Room of an account or counter number inside the code. */
const SIDE = 64;

export interface Entry {
  readonly row: number;
  readonly from: number;
  readonly to: number;
  readonly units: number;
  readonly timeMs: number;
  /** Event time of the processor when the entry was made. */
  readonly nowMs: number;
  readonly seq: number;
  readonly identity: number;
  /** Number of the source (SourceNumbers). */
  readonly source: number;
  /** Key of the record (order line, PO line …) that the entry belongs to, or ''. */
  readonly record: string;
}

export class History {
  readonly capacity: number;
  #cells = new Pages(STRIDE);
  #records: string[] = [];
  #count = 0;
  /** Event time of the processor at the newest entry that was lost. */
  #lostNowMs = Number.NEGATIVE_INFINITY;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return Math.min(this.#count, this.capacity);
  }

  /** Adds an entry behind the position's newest one and returns its number. */
  push(entry: Entry, previous: number): number {
    const number = this.#count;
    const slot = number % this.capacity;
    if (number >= this.capacity) this.#lostNowMs = this.#cells.get(slot, NOW);
    else this.#cells.grow(slot + 1);
    const cells = this.#cells;
    cells.set(slot, ROW, entry.row);
    cells.set(slot, CODE, entry.from + entry.to * SIDE + entry.source * SIDE * SIDE);
    cells.set(slot, UNITS, entry.units);
    cells.set(slot, TIME, entry.timeMs);
    cells.set(slot, NOW, entry.nowMs);
    cells.set(slot, SEQ, entry.seq);
    cells.set(slot, IDENTITY, entry.identity);
    cells.set(slot, PREVIOUS, previous + 1);
    this.#records[slot] = entry.record;
    this.#count += 1;
    return number;
  }

  /** True when no movement that came after `asOfMs` has been lost. */
  reaches(asOfMs: number): boolean {
    return this.#lostNowMs <= asOfMs;
  }

  /**
   * Entries of a position with event time after `asOfMs`, newest first. It stops at the first entry
   * that was made when the processor's time was not past `asOfMs`: older entries cannot be later.
   */
  *since(newest: number, asOfMs: number): Generator<Entry> {
    let number = newest;
    while (this.#holds(number)) {
      const slot = number % this.capacity;
      if (this.#cells.get(slot, NOW) <= asOfMs) return;
      if (this.#cells.get(slot, TIME) > asOfMs) yield this.#entry(slot);
      number = this.#cells.get(slot, PREVIOUS) - 1;
    }
  }

  /** Entries that an event made, oldest first; a scan of the whole ring, for corrections only. */
  ofEvent(identity: number): Entry[] {
    const found: Entry[] = [];
    for (let number = Math.max(0, this.#count - this.capacity); number < this.#count; number++) {
      const slot = number % this.capacity;
      if (this.#cells.get(slot, IDENTITY) === identity) found.push(this.#entry(slot));
    }
    return found;
  }

  /** Positions that moved last, each once, newest first. */
  recentRows(limit: number): number[] {
    const rows = new Set<number>();
    for (let number = this.#count - 1; this.#holds(number) && rows.size < limit; number--) {
      if (this.#count - number > limit * 50) break;
      rows.add(this.#cells.get(number % this.capacity, ROW));
    }
    return [...rows];
  }

  snapshot(): Iterable<SnapshotPart> {
    const head = {
      count: this.#count,
      lostNowMs: Number.isFinite(this.#lostNowMs) ? this.#lostNowMs : null,
    };
    return parts(head, [...this.#records], this.#cells.freeze());
  }

  restore(part: SnapshotPart): void {
    switch (part.name) {
      case 'history.head': {
        const [head] = parseJson<{ count: number; lostNowMs: number | null }>(part.bytes);
        this.#count = head?.count ?? 0;
        this.#lostNowMs = head?.lostNowMs ?? Number.NEGATIVE_INFINITY;
        return;
      }
      case 'history.records':
        this.#records.push(...parseJson<string>(part.bytes));
        return;
      case 'history.cells':
        decodeRows(this.#cells, part.bytes);
        return;
      default:
        throw new Error(`the history has no part ${part.name}`);
    }
  }

  #holds(number: number): boolean {
    return number >= 0 && number >= this.#count - this.capacity && number < this.#count;
  }

  #entry(slot: number): Entry {
    const code = this.#cells.get(slot, CODE);
    return {
      row: this.#cells.get(slot, ROW),
      from: code % SIDE,
      to: Math.floor(code / SIDE) % SIDE,
      source: Math.floor(code / (SIDE * SIDE)),
      units: this.#cells.get(slot, UNITS),
      timeMs: this.#cells.get(slot, TIME),
      nowMs: this.#cells.get(slot, NOW),
      seq: this.#cells.get(slot, SEQ),
      identity: this.#cells.get(slot, IDENTITY),
      record: this.#records[slot] ?? '',
    };
  }
}

function* parts(head: object, records: string[], cells: FrozenPages): Generator<SnapshotPart> {
  yield* jsonParts('history.head', [head]);
  yield* jsonParts('history.records', records);
  for (const bytes of encodePages(cells, STRIDE)) yield { name: 'history.cells', bytes };
  cells.release();
}
