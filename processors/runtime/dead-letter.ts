/** The dead letter of a message of the LOG that the runtime could not take in: reason and original bytes. */
import { Buffer, isUtf8 } from 'node:buffer';
import type { DeadLetter } from '../../contracts/rejections.ts';
import { deadSubject } from '../../contracts/subjects.ts';
import type { PublishRequest } from '../../platform/nats/publisher.ts';
import type { Aside } from './reduction.ts';

/**
 * What is kept of an original: more than any event has, and escaped at its worst (six characters for one)
 * it still fits into a NATS message of 1 MiB. The whole of it stays in the LOG, at the sequence named.
 */
const MAX_KEPT_BYTES = 128 * 1024;

/** `bytes` is the message as it stands in the LOG, `at` the wall time (RFC 3339). */
export function deadLetter(aside: Aside, bytes: Uint8Array, at: string): PublishRequest {
  const { detail, reason, seq } = aside;
  const kept = Buffer.from(bytes.subarray(0, MAX_KEPT_BYTES));
  const encoding = isUtf8(kept) ? 'utf8' : 'base64';
  const letter: DeadLetter = {
    reason,
    field: '',
    value: '',
    detail: `log sequence ${seq}: ${detail}`,
    at,
    via: 'runtime',
    encoding,
    bytes: kept.toString(encoding),
    ...(kept.length < bytes.length ? { size: bytes.length } : {}),
  };
  return {
    subject: deadSubject(reason),
    // The same from every slice that reads the message: they put it aside once.
    msgId: `log/${seq}/${reason}`,
    payload: Buffer.from(JSON.stringify(letter)),
  };
}
