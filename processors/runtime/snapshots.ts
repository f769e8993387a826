/**
 * Snapshots of a runtime: the state of its intake, its findings and its processors at one log sequence,
 * written in chunks to the SNAPSHOTS stream between two turns of the loop.
 */
import { pipeline, Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { createDeflateRaw, createInflateRaw } from 'node:zlib';
import {
  deleteBlob,
  pruneBlobs,
  readBlob,
  writeBlob,
  type BlobRef,
} from '../../platform/nats/blobs.ts';
import type { NatsLink } from '../../platform/nats/connect.ts';
import { STREAMS } from '../../platform/nats/streams.ts';
import type { SnapshotPart } from '../processor.ts';
import type { SnapshotRef } from './checkpoint.ts';
import { decodeFrames, encodeFrame } from './frames.ts';

/** Something whose state belongs to a snapshot. */
export interface Stateful {
  readonly name: string;
  /** Differs when the form or the meaning of the state does: another one's snapshot is not read. */
  readonly stateVersion: string;
  snapshot(): Iterable<SnapshotPart>;
  restore(parts: Iterable<SnapshotPart>): void;
}

/** Bytes that are made in one turn of the loop: under a millisecond of work. */
const TURN_BYTES = 128 * 1024;
/** Rows of numbers shrink to a fifth even at the quickest level, on a thread of their own. */
const COMPRESSION = { level: 1, chunkSize: 512 * 1024 };

const subjectOf = (slice: string) => `snap.${slice}`;

/**
 * The state at this instant: the copies are taken before this returns, and the bytes are made as they
 * are read, TURN_BYTES in each turn of the loop.
 */
export function captureState(parts: readonly Stateful[]): AsyncIterable<Uint8Array> {
  const taken = parts.map((part) => ({ name: part.name, parts: part.snapshot() }));
  return (async function* () {
    let bytes = 0;
    for (const { name, parts: pieces } of taken) {
      for (const piece of pieces) {
        yield encodeFrame({ name: `${name}/${piece.name}`, bytes: piece.bytes });
        bytes += piece.bytes.byteLength;
        if (bytes < TURN_BYTES) continue;
        bytes = 0;
        await turn();
      }
    }
  })();
}

/** Rejects with the signal's reason when that aborts, and as `writeBlob` does. */
export async function writeSnapshot(
  link: NatsLink,
  {
    chunks,
    signal,
    slice,
  }: { slice: string; chunks: AsyncIterable<Uint8Array>; signal: AbortSignal },
): Promise<BlobRef> {
  const packed = pipeline(Readable.from(chunks), createDeflateRaw(COMPRESSION), () => undefined);
  const to = { stream: STREAMS.snapshots, subject: subjectOf(slice) };
  return writeBlob(link, { ...to, chunks: packed, signal });
}

/** Removes a snapshot that the checkpoint names no more. */
export function deleteSnapshot(link: NatsLink, { blob }: SnapshotRef): Promise<void> {
  return deleteBlob(link, { stream: STREAMS.snapshots, ref: blob });
}

/**
 * Removes the slice's snapshots that the checkpoint does not name: what interrupted writes left. Only
 * for who has just claimed the slice.
 */
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
  const packed = readBlob(link, { stream: STREAMS.snapshots, ref: snapshot.blob });
  const chunks = pipeline(packed, createInflateRaw(COMPRESSION), () => undefined);
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
