/**
 * Recent movements, for what needs the past: re-basing an absolute count to its capture time (law 5),
 * late deltas, and taking back an event that was wrong.
 *
 * A ring of fixed capacity (RECENT_MOVEMENTS). Entries are numbered for ever; entry n lies in slot
 * n mod capacity. Two chains lead from the newest entry back: one per position, one per event (by a
 * hash of its identity). At the limit the oldest entry goes: a count captured before the newest lost
 * entry can no longer be re-based and is refused with a finding (`reaches`).
 */
import type { SnapshotPart } from '../processor.ts';
import { jsonParts, parseJson } from '../facts/parts.ts';
import { decodeRows, encodePages, Pages, type FrozenPages } from './pages.ts';

const ROW = 0;
const CODE = 1;
const UNITS = 2;
const TIME = 3;
const NOW = 4;
/** Of the event; below 0 once the entry was taken back, 0 when it cannot be. */
const IDENTITY = 5;
/** Entry before this one of the position, plus 1. */
const PREVIOUS = 6;
/** Entry before this one whose identity falls into the same bucket, plus 1. */
const TWIN = 7;
const STRIDE = 8;

/** Room of an account or counter number inside the code. */
const SIDE = 64;
const NONE = -1;

export interface Entry {
  /** Position, -1 for a counter of a record that has none yet. */
  readonly row: number;
  readonly from: number;
  readonly to: number;
  readonly units: number;
  readonly timeMs: number;
  /** Event time of the processor when the entry was made. */
  readonly nowMs: number;
  /** Of the event that made the entry; 0 when a correction must not find it. */
  readonly identity: number;
  /** Number of the source. */
  readonly source: number;
  /** Key of the record (order line, PO line …) that the entry belongs to, or ''. */
  readonly record: string;
}

export class History {
  readonly capacity: number;
  #cells = new Pages(STRIDE);
  #records: string[] = [];
  /** Newest entry of each bucket of identities, plus 1. */
  readonly #newestOf: Float64Array;
  #count = 0;
  /** Event time of the processor at the newest entry that was lost. */
  #lostNowMs = Number.NEGATIVE_INFINITY;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#newestOf = new Float64Array(2 ** Math.ceil(Math.log2(capacity)));
  }

  get size(): number {
    return Math.min(this.#count, this.capacity);
  }

  /** Adds an entry behind the position's newest one (`previous`, -1 for none); returns its number. */
  push(
    entry: Omit<Entry, 'nowMs' | 'source'>,
    at: { nowMs: number; source: number; previous: number },
  ): number {
    const number = this.#count;
    const slot = number % this.capacity;
    const cells = this.#cells;
    if (number >= this.capacity) this.#lostNowMs = cells.get(slot, NOW);
    else cells.grow(slot + 1);
    cells.set(slot, ROW, entry.row);
    cells.set(slot, CODE, entry.from + entry.to * SIDE + at.source * SIDE * SIDE);
    cells.set(slot, UNITS, entry.units);
    cells.set(slot, TIME, entry.timeMs);
    cells.set(slot, NOW, at.nowMs);
    cells.set(slot, IDENTITY, entry.identity);
    cells.set(slot, PREVIOUS, at.previous + 1);
    cells.set(slot, TWIN, entry.identity === 0 ? 0 : this.#link(entry.identity, number));
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

  /** Entries that an event made and that were not taken back, oldest first. */
  of(identity: number): Entry[] {
    return this.#slotsOf(identity).map((slot) => this.#entry(slot));
  }

  /** Entries that an event made, oldest first. They are marked: the next call finds none of them. */
  takeBack(identity: number): Entry[] {
    return this.#slotsOf(identity).map((slot) => {
      const entry = this.#entry(slot);
      this.#cells.set(slot, IDENTITY, -identity);
      return entry;
    });
  }

  /** Positions that moved last, each once, newest first. */
  recentRows(limit: number): number[] {
    const rows = new Set<number>();
    const oldest = this.#count - limit * 50;
    for (let number = this.#count - 1; this.#holds(number) && rows.size < limit; number--) {
      if (number < oldest) break;
      const row = this.#cells.get(number % this.capacity, ROW);
      if (row !== NONE) rows.add(row);
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
        for (const record of parseJson<string>(part.bytes)) this.#records.push(record);
        return;
      case 'history.cells':
        decodeRows(this.#cells, part.bytes);
        return;
      default:
        throw new Error(`the history has no part ${part.name}`);
    }
  }

  /** Finds the newest entry of each bucket again; the links behind it are in the cells. */
  restored(): void {
    for (let number = this.#count - this.size; number < this.#count; number++) {
      const identity = Math.abs(this.#cells.get(number % this.capacity, IDENTITY));
      if (identity !== 0) this.#link(identity, number);
    }
  }

  /** Puts an entry in front of its bucket; the one that was there, plus 1, unless it is lost. */
  #link(identity: number, number: number): number {
    const bucket = this.#bucket(identity);
    const twin = this.#newestOf[bucket] ?? 0;
    this.#newestOf[bucket] = number + 1;
    return twin - 1 > number - this.capacity ? twin : 0;
  }

  /** By the low 32 bits; their number is a power of two. */
  #bucket(identity: number): number {
    return (identity >>> 0) & (this.#newestOf.length - 1);
  }

  #slotsOf(identity: number): number[] {
    const found: number[] = [];
    let number = (this.#newestOf[this.#bucket(identity)] ?? 0) - 1;
    while (this.#holds(number)) {
      const slot = number % this.capacity;
      if (this.#cells.get(slot, IDENTITY) === identity) found.push(slot);
      number = this.#cells.get(slot, TWIN) - 1;
    }
    return found.reverse();
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
