/** The last step before the LOG: an exploded event gets its door attributes and becomes a message. */
import { Buffer } from 'node:buffer';
import type { Exploded } from '../../contracts/explode.ts';
import { identityHash, identityText } from '../../contracts/hash.ts';
import type { PublishRequest } from '../../platform/nats/publisher.ts';

/** A message for the LOG, and what tells a repeat of it from a conflict. */
export interface LogMessage extends PublishRequest {
  /** Identity of the event: hash of (source, id). */
  readonly hi: number;
  readonly lo: number;
  /** Hash of its type and data, as in the attribute `datahash`. */
  readonly datahash: string;
  readonly payload: Uint8Array;
}

/** The message of one event of the LOG; null when its text is no Unicode. `ingestedAt` is RFC 3339. */
export function logMessage({ subject, event }: Exploded, ingestedAt: string): LogMessage | null {
  event['ingestedtime'] = ingestedAt;
  const text = JSON.stringify(event);
  if (hasUnpairedSurrogate(text)) return null;
  const { hi, lo } = identityHash(event.source, event.id);
  const msgId = identityText({ hi, lo });
  return { subject, msgId, hi, lo, datahash: event.datahash, payload: Buffer.from(text) };
}

/**
 * Whether a JSON text that JSON.stringify wrote holds half a surrogate pair. Such a half is no Unicode:
 * ClickHouse refuses the whole block that it is in.
 *
 *     "\ud83d"     half a pair, escaped by JSON.stringify
 *     "\\ud83d"    a backslash and five letters
 */
function hasUnpairedSurrogate(text: string): boolean {
  return text.includes('\\ud') && /(?:^|[^\\])(?:\\\\)*\\ud[89a-f]/.test(text);
}
