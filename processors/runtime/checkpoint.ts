/**
 * How far a runtime has come, and who owns its slice.
 *
 *   epoch     raised by each start; whoever finds another's write before its own is a zombie and stops
 *   flushed   everything up to here is in ClickHouse
 *   intent    (flushed, intent] is being inserted: after a crash exactly these rows are inserted again,
 *             under the same tokens, so that ClickHouse drops what it already has
 *   snapshot  state to start from; `previous` in case it cannot be read
 */
import type { BlobRef } from '../../platform/nats/blobs.ts';

export interface SnapshotRef {
  /** Log sequence that the state includes. */
  readonly seq: number;
  /** State versions of the processors in it. */
  readonly versions: Readonly<Record<string, string>>;
  readonly blob: BlobRef;
}

export interface CheckpointRecord {
  readonly epoch: number;
  readonly flushed: number;
  readonly intent: number | null;
  readonly snapshot: SnapshotRef | null;
  readonly previous: SnapshotRef | null;
}

export const FIRST_RECORD: CheckpointRecord = {
  epoch: 0,
  flushed: 0,
  intent: null,
  snapshot: null,
  previous: null,
};

/** The slice has a living owner. */
export class SliceTakenError extends Error {
  override readonly name = 'SliceTakenError';
}
