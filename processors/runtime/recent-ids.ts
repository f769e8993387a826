/**
 * Ids that were seen lately, with a hash of what they carried: the second line against duplicates,
 * behind JetStream's window of a minute (a 3PL that sends yesterday's file again).
 *
 * Bounded (RECENT_IDS): two generations of half the capacity each; when the younger is full, the elder
 * is dropped. So an id is known for at least half the capacity of later ones, at 20 bytes an id.
 *
 *   entries  id, payload │ id, payload │ …     in the order of arrival; one that is written stays
 *   index    hash of the id ─▶ entry           open addressing, made anew from the entries
 *
 * As entries never change, a snapshot is a view of those that there are: nothing is copied, and what is
 * empty is not stored.
 */
import type { SnapshotPart } from '../processor.ts';

/** Slots of the index for each id: at most half of them are taken, so that probing stays short. */
const SLOTS_PER_ID = 2;
/** Numbers of an entry: the id's halves and the payload hash. */
const STRIDE = 3;
/** Entries in one part of a snapshot. */
const PART_ENTRIES = 5_000;

export type Seen = 'new' | 'duplicate' | 'conflict';

/** 64 bits of an id, as two unsigned halves. */
interface Id {
  readonly hi: number;
  readonly lo: number;
}

class Generation {
  readonly #capacity: number;
  readonly #entries: Uint32Array;
  /** Number of the entry, plus 1; 0 in a free slot. */
  readonly #index: Uint32Array;
  readonly #mask: number;
  #size = 0;

  constructor(capacity: number) {
    let slots = 16;
    while (slots < capacity * SLOTS_PER_ID) slots *= 2;
    this.#capacity = capacity;
    this.#entries = new Uint32Array(capacity * STRIDE);
    this.#index = new Uint32Array(slots);
    this.#mask = slots - 1;
  }

  get full(): boolean {
    return this.#size >= this.#capacity;
  }

  /** Payload hash of an id, or undefined. */
  get(hi: number, lo: number): number | undefined {
    const entry = this.#index[this.#find(hi, lo)] as number;
    return entry === 0 ? undefined : this.#entries[(entry - 1) * STRIDE + 2];
  }

  /** Adds an id that is not there, to a generation that is not full. */
  add(hi: number, lo: number, payload: number): void {
    const at = this.#size * STRIDE;
    this.#entries[at] = hi;
    this.#entries[at + 1] = lo;
    this.#entries[at + 2] = payload;
    this.#size += 1;
    this.#index[this.#find(hi, lo)] = this.#size;
  }

  snapshot(name: string): SnapshotPart[] {
    const parts: SnapshotPart[] = [];
    for (let from = 0; from < this.#size; from += PART_ENTRIES) {
      const to = Math.min(from + PART_ENTRIES, this.#size);
      const { buffer, byteLength, byteOffset } = this.#entries.subarray(from * STRIDE, to * STRIDE);
      parts.push({ name, bytes: new Uint8Array(buffer, byteOffset, byteLength) });
    }
    return parts;
  }

  restore(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.byteLength; at += STRIDE * 4) {
      if (this.full) throw new Error(`ids: more than the ${this.#capacity} of a generation`);
      this.add(
        view.getUint32(at, true),
        view.getUint32(at + 4, true),
        view.getUint32(at + 8, true),
      );
    }
  }

  /** The slot of an id, or the free one where it belongs. */
  #find(hi: number, lo: number): number {
    let slot = (lo ^ Math.imul(hi, 0x9e3779b1)) & this.#mask;
    for (;;) {
      const entry = this.#index[slot] as number;
      if (entry === 0) return slot;
      const at = (entry - 1) * STRIDE;
      if (this.#entries[at] === hi && this.#entries[at + 1] === lo) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }
}

export class RecentIds {
  readonly #half: number;
  #young: Generation;
  #old: Generation;

  constructor(capacity: number) {
    this.#half = Math.max(1, Math.ceil(capacity / 2));
    this.#young = new Generation(this.#half);
    this.#old = new Generation(this.#half);
  }

  /** Whether an id is known; nothing is noted. */
  has({ hi, lo }: Id): boolean {
    return this.#payloadOf(hi, lo) !== undefined;
  }

  /** Looks an id up and notes it. `payload` is a 32-bit hash of what it carries. */
  see({ hi, lo }: Id, payload: number): Seen {
    const known = this.#payloadOf(hi, lo);
    if (known !== undefined) return known === payload ? 'duplicate' : 'conflict';
    if (this.#young.full) {
      this.#old = this.#young;
      this.#young = new Generation(this.#half);
    }
    this.#young.add(hi, lo, payload);
    return 'new';
  }

  #payloadOf(hi: number, lo: number): number | undefined {
    return this.#young.get(hi, lo) ?? this.#old.get(hi, lo);
  }

  snapshot(): SnapshotPart[] {
    return [...this.#old.snapshot('old'), ...this.#young.snapshot('young')];
  }

  restore({ bytes, name }: SnapshotPart): void {
    switch (name) {
      case 'old':
        return this.#old.restore(bytes);
      case 'young':
        return this.#young.restore(bytes);
      default:
        throw new Error(`the recent ids have no part ${name}`);
    }
  }
}
