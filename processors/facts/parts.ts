/** Snapshot parts made of JSON: a stream of values in pieces of a bounded size. */
import type { SnapshotPart } from '../processor.ts';

/**
 * Characters of a part from which on the next one begins: a turn of the loop makes a part, and values differ in size
 * by a thousand times (an order has one line or hundreds).
 */
const PART_CHARS = 64 * 1024;

export function* jsonParts(name: string, values: Iterable<unknown>): Generator<SnapshotPart> {
  let batch: string[] = [];
  let chars = 0;
  for (const value of values) {
    const text = JSON.stringify(value);
    batch.push(text);
    chars += text.length;
    if (chars < PART_CHARS) continue;
    yield { name, bytes: jsonArray(batch) };
    batch = [];
    chars = 0;
  }
  if (batch.length > 0) yield { name, bytes: jsonArray(batch) };
}

const jsonArray = (values: readonly string[]): Uint8Array => Buffer.from(`[${values.join()}]`);

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
