/**
 * Records of the processor, in the order in which they were last touched. A snapshot is two flat copies: a
 * record that is changed after it was taken is copied first, so what the snapshot writes stays as it was.
 */
import { jsonParts, parseJson } from '../facts/parts.ts';
import type { SnapshotPart } from '../processor.ts';

interface Entry {
  readonly id: string;
  touchedMs: number;
}

export interface RecordKind<T> {
  readonly make: (id: string) => T;
  readonly copy: (record: T) => T;
  /** What a snapshot holds of it. */
  readonly plain: (record: T) => T;
}

export class Records<T extends Entry> {
  readonly name: string;
  readonly #make: (id: string) => T;
  readonly #copy: (record: T) => T;
  readonly #plain: (record: T) => T;
  readonly #records = new Map<string, T>();
  /** Records that were made or copied since the last snapshot, and may be changed in place. */
  readonly #own = new Set<T>();

  constructor(name: string, kind: RecordKind<T>) {
    this.name = name;
    this.#make = kind.make;
    this.#copy = kind.copy;
    this.#plain = kind.plain;
  }

  get size(): number {
    return this.#records.size;
  }

  /** To be read only. */
  get(id: string): T | undefined {
    return this.#records.get(id);
  }

  /** To be changed: the record of the id, made when it is new, behind all others. */
  touch(id: string, nowMs: number): T {
    let record = this.#records.get(id) ?? this.#make(id);
    if (!this.#own.has(record)) {
      record = this.#records.has(id) ? this.#copy(record) : record;
      this.#own.add(record);
    }
    this.#records.delete(id);
    this.#records.set(id, record);
    record.touchedMs = nowMs;
    return record;
  }

  delete(id: string): void {
    const record = this.#records.get(id);
    if (record === undefined) return;
    this.#own.delete(record);
    this.#records.delete(id);
  }

  /** The longest untouched first. */
  values(): IterableIterator<T> {
    return this.#records.values();
  }

  snapshot(): Iterable<SnapshotPart> {
    this.#own.clear();
    return jsonParts(this.name, mapped([...this.#records.values()], this.#plain));
  }

  restore({ bytes }: SnapshotPart): void {
    for (const record of parseJson<T>(bytes)) {
      this.#records.set(record.id, record);
      this.#own.add(record);
    }
  }
}

function* mapped<T>(items: readonly T[], of: (item: T) => T): Generator<T> {
  for (const item of items) yield of(item);
}
