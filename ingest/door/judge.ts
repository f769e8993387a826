/**
 * What the door thinks of one event before anything is sent: the messages for the LOG that it becomes,
 * or why not. Pure: the time is given.
 */
import { DECISION_TYPES, INTERNAL_TYPES, type InputType } from '../../contracts/events.ts';
import { explode } from '../../contracts/explode.ts';
import type { Rejection } from '../../contracts/rejections.ts';
import { checkEvent } from '../../contracts/validate.ts';
import type { DoorLimits } from './limits.ts';
import { logMessage, type LogMessage } from './log-message.ts';

/** An event as a way in has decoded it. */
export interface Incoming {
  /** Position in the request, from 0. */
  readonly index: number;
  readonly value: unknown;
  /** Size as it was sent. */
  readonly sizeBytes: number;
  /** The original bytes, wanted only for a dead letter. */
  readonly bytes: () => Uint8Array;
  /** Decoding has already ended in a refusal. */
  readonly refused?: Rejection | undefined;
}

export interface Judge {
  readonly limits: Pick<DoorLimits, 'maxEventBytes' | 'maxFutureMs'>;
  /** The door's time (ms since 1970). */
  readonly nowMs: number;
  /** In a replay the feed brings its own time, and nothing lies in the future: an event makes it what it says. */
  readonly clock: 'live' | 'feed';
  /** Internal types that this sender may send. */
  readonly trusted?: ReadonlySet<InputType> | undefined;
  /** Whether this sender may send decisions of people. */
  readonly mayDecide: boolean;
}

export type Verdict =
  | { readonly ok: true; readonly messages: readonly LogMessage[]; readonly timeMs: number }
  | { readonly ok: false; readonly rejection: Rejection };

export function judge(incoming: Incoming, how: Judge): Verdict {
  const { clock, limits, mayDecide, nowMs, trusted } = how;
  if (incoming.refused !== undefined) return { ok: false, rejection: incoming.refused };
  if (incoming.sizeBytes > limits.maxEventBytes) {
    return refuse(
      'too_large',
      '',
      `${incoming.sizeBytes} bytes`,
      `event: must not be larger than ${limits.maxEventBytes} bytes; send a long document in parts`,
    );
  }
  const checked = checkEvent(incoming.value, { trusted: trusted !== undefined });
  if (!checked.ok) return checked;
  const { name, event } = checked;
  if (INTERNAL_TYPES.has(name) && trusted?.has(name) !== true) {
    return refuse('internal_type', 'type', event.type, 'type: only Stocktide itself sends it');
  }
  if (DECISION_TYPES.has(name) && !mayDecide) {
    return refuse(
      'not_permitted',
      'type',
      event.type,
      'type: a decision is sent by the API for whoever is signed in (POST /v1/policies, ' +
        'POST /v1/cases/{id}/commands); straight to the door it takes the role admin',
    );
  }
  const timeMs = Date.parse(event.time);
  if (clock === 'live' && timeMs > nowMs + limits.maxFutureMs) {
    return refuse(
      'future_time',
      'time',
      event.time,
      `time: lies ${Math.round((timeMs - nowMs) / 1000)} s ahead of the clock and may lie ` +
        `${limits.maxFutureMs / 1000} s ahead; check the clock and the time zone of the source`,
    );
  }
  const ingestedAt = new Date(clock === 'live' ? nowMs : Math.max(nowMs, timeMs)).toISOString();
  const messages = explode(name, event).map((part) => logMessage(part, ingestedAt));
  if (messages.every((message) => message !== null)) return { ok: true, messages, timeMs };
  const { field, value } = unpairedSurrogate(event, '') ?? { field: '', value: '' };
  return refuse(
    'invalid_data',
    field,
    value,
    `${field}: holds half of a surrogate pair, which is no Unicode; send well-formed text`,
  );
}

function refuse(
  reason: Rejection['reason'],
  field: string,
  value: string,
  detail: string,
): Verdict {
  return { ok: false, rejection: { reason, field, value, detail } };
}

/** The first text with half a surrogate pair, and where it is. Depth is bounded by the contract. */
function unpairedSurrogate(value: unknown, path: string): { field: string; value: string } | null {
  if (typeof value === 'string') {
    return /\p{Surrogate}/u.test(value) ? { field: path, value: JSON.stringify(value) } : null;
  }
  if (value === null || typeof value !== 'object') return null;
  for (const [name, item] of Object.entries(value)) {
    const found = unpairedSurrogate(item, path === '' ? name : `${path}.${name}`);
    if (found !== null) return found;
  }
  return null;
}
