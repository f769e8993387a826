/**
 * Writes what was refused to the DEAD stream: the reason and the original bytes, so that it can be seen,
 * mended and replayed (law 10). The door answers only after that.
 *
 * A letter is kept to what one NATS message takes; of a larger original it holds the beginning and says
 * how large it was. The same bytes refused again for the same reason within the stream's duplicate
 * window (two minutes) are one letter, even when it was replayed meanwhile: a producer that retries a
 * bad batch, and is told each time, does not fill the stream.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { DeadLetter, Rejection } from '../../contracts/rejections.ts';
import { deadSubject } from '../../contracts/subjects.ts';
import type { Publisher } from '../../platform/nats/publisher.ts';

export interface Refused {
  readonly rejection: Rejection;
  readonly via: DeadLetter['via'];
  readonly bytes: Uint8Array;
  /** Size of the original, of which `bytes` may be only the beginning. */
  readonly sizeBytes: number;
  /** The decoded event, when there is one: a letter names its source, id and type. */
  readonly value: unknown;
}

export interface DeadLetters {
  /** Resolves when the letter is stored; rejects with a PublishError. */
  write(refused: Refused): Promise<void>;
}

/** A message may have 1 MiB on a server with default limits; the rest is for the other fields. */
const MAX_LETTER_BYTES = 900 * 1024;
/** The most of an original that fits into a letter when it must be written in base64. */
const MAX_KEPT_BYTES = 640 * 1024;
const MAX_NAME_CHARACTERS = 200;

export function createDeadLetters({
  publisher,
  maxEventBytes,
  now,
}: {
  publisher: Pick<Publisher, 'publish'>;
  /** The most that is kept of an original. */
  maxEventBytes: number;
  /** Wall time (ms since 1970). */
  now: () => number;
}): DeadLetters {
  const maxKeptBytes = Math.min(maxEventBytes, MAX_KEPT_BYTES);
  return {
    async write({ rejection, via, bytes, sizeBytes, value }) {
      const kept = beginning(bytes, maxKeptBytes);
      const letter = {
        ...rejection,
        at: new Date(now()).toISOString(),
        via,
        ...namesOf(value),
        ...(kept.length < sizeBytes ? { size: sizeBytes } : {}),
      };
      await publisher.publish({
        subject: deadSubject(rejection.reason),
        msgId: letterId(rejection, bytes),
        payload: encode(letter, kept),
      });
    },
  };
}

/** As text where that is possible, since people read letters; else in base64. */
function encode(letter: Omit<DeadLetter, 'encoding' | 'bytes'>, bytes: Uint8Array): Buffer {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) {
    const text = JSON.stringify({ ...letter, encoding: 'utf8', bytes: buffer.toString() });
    const payload = Buffer.from(text);
    // Control characters grow sixfold in JSON.
    if (payload.length <= MAX_LETTER_BYTES) return payload;
  }
  return Buffer.from(
    JSON.stringify({ ...letter, encoding: 'base64', bytes: buffer.toString('base64') }),
  );
}

/** The first bytes, cut between two characters of a text. */
function beginning(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes.length <= maxBytes) return bytes;
  let end = maxBytes;
  const isContinuation = (at: number) => ((bytes[at] ?? 0) & 0xc0) === 0x80;
  while (end > maxBytes - 4 && isContinuation(end)) end--;
  return bytes.subarray(0, end);
}

function letterId({ reason, field }: Rejection, bytes: Uint8Array): string {
  return createHash('sha256').update(`${reason} ${field} `).update(bytes).digest('hex');
}

function namesOf(value: unknown): Pick<DeadLetter, 'source' | 'id' | 'type'> {
  if (value === null || typeof value !== 'object') return {};
  const names: Partial<Record<'source' | 'id' | 'type', string>> = {};
  for (const name of ['source', 'id', 'type'] as const) {
    const found: unknown = Reflect.get(value, name);
    if (typeof found === 'string') names[name] = found.slice(0, MAX_NAME_CHARACTERS);
  }
  return names;
}
