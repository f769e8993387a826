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
import type { SliceSpec } from './slices.ts';

export interface SnapshotRef {
  /** Log sequence that the state includes. */
  readonly seq: number;
  /** Versions of the parts of the state. */
  readonly versions: Readonly<Record<string, string>>;
  readonly blob: BlobRef;
}

export interface CheckpointRecord {
  readonly epoch: number;
  /** What the slice covers, and the database that it writes: two slices must not write the same rows. */
  readonly covers: readonly SliceSpec[];
  readonly database: string;
  readonly flushed: number;
  readonly intent: number | null;
  /** Rows inserted so far. */
  readonly rows: number;
  readonly snapshot: SnapshotRef | null;
  readonly previous: SnapshotRef | null;
}

/** The slice has an owner already. */
export class SliceTakenError extends Error {
  override readonly name = 'SliceTakenError';
}
