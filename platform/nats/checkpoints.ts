/**
 * Checkpoints: how far a runtime has come, in a record that only its present owner can write.
 *
 * Each write names the revision it replaces (compare-and-set). A second owner reads the record and
 * writes its own epoch; from then on the first one's revision is old, its next write fails with a
 * FencedError, and it stops. When the answer to a write is lost, the record itself tells: it carries
 * the name of the writer and the number of the write.
 *
 * Guarantees: a write that returned is stored; a FencedError means that somebody else wrote since; no
 * other outcome leaves the record in doubt, except the `unavailable` error after `timeoutMs`, which the
 * next write clears up by itself.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ErrorCode, NatsError, type JetStreamClient, type JetStreamManager } from 'nats';
import { CHECKPOINT_BUCKET, CHECKPOINT_STREAM } from './streams.ts';

export interface Checkpoint<T> {
  /** The record as it is now, or null when there is none. From here on a write replaces this one. */
  read(): Promise<T | null>;
  /** Replaces the record that was read or written last. Throws a FencedError or CheckpointError. */
  write(value: T): Promise<void>;
}

/** Another process has taken over this checkpoint: whoever gets this must stop writing anything. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}

/** The store did not answer in time; reading or writing again is safe. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
  readonly code = 'unavailable';
}

interface Stored<T> {
  /** Who wrote it, new for each opening. */
  owner: string;
  /** Which of the owner's writes this is. */
  nonce: number;
  value: T;
}

const TIMEOUT_MS = 30_000;
/** One attempt; a write into a running server takes about a millisecond. */
const ATTEMPT_MS = 1000;
const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 500;

const WRONG_LAST_SEQUENCE = 10_071;
const NO_MESSAGE_FOUND = 10_037;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * Opens the checkpoint `key` (letters, digits, `-` and `_`); `ensureStreams` has made its bucket. One
 * owner per opening. Calls wait for each other's end at the caller: one at a time. `timeoutMs` bounds
 * how long a call keeps trying while NATS is away.
 */
export async function openCheckpoint<T>(
  js: JetStreamClient,
  key: string,
  { timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {},
): Promise<Checkpoint<T>> {
  if (!/^[A-Za-z0-9_-]+$/.test(key)) {
    throw new RangeError(`checkpoint "${key}": a key is made of letters, digits, - and _`);
  }
  const jsm = await js.jetstreamManager(false);
  const subject = `$KV.${CHECKPOINT_BUCKET}.${key}`;
  const owner = randomUUID();
  let nonce = 0;
  /** Revision that the next write replaces; 0 stands for no record. Null until it was read. */
  let revision: number | null = null;

  const read = () =>
    retrying(timeoutMs, `checkpoint ${key} cannot be read`, async () => {
      const found = await readRecord<T>(jsm, subject);
      return { done: found };
    });

  /** Writes once; true when it is stored. Adopts the revision of a write of our own that got lost. */
  const attempt = async (record: Stored<T>, expected: number): Promise<boolean> => {
    try {
      const ack = await js.publish(subject, encoder.encode(JSON.stringify(record)), {
        expect: { lastSubjectSequence: expected },
        timeout: ATTEMPT_MS,
      });
      revision = ack.seq;
      return true;
    } catch (error) {
      if (!(error instanceof NatsError)) throw error;
      const refused = error.api_error !== undefined;
      if (refused && error.api_error?.err_code !== WRONG_LAST_SEQUENCE) throw error;

      const now = await readRecord<T>(jsm, subject);
      if (now !== null && now.record.owner === owner) {
        revision = now.revision;
        return now.record.nonce === record.nonce;
      }
      if ((now?.revision ?? 0) !== expected) {
        throw new FencedError(
          `checkpoint ${key}: another process wrote revision ${now?.revision ?? 0} ` +
            `where ${expected} was ours`,
        );
      }
      return false;
    }
  };

  return {
    async read() {
      const found = await read();
      revision = found?.revision ?? 0;
      return found?.record.value ?? null;
    },
    async write(value) {
      const record = { owner, nonce: ++nonce, value };
      revision ??= (await read())?.revision ?? 0;
      await retrying(timeoutMs, `checkpoint ${key} cannot be written`, async () =>
        (await attempt(record, revision ?? 0)) ? { done: null } : null,
      );
    },
  };
}

async function readRecord<T>(
  jsm: JetStreamManager,
  subject: string,
): Promise<{ record: Stored<T>; revision: number } | null> {
  try {
    const message = await within(
      ATTEMPT_MS,
      jsm.streams.getMessage(CHECKPOINT_STREAM, { last_by_subj: subject }),
    );
    const record = JSON.parse(decoder.decode(message.data)) as Stored<T>;
    return { record, revision: message.seq };
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.err_code === NO_MESSAGE_FOUND) return null;
    throw error;
  }
}

/** A request that is lost with its connection would wait for the client's own, longer limit. */
async function within<R>(ms: number, request: Promise<R>): Promise<R> {
  const over = new AbortController();
  const tooLate = sleep(ms, undefined, { signal: over.signal }).then(() => {
    throw new NatsError(`no answer in ${ms} ms`, ErrorCode.Timeout);
  });
  try {
    return await Promise.race([request, tooLate]);
  } finally {
    over.abort();
    request.catch(() => undefined);
    tooLate.catch(() => undefined);
  }
}

/**
 * Repeats `step` with growing pauses until it is done, for as long as NATS merely does not answer; an
 * answer that says no (a missing bucket, no room) is thrown at once.
 */
async function retrying<R>(
  timeoutMs: number,
  failure: string,
  step: () => Promise<{ done: R } | null>,
): Promise<R> {
  const deadline = Date.now() + timeoutMs;
  let waitMs = FIRST_RETRY_MS;
  for (;;) {
    let cause: unknown;
    try {
      const result = await step();
      if (result !== null) return result.done;
    } catch (error) {
      const answered = error instanceof NatsError && (error.api_error?.code ?? 503) !== 503;
      if (!(error instanceof NatsError) || answered) throw error;
      cause = error;
    }
    if (Date.now() >= deadline) {
      throw new CheckpointError(`${failure}: NATS did not answer in ${timeoutMs} ms`, { cause });
    }
    await sleep(waitMs);
    waitMs = Math.min(waitMs * 2, LAST_RETRY_MS);
  }
}
