/**
 * Back to the state that a slice had: the newest snapshot that can be read, else the one before, else
 * nothing; then what the LOG no longer holds, from the archived events in ClickHouse. The runtime reads
 * the rest from the LOG.
 */
import { NatsError } from 'nats';
import type { ClickHouse } from '../../platform/clickhouse/client.ts';
import type { NatsLink } from '../../platform/nats/connect.ts';
import { archivedEvents, type ArchivedEvent } from './archived.ts';
import type { CheckpointRecord } from './checkpoint.ts';
import { archivedTo, ContinuityError, type Facts } from './continuity.ts';
import { readState, type Stateful } from './snapshots.ts';

/**
 * A snapshot was read, but a part does not take its own state back: a fault in the code. The state is
 * half restored by then, so that only a new process can start over, without this snapshot.
 */
export class RestoreError extends Error {
  override readonly name = 'RestoreError';
  /** The record without the snapshot at fault. */
  readonly next: CheckpointRecord;

  constructor(message: string, next: CheckpointRecord, cause: unknown) {
    super(message, { cause });
    this.next = next;
  }
}

export const versionsOf = (parts: readonly Stateful[]): Record<string, string> =>
  Object.fromEntries(parts.map(({ name, stateVersion }) => [name, stateVersion]));

/** Restores the first snapshot that can be read; the log sequence that the state then includes. */
export async function restoreState(
  link: NatsLink,
  record: CheckpointRecord,
  parts: readonly Stateful[],
): Promise<number> {
  const { log } = link;
  const wanted = JSON.stringify(versionsOf(parts));
  const candidates = [
    { snapshot: record.snapshot, next: { ...record, snapshot: record.previous, previous: null } },
    { snapshot: record.previous, next: { ...record, previous: null } },
  ];
  for (const { next, snapshot } of candidates) {
    if (snapshot === null) continue;
    const { seq, versions } = snapshot;
    if (JSON.stringify(versions) !== wanted) {
      log.warn({ seq, versions }, 'the snapshot is of another version; doing without it');
      continue;
    }
    let state: Awaited<ReturnType<typeof readState>>;
    try {
      state = await readState(link, snapshot);
    } catch (error) {
      // NATS away says nothing about the snapshot.
      if (error instanceof NatsError) throw error;
      log.error({ err: error, seq }, 'the snapshot cannot be read; doing without it');
      continue;
    }
    try {
      for (const part of parts) part.restore(state.get(part.name) ?? []);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new RestoreError(`the snapshot of ${seq} cannot be restored: ${reason}`, next, error);
    }
    return seq;
  }
  return 0;
}

/**
 * Events behind `stateSeq` that the LOG has dropped already. Throws a ContinuityError when they are not
 * all in ClickHouse, or when rows of theirs still had to be inserted.
 */
export function droppedEvents(
  clickhouse: ClickHouse,
  options: { facts: Facts; flushed: number; stateSeq: number },
): AsyncIterable<ArchivedEvent> | Iterable<ArchivedEvent> {
  const { facts, flushed, stateSeq } = options;
  const { firstSeq } = facts.log;
  if (firstSeq <= stateSeq + 1) return [];
  const held = Math.min(flushed, archivedTo(facts));
  if (held + 1 < firstSeq) {
    throw new ContinuityError(
      `the log begins at ${firstSeq}, but only ${held} events are in ClickHouse: ${held + 1} to ` +
        `${firstSeq - 1} are lost to slice ${facts.slice}; keep the log longer (LOG_MAX_AGE_DAYS, ` +
        'LOG_MAX_BYTES)',
    );
  }
  return archivedEvents(clickhouse, { from: stateSeq, to: firstSeq - 1 });
}
