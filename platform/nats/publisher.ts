/**
 * The pipelined publisher: many messages under way at once, each with an acknowledgement of its own.
 *
 * Awaiting `js.publish` one at a time costs a factor of six. Here all acknowledgements come back to one
 * subscription (`_INBOX.x.*`), the last token of the subject saying which publish is meant, so that a
 * message costs one write and one map entry.
 *
 *   publish ─▶ [waiting, FIFO] ─▶ sent, in the map ─▶ acknowledgement ─▶ resolved
 *                   │                   │ no answer in timeoutMs ─▶ 'timeout'
 *                   │                   └ connection lost ─▶ 'unavailable'
 *                   └ more than maxInFlight waiting, or too many bytes ─▶ 'unavailable'
 *
 * Guarantees: a resolved publish is stored by JetStream. A rejected one may be stored all the same
 * (`timeout`, `unavailable`): publish it again under the same `msgId` and it is stored once. Messages
 * leave in the order of the calls. At most `maxInFlight` are sent and as many wait, and the same holds
 * for `maxBytes`; who reads faster than it publishes awaits `room()` before each call.
 */
import { createInbox, type Msg } from 'nats';
import type { Metrics } from '../metrics.ts';
import type { NatsLink } from './connect.ts';
import { encodedHeaders, readAck } from './publish-wire.ts';

export interface PublishRequest {
  subject: string;
  /** Id for JetStream's duplicate window. */
  msgId: string;
  payload: Uint8Array;
  headers?: Record<string, string>;
}

export interface PublishAck {
  /** Sequence in the stream; of the first one when it is a duplicate. */
  seq: number;
  /** The stream already had this id. */
  duplicate: boolean;
}

export interface Publisher {
  /** Rejects with a PublishError. */
  publish(request: PublishRequest): Promise<PublishAck>;
  /** Whether a publish would be sent at once now. */
  readonly hasRoom: boolean;
  /**
   * Resolves when a publish would be sent at once. Where speed counts, await it only without `hasRoom`:
   * the client writes to its socket between microtasks, so that an await per message is a write each.
   */
  room(): Promise<void>;
  /** Unacknowledged and waiting messages. */
  readonly inFlight: number;
  /** Resolves when nothing is under way any more. New publishes are still taken. */
  drain(): Promise<void>;
  /** Rejects what is under way and takes nothing more. */
  close(): void;
}

/**
 * - `unavailable`: not connected, no stream for the subject (yet), or too much is under way already
 * - `stream_full`: the stream or the server's storage is at its limit
 * - `timeout`: no answer in time
 * - `rejected`: JetStream does not take this message, now or later
 */
export type PublishErrorCode = 'unavailable' | 'stream_full' | 'timeout' | 'rejected';

/** A message was not acknowledged. */
export class PublishError extends Error {
  override readonly name = 'PublishError';
  readonly code: PublishErrorCode;

  constructor(code: PublishErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

interface Pending {
  request: PublishRequest;
  bytes: number;
  deadlineMs: number;
  resolve: (ack: PublishAck) => void;
  reject: (error: PublishError) => void;
}

/** How often overdue publishes are looked for; the precision of `timeoutMs`. */
const SWEEP_MS = 100;
const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

/** Creates a publisher on an open connection. `timeoutMs` counts from the sending. */
export function createPublisher({
  link,
  maxInFlight,
  maxBytes = DEFAULT_MAX_BYTES,
  timeoutMs,
  metrics,
}: {
  link: NatsLink;
  maxInFlight: number;
  maxBytes?: number;
  timeoutMs: number;
  metrics: Metrics;
}): Publisher {
  const { nc } = link;
  const prefix = `${createInbox()}.`;
  // Sent messages by token. A map keeps its order, and the time allowed is the same for each, so the
  // first entry is always the next one to be overdue.
  const sent = new Map<string, Pending>();
  const waiting: Pending[] = [];
  let heldBytes = 0;
  let lastToken = 0;
  let { connected } = link;
  let closed = false;
  let roomListeners: (() => void)[] = [];
  let drainListeners: (() => void)[] = [];

  const inFlightGauge = metrics.gauge('stocktide_publish_in_flight', 'Publishes not acknowledged');
  const published = metrics.counter('stocktide_published_total', 'Publishes by their outcome', [
    'outcome',
  ]);
  const counted = {
    stored: published.labels('stored'),
    duplicate: published.labels('duplicate'),
  };

  const inFlight = () => sent.size + waiting.length;

  const finished = (pending: Pending) => {
    heldBytes -= pending.bytes;
    if (connected) sendWaiting();
    if (roomListeners.length > 0 && hasRoom()) {
      const listeners = roomListeners;
      roomListeners = [];
      for (const listener of listeners) listener();
    }
    if (drainListeners.length > 0 && inFlight() === 0) {
      const listeners = drainListeners;
      drainListeners = [];
      for (const listener of listeners) listener();
    }
  };

  const fail = (pending: Pending, code: PublishErrorCode, message: string) => {
    published.labels(code).inc();
    pending.reject(new PublishError(code, message));
    finished(pending);
  };

  const failAll = (message: string) => {
    const lost = [...sent.values(), ...waiting.splice(0)];
    sent.clear();
    for (const pending of lost) fail(pending, 'unavailable', message);
  };

  const send = (pending: Pending) => {
    const token = (++lastToken).toString(36);
    const { subject, payload } = pending.request;
    pending.deadlineMs = Date.now() + timeoutMs;
    sent.set(token, pending);
    try {
      nc.publish(subject, payload, {
        reply: prefix + token,
        headers: encodedHeaders(pending.request),
      });
    } catch (error) {
      sent.delete(token);
      const { message } = error as Error;
      fail(pending, 'rejected', `the message for ${subject} cannot be sent: ${message}`);
    }
  };

  const sendWaiting = () => {
    while (sent.size < maxInFlight) {
      const next = waiting.shift();
      if (next === undefined) return;
      send(next);
    }
  };

  const hasRoom = () => sent.size < maxInFlight && heldBytes < maxBytes;

  const onAck = (message: Msg) => {
    const token = message.subject.slice(prefix.length);
    const pending = sent.get(token);
    // Too late: it was given up already.
    if (pending === undefined) return;
    sent.delete(token);
    const result = readAck(message);
    if ('code' in result) {
      fail(pending, result.code, `${pending.request.subject}: ${result.message}`);
      return;
    }
    (result.duplicate ? counted.duplicate : counted.stored).inc();
    pending.resolve(result);
    finished(pending);
  };

  const subscription = nc.subscribe(`${prefix}*`, {
    callback: (error, message) => {
      // An error here means that the server took the subscription away: no answer can come any more.
      if (error === null) onAck(message);
      else failAll(`acknowledgements cannot be received: ${error.message}`);
    },
  });

  const sweep = setInterval(() => {
    inFlightGauge.set(inFlight());
    const now = Date.now();
    for (const [token, pending] of sent) {
      if (pending.deadlineMs > now) break;
      sent.delete(token);
      fail(pending, 'timeout', `${pending.request.subject}: no answer in ${timeoutMs} ms`);
    }
  }, SWEEP_MS);
  sweep.unref();

  const close = () => {
    if (closed) return;
    closed = true;
    connected = false;
    unwatch();
    clearInterval(sweep);
    if (!nc.isClosed()) subscription.unsubscribe();
    failAll('the publisher is closed');
  };

  const unwatch = link.watch((change) => {
    connected = change === 'back';
    if (change === 'lost') failAll('the connection to NATS was lost');
    if (change === 'closed') close();
  });

  return {
    publish(request) {
      return new Promise((resolve, reject) => {
        const bytes = request.payload.length;
        const pending: Pending = { request, bytes, deadlineMs: 0, resolve, reject };
        heldBytes += bytes;
        if (!connected) {
          fail(
            pending,
            'unavailable',
            closed ? 'the publisher is closed' : 'NATS is not connected',
          );
        } else if (heldBytes - bytes >= 2 * maxBytes) {
          fail(pending, 'unavailable', `more than ${2 * maxBytes} bytes are waiting to be sent`);
        } else if (sent.size < maxInFlight) {
          send(pending);
        } else if (waiting.length < maxInFlight) {
          waiting.push(pending);
        } else {
          fail(pending, 'unavailable', `${maxInFlight} messages are waiting to be sent`);
        }
      });
    },
    get hasRoom() {
      return hasRoom();
    },
    room() {
      if (hasRoom() || closed) return Promise.resolve();
      return new Promise((resolve) => roomListeners.push(resolve));
    },
    get inFlight() {
      return inFlight();
    },
    drain() {
      if (inFlight() === 0) return Promise.resolve();
      return new Promise((resolve) => drainListeners.push(resolve));
    },
    close,
  };
}
