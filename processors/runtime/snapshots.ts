/**
 * Snapshots of a runtime: the state of its intake, its findings and its processors at one log sequence,
 * written in chunks to the SNAPSHOTS stream between two turns of the loop.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { pruneBlobs, readBlob, writeBlob, type BlobRef } from '../../platform/nats/blobs.ts';
import type { NatsLink } from '../../platform/nats/connect.ts';
import { STREAMS } from '../../platform/nats/streams.ts';
import type { SnapshotPart } from '../processor.ts';
import type { SnapshotRef } from './checkpoint.ts';
import { decodeFrames, encodeFrame } from './frames.ts';

/** Something whose state belongs to a snapshot. */
export interface Stateful {
  readonly name: string;
  snapshot(): Iterable<SnapshotPart>;
  restore(parts: Iterable<SnapshotPart>): void;
}

const subjectOf = (slice: string) => `snap.${slice}`;

/**
 * The state at this instant: the copies are taken before this returns, and the bytes are made as they
 * are read, a part in each turn of the loop.
 */
export function captureState(parts: readonly Stateful[]): AsyncIterable<Uint8Array> {
  const taken = parts.map((part) => ({ name: part.name, parts: part.snapshot() }));
  return (async function* () {
    for (const { name, parts: pieces } of taken) {
      for (const piece of pieces) {
        yield encodeFrame({ name: `${name}/${piece.name}`, bytes: piece.bytes });
        await turn();
      }
    }
  })();
}

export async function writeSnapshot(
  link: NatsLink,
  slice: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<BlobRef> {
  return writeBlob(link, { stream: STREAMS.snapshots, subject: subjectOf(slice), chunks });
}

/** Removes the slice's snapshots that no checkpoint names any more. */
export async function pruneSnapshots(
  link: NatsLink,
  slice: string,
  keep: readonly (SnapshotRef | null)[],
): Promise<void> {
  const refs = keep.flatMap((snapshot) => (snapshot === null ? [] : [snapshot.blob]));
  await pruneBlobs(link, { stream: STREAMS.snapshots, subject: subjectOf(slice), keep: refs });
}

/** Reads the parts of a snapshot by the name of what they belong to. Throws when it is damaged or gone. */
export async function readState(
  link: NatsLink,
  snapshot: SnapshotRef,
): Promise<Map<string, SnapshotPart[]>> {
  const parts = new Map<string, SnapshotPart[]>();
  const chunks = readBlob(link, { stream: STREAMS.snapshots, ref: snapshot.blob });
  for await (const { bytes, name } of decodeFrames(chunks)) {
    const slash = name.indexOf('/');
    const owner = name.slice(0, slash);
    const part = { name: name.slice(slash + 1), bytes };
    const known = parts.get(owner);
    if (known === undefined) parts.set(owner, [part]);
    else known.push(part);
  }
  return parts;
}
