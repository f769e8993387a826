/**
 * Ids that were seen lately, with a hash of what they carried: the second line against duplicates,
 * behind JetStream's window of a minute (a 3PL that sends yesterday's file again).
 *
 * Bounded (RECENT_IDS): two generations of half the capacity each; when the younger is full, the elder
 * is dropped. So an id is known for at least half the capacity of later ones. Open addressing over typed
 * arrays: 24 bytes an id, and a snapshot is a copy of the arrays.
 */
import type { SnapshotPart } from '../processor.ts';

/** The younger generation is at most half full, so that probing stays short. */
const SLOTS_PER_ID = 2;

export type Seen = 'new' | 'duplicate' | 'conflict';

/** 64 bits of an id, as two unsigned halves. */
interface Id {
  readonly hi: number;
  readonly lo: number;
}

/** The lower half; 0, 0 marks a free slot, and no id may use it. */
const usable = ({ hi, lo }: Id) => (hi === 0 && lo === 0 ? 1 : lo);

class Generation {
  readonly #mask: number;
  readonly #capacity: number;
  readonly #hi: Uint32Array;
  readonly #lo: Uint32Array;
  readonly #payload: Uint32Array;
  #size = 0;

  constructor(capacity: number) {
    let slots = 16;
    while (slots < capacity * SLOTS_PER_ID) slots *= 2;
    this.#mask = slots - 1;
    this.#capacity = capacity;
    this.#hi = new Uint32Array(slots);
    this.#lo = new Uint32Array(slots);
    this.#payload = new Uint32Array(slots);
  }

  get full(): boolean {
    return this.#size >= this.#capacity;
  }

  /** Payload hash of an id, or undefined. */
  get(hi: number, lo: number): number | undefined {
    const slot = this.#find(hi, lo);
    return this.#isFree(slot) ? undefined : this.#payload[slot];
  }

  add(hi: number, lo: number, payload: number): void {
    const slot = this.#find(hi, lo);
    if (!this.#isFree(slot)) return;
    this.#hi[slot] = hi;
    this.#lo[slot] = lo;
    this.#payload[slot] = payload;
    this.#size += 1;
  }

  copy(): SnapshotPart[] {
    return [this.#hi, this.#lo, this.#payload].map((column, index) => ({
      name: `ids.${index}`,
      bytes: new Uint8Array(column.slice().buffer),
    }));
  }

  load(column: number, bytes: Uint8Array): void {
    const target = [this.#hi, this.#lo, this.#payload][column];
    if (target === undefined || target.byteLength !== bytes.byteLength) {
      throw new Error(`ids: ${bytes.byteLength} bytes do not fit`);
    }
    new Uint8Array(target.buffer).set(bytes);
    if (column !== 1) return;
    this.#size = 0;
    for (let slot = 0; slot <= this.#mask; slot++) if (!this.#isFree(slot)) this.#size += 1;
  }

  #find(hi: number, lo: number): number {
    let slot = (lo ^ Math.imul(hi, 0x9e3779b1)) & this.#mask;
    while (!this.#isFree(slot) && (this.#hi[slot] !== hi || this.#lo[slot] !== lo)) {
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }

  #isFree(slot: number): boolean {
    return this.#hi[slot] === 0 && this.#lo[slot] === 0;
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
  has(id: Id): boolean {
    return this.#payloadOf(id.hi, usable(id)) !== undefined;
  }

  /** Looks an id up and notes it. `payload` is a 32-bit hash of what it carries. */
  see(id: Id, payload: number): Seen {
    const lo = usable(id);
    const known = this.#payloadOf(id.hi, lo);
    if (known !== undefined) return known === payload ? 'duplicate' : 'conflict';
    if (this.#young.full) {
      this.#old = this.#young;
      this.#young = new Generation(this.#half);
    }
    this.#young.add(id.hi, lo, payload);
    return 'new';
  }

  #payloadOf(hi: number, lo: number): number | undefined {
    return this.#young.get(hi, lo) ?? this.#old.get(hi, lo);
  }

  snapshot(): SnapshotPart[] {
    return [
      ...this.#young.copy().map((part) => ({ ...part, name: `young.${part.name}` })),
      ...this.#old.copy().map((part) => ({ ...part, name: `old.${part.name}` })),
    ];
  }

  restore(part: SnapshotPart): void {
    const [generation, , column] = part.name.split('.');
    (generation === 'young' ? this.#young : this.#old).load(Number(column), part.bytes);
  }
}
