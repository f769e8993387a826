/**
 * What a publish looks like on the wire: its header block going out, JetStream's answer coming back.
 */
import { NatsError, type Msg, type MsgHdrs } from 'nats';
import type { PublishAck, PublishErrorCode, PublishRequest } from './publisher.ts';

/** JetStream's `err_code`s of an exhausted stream or store. */
const FULL_CODES = new Set([10_023, 10_028, 10_047, 10_077]);
/** JetStream is switched off, still starting, or without a leader. */
const UNAVAILABLE_CODES = new Set([10_008, 10_009, 10_039, 10_059, 10_076]);

const decoder = new TextDecoder();

type AckResult = PublishAck | { code: PublishErrorCode; message: string };

/** Reads JetStream's answer to a publish. Never throws: an exception would end the client's reader. */
export function readAck(message: Msg): AckResult {
  // An empty answer with status 503: nobody listens on that subject.
  if (message.data.length === 0) {
    return { code: 'unavailable', message: 'no stream takes this subject (yet)' };
  }
  let answer: {
    seq?: number;
    duplicate?: boolean;
    error?: { code: number; err_code?: number; description?: string };
  };
  try {
    answer = JSON.parse(decoder.decode(message.data)) as typeof answer;
  } catch {
    return { code: 'unavailable', message: 'the answer of the server cannot be read' };
  }
  if (answer.error) {
    const { code, err_code = 0, description = 'refused' } = answer.error;
    const text = `${description} (${code}, ${err_code})`;
    if (FULL_CODES.has(err_code)) return { code: 'stream_full', message: text };
    if (UNAVAILABLE_CODES.has(err_code)) return { code: 'unavailable', message: text };
    return { code: 'rejected', message: text };
  }
  if (typeof answer.seq !== 'number') {
    return { code: 'rejected', message: 'something other than a stream answered' };
  }
  return { seq: answer.seq, duplicate: answer.duplicate === true };
}

/**
 * The header block of a message. The client only asks its headers to encode themselves, and its own
 * class costs as much as all the rest of a publish, so that the few lines are written directly.
 */
export function encodedHeaders({ msgId, headers }: PublishRequest): MsgHdrs {
  let text = `NATS/1.0\r\nNats-Msg-Id: ${checked(msgId)}\r\n`;
  if (headers !== undefined) {
    for (const name in headers) text += `${checked(name)}: ${checked(headers[name] ?? '')}\r\n`;
  }
  return new HeaderBlock(`${text}\r\n`) as unknown as MsgHdrs;
}

class HeaderBlock {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  encode(): Uint8Array {
    return Buffer.from(this.#text);
  }
}

/** A line break would start another header, or end them. */
function checked(value: string): string {
  if (/[\r\n]/.test(value)) {
    throw new NatsError('a header cannot hold a line break', 'BAD_HEADER');
  }
  return value;
}
