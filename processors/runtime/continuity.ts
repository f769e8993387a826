/**
 * Whether a slice's checkpoint, the LOG and the database belong together. Pure; claim.ts gathers the facts
 * before anything is written.
 *
 * Each of the three can be replaced behind the others' back: an emptied NATS store, another database, a
 * restored backup, another slicing. Going on then would leave holes or count twice without a word, so
 * the start is refused, and the message says what does not fit and what to do.
 */
import type { CheckpointRecord } from './checkpoint.ts';
import { overlap, type SliceSpec } from './slices.ts';

export interface Facts {
  readonly slice: string;
  readonly covers: readonly SliceSpec[];
  readonly database: string;
  /** The slice's record, or null before its first start. */
  readonly own: CheckpointRecord | null;
  /** Records of the other slices, by name. */
  readonly others: ReadonlyMap<string, CheckpointRecord>;
  /** First and last sequence of the LOG. */
  readonly log: { readonly firstSeq: number; readonly lastSeq: number };
  /** Newest log sequence that the database holds; null when it is empty. */
  readonly newestStored: number | null;
}

/** Checkpoint, LOG and database do not belong together. */
export class ContinuityError extends Error {
  override readonly name = 'ContinuityError';
}

/** Throws a ContinuityError when going on would lose or double anything. */
export function checkContinuity(facts: Facts): void {
  const { database, log, newestStored, own, slice } = facts;
  const reached = Math.max(own?.flushed ?? 0, own?.intent ?? 0);
  if (log.lastSeq < reached) {
    throw new ContinuityError(
      `the log ends at ${log.lastSeq}, but slice ${slice} has read it to ${reached}: it is not the log ` +
        'that this checkpoint belongs to, or it has lost its end; restore the NATS store as a whole',
    );
  }
  if (own !== null && own.database !== database && reached > 0) {
    throw new ContinuityError(
      `slice ${slice} has written database ${own.database} up to ${own.flushed}; in ${database} all ` +
        `that would be missing. Set CLICKHOUSE_DATABASE=${own.database}`,
    );
  }
  if (newestStored !== null && newestStored > log.lastSeq) {
    throw new ContinuityError(
      `database ${database} holds events up to ${newestStored}, but the log ends at ${log.lastSeq}: ` +
        'they are not of the same system; use the NATS store that belongs to it, or an empty database',
    );
  }
  if (own !== null && own.rows > 0 && newestStored === null) {
    throw new ContinuityError(
      `slice ${slice} has inserted ${own.rows} rows, but database ${database} is empty; restore it`,
    );
  }
  if (own === null) checkFirstStart(facts);
}

/** A slice that starts for the first time inserts everything from the beginning of the log. */
function checkFirstStart({ covers, database, newestStored, others, slice }: Facts): void {
  let isKnown = false;
  for (const [name, record] of others) {
    if (record.database !== database) continue;
    isKnown = true;
    const both = overlap(covers, record.covers);
    if (both === null || record.rows === 0) continue;
    throw new ContinuityError(
      `${both} has been run as slice ${name} up to ${record.flushed}; slice ${slice} would insert it ` +
        `all again into ${database}. Go back to the former PROCESSORS, or use an empty database`,
    );
  }
  if (!isKnown && newestStored !== null) {
    throw new ContinuityError(
      `database ${database} holds events up to ${newestStored}, but NATS knows of no runtime that ` +
        'wrote them; use the NATS store that belongs to it, or an empty database',
    );
  }
}

/** Up to where the archive holds every event of the log in this database. */
export function archivedTo({ covers, database, others, own }: Facts): number {
  const holders = [...others.values()].filter((record) => record.database === database);
  const all = own === null ? holders : [...holders, { ...own, covers }];
  const archives = all.filter((record) => record.covers.some(({ name }) => name === 'archive'));
  return Math.max(0, ...archives.map(({ flushed }) => flushed));
}
