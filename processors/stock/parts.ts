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

export function parseJson<T>(bytes: Uint8Array): T[] {
  return JSON.parse(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
  ) as T[];
}
