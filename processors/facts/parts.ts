/** Snapshot parts made of JSON: a stream of values in pieces of a bounded size. */
import type { SnapshotPart } from '../processor.ts';

/** Values in one part: small enough that writing a part never holds up the loop for long. */
const VALUES_PER_PART = 2_000;

export function* jsonParts(name: string, values: Iterable<unknown>): Generator<SnapshotPart> {
  let batch: unknown[] = [];
  for (const value of values) {
    batch.push(value);
    if (batch.length === VALUES_PER_PART) {
      yield { name, bytes: Buffer.from(JSON.stringify(batch)) };
      batch = [];
    }
  }
  if (batch.length > 0) yield { name, bytes: Buffer.from(JSON.stringify(batch)) };
}

/**
 * A map as it is now, to be written later. Its values must be replaced, never changed: then two flat
 * copies are enough, which even for a million entries takes milliseconds.
 */
export function mapParts<K, V>(name: string, map: ReadonlyMap<K, V>): Iterable<SnapshotPart> {
  return jsonParts(name, pairs([...map.keys()], [...map.values()]));
}

function* pairs<K, V>(keys: readonly K[], values: readonly V[]): Generator<[K, V]> {
  for (let index = 0; index < keys.length; index++) {
    yield [keys[index] as K, values[index] as V];
  }
}

/** The parts of several, one after the other. */
export function* joined(parts: readonly Iterable<SnapshotPart>[]): Generator<SnapshotPart> {
  for (const part of parts) yield* part;
}

export function parseJson<T>(bytes: Uint8Array): T[] {
  return JSON.parse(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
  ) as T[];
}

/** Puts the entries that `mapParts` wrote back. */
export function restoreMap<K, V>(map: Map<K, V>, bytes: Uint8Array): void {
  for (const [key, value] of parseJson<[K, V]>(bytes)) map.set(key, value);
}
