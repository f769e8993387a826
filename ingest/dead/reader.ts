/**
 * Reads the DEAD stream for people: newest first, by reason, one letter, and removes what has been
 * mended. Reading walks back from the end and is bounded, however rare the wanted reason is: the answer
 * then says where to go on.
 */
import { NatsError, type JetStreamManager, type StoredMsg } from 'nats';
import {
  REJECTION_REASONS,
  type DeadLetter,
  type RejectionReason,
} from '../../contracts/rejections.ts';
import { deadSubject } from '../../contracts/subjects.ts';
import { STREAMS } from '../../platform/nats/streams.ts';
import { DoorUnavailable } from '../door/unavailable.ts';

/** A letter and its place in the stream. */
export interface StoredLetter extends DeadLetter {
  readonly seq: number;
}

/** A letter in a list: the beginning of the original stands for the whole. */
export interface ListedLetter extends Omit<StoredLetter, 'bytes'> {
  readonly preview: string;
}

export interface LetterList {
  readonly letters: readonly ListedLetter[];
  /** Letters in the stream by reason. */
  readonly counts: Readonly<Record<string, number>>;
  /** The list goes on with `before` set to this; null at its end. */
  readonly next_before: number | null;
}

export interface ListOptions {
  readonly reason: RejectionReason | undefined;
  readonly limit: number;
  /** Only letters older than this sequence. */
  readonly before: number | undefined;
}

export interface LetterReader {
  list(options: ListOptions): Promise<LetterList>;
  /** Null when there is no such letter (any more). */
  read(seq: number): Promise<StoredLetter | null>;
  remove(seq: number): Promise<void>;
}

/** Messages that one list looks at, and how many are asked for at a time. */
const MAX_SCANNED = 5000;
const READ_AHEAD = 64;
const PREVIEW_CHARACTERS = 200;

export function createLetterReader(jsm: JetStreamManager): LetterReader {
  async function message(seq: number): Promise<StoredMsg | null> {
    try {
      return await jsm.streams.getMessage(STREAMS.dead, { seq });
    } catch (error) {
      if (isGone(error)) return null;
      return throwUnavailable(error);
    }
  }

  return {
    async list({ reason, limit, before }) {
      const { state } = await jsm.streams
        .info(STREAMS.dead, { subjects_filter: deadSubject('>') })
        .catch(throwUnavailable);
      const counts = countsOf(state.subjects ?? {});
      const wanted = reason === undefined ? state.messages : (counts[reason] ?? 0);
      const enough = Math.min(limit, wanted);
      const first = Math.max(1, state.first_seq);
      const letters: ListedLetter[] = [];
      let next = Math.min(before ?? Infinity, state.last_seq + 1) - 1;
      const lowest = Math.max(first, next - MAX_SCANNED + 1);
      while (next >= lowest && letters.length < enough) {
        const seqs = range(next, Math.max(lowest, next - READ_AHEAD + 1));
        for (const found of await Promise.all(seqs.map(message))) {
          next--;
          if (found === null) continue;
          if (reason === undefined || found.subject === deadSubject(reason)) {
            letters.push(listed(found));
          }
          if (letters.length === enough) break;
        }
      }
      const isAll = before === undefined && letters.length === wanted;
      return { letters, counts, next_before: isAll || next < first ? null : next + 1 };
    },

    async read(seq) {
      const found = await message(seq);
      return found === null ? null : { seq, ...found.json<DeadLetter>() };
    },

    async remove(seq) {
      try {
        await jsm.streams.deleteMessage(STREAMS.dead, seq, false);
      } catch (error) {
        if (!isGone(error)) throwUnavailable(error);
      }
    },
  };
}

/** Whether a reason is one of the contract's. */
export function isReason(reason: string): reason is RejectionReason {
  return Object.hasOwn(REJECTION_REASONS, reason);
}

function listed(stored: StoredMsg): ListedLetter {
  const { bytes, ...letter } = stored.json<DeadLetter>();
  return { seq: stored.seq, ...letter, preview: bytes.slice(0, PREVIEW_CHARACTERS) };
}

/** `{ not_json: 3 }` of `{ 'dead.not_json': 3 }`. */
function countsOf(subjects: Readonly<Record<string, number>>): Record<string, number> {
  const prefix = deadSubject('');
  return Object.fromEntries(
    Object.entries(subjects).map(([subject, count]) => [subject.slice(prefix.length), count]),
  );
}

/** From `high` down to `low`. */
function range(high: number, low: number): number[] {
  return Array.from({ length: high - low + 1 }, (_, index) => high - index);
}

/** JetStream's codes for a message that was removed or never was. */
function isGone(error: unknown): boolean {
  return (
    error instanceof NatsError && [10_037, 10_043, 10_057].includes(error.api_error?.err_code ?? 0)
  );
}

function throwUnavailable(error: unknown): never {
  if (!(error instanceof NatsError)) throw error;
  throw new DoorUnavailable('unavailable', `The dead letters cannot be read: ${error.message}`);
}
