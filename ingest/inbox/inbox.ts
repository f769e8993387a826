/**
 * The door for producers that speak NATS: the work queue INBOX (`in.>`), message by message through the
 * same core as HTTP.
 *
 *   in.> ─▶ INBOX ─▶ decode ─▶ accept ─▶ ack          stored in the LOG or in DEAD
 *                                    └─▶ nak, later   the log cannot take events now
 *
 * Guarantees: a message leaves the queue only when its event is stored; one that comes twice (a lost
 * acknowledgement, a killed door) is dropped by its id. Order is kept as long as nothing is handed back.
 * All doors share one durable consumer, since a work queue allows no other; at most MAX_PENDING messages
 * are with them at a time. Where a message comes from is said by its subject: `in.finding.>` is where
 * Stocktide's own processors send findings, and NATS permissions keep it theirs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AckPolicy, nanos, type JsMsg } from 'nats';
import type { InputType } from '../../contracts/events.ts';
import type { Log } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { NatsLink } from '../../platform/nats/connect.ts';
import { STREAMS } from '../../platform/nats/streams.ts';
import type { Door, Origin } from '../door/accept.ts';
import { DoorUnavailable } from '../door/unavailable.ts';
import { decodeMessage } from './decode.ts';

export interface InboxOptions {
  readonly link: NatsLink;
  readonly door: Door;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Ends the taking of new messages. */
  readonly signal: AbortSignal;
}

export interface Inbox {
  /** False while no consumer is attached. */
  readonly attached: boolean;
  /** Resolves when every message that was taken is settled. */
  drained(): Promise<void>;
}

const CONSUMER = 'door';
/** Messages that all doors together hold unacknowledged. */
const MAX_PENDING = 1024;
/** Messages read ahead by one door. */
const READ_AHEAD = 512;
/** A message of a door that was killed comes again after this time. */
const ACK_WAIT_MS = 30_000;
const RETRY_MS = 500;
const FINDINGS = 'in.finding.';
const TRUSTED: ReadonlySet<InputType> = new Set(['finding.raised']);

export function startInbox({ link, door, log, metrics, signal }: InboxOptions): Inbox {
  const gauge = metrics.gauge('stocktide_inbox_pending', 'Messages taken and not yet settled');
  const pending = new Set<Promise<void>>();
  let attached = false;

  async function settle(message: JsMsg): Promise<void> {
    const origin: Origin = message.subject.startsWith(FINDINGS)
      ? { via: 'nats', trusted: TRUSTED }
      : { via: 'nats' };
    try {
      await door.accept([decodeMessage(message)], origin);
      message.ack();
    } catch (error) {
      if (!(error instanceof DoorUnavailable)) {
        log.error({ err: error, subject: message.subject, seq: message.seq }, 'inbox: unexpected');
      }
      message.nak(error instanceof DoorUnavailable ? error.waitMs : ACK_WAIT_MS);
    }
  }

  function take(message: JsMsg): void {
    const work = settle(message).finally(() => {
      pending.delete(work);
      gauge.set(pending.size);
    });
    pending.add(work);
    gauge.set(pending.size);
  }

  async function attach(): Promise<void> {
    await link.jsm.consumers.add(STREAMS.inbox, {
      durable_name: CONSUMER,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: MAX_PENDING,
    });
    const consumer = await link.js.consumers.get(STREAMS.inbox, CONSUMER);
    const messages = await consumer.consume({ max_messages: READ_AHEAD });
    const stop = () => messages.stop();
    signal.addEventListener('abort', stop);
    attached = true;
    try {
      for await (const message of messages) {
        if (signal.aborted) break;
        take(message);
      }
    } finally {
      attached = false;
      signal.removeEventListener('abort', stop);
    }
  }

  void (async () => {
    while (!signal.aborted && !link.nc.isClosed()) {
      try {
        await attach();
      } catch (error) {
        log.warn({ err: error }, 'inbox: no consumer, trying again');
      }
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  })();

  return {
    get attached() {
      return attached;
    },
    async drained() {
      await Promise.all(pending);
    },
  };
}
