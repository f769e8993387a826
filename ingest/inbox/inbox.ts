/**
 * The door for producers that speak NATS: the work queue INBOX (`in.>`), message by message through the
 * same core as HTTP.
 *
 *   in.> ─▶ INBOX ─▶ decode ─▶ accept ─▶ ack          stored in the LOG or in DEAD
 *                                ▲  └─▶ wait, again   the log cannot take events now
 *                                └──────────┘
 *
 * Guarantees: a message leaves the queue only when its event is stored; one that comes twice (a lost
 * acknowledgement, a killed door) is dropped by its id. Order is kept while the log takes events.
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
import type { Door } from '../door/accept.ts';
import { DoorUnavailable } from '../door/unavailable.ts';
import { decodeMessage, type InboxMessage } from './decode.ts';
import { takeLeftovers } from './leftovers.ts';

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
  /** Why the last attempt to attach failed; empty while attached. */
  readonly trouble: string;
  /** Resolves when every message that was taken is settled. */
  drained(): Promise<void>;
}

const CONSUMER = 'door';
/** Messages that all doors together hold unacknowledged. */
const MAX_PENDING = 1024;
/** Messages read ahead by one door. */
const READ_AHEAD = 512;
/** A message of a door that was killed comes to another one after this time. */
const ACK_WAIT_MS = 15_000;
/** How often a door says that it still has a message that it cannot store. */
const STILL_WORKING_MS = 5000;
const ATTACH_AGAIN_MS = 500;
const LEFTOVERS_EVERY_MS = 10_000;
/** Internal types, and the subject under which they are taken. */
const TRUSTED: Readonly<Record<string, ReadonlySet<InputType>>> = {
  'in.finding.': new Set(['finding.raised', 'finding.cleared']),
  'in.model.': new Set(['model.trained']),
};

export function startInbox({ link, door, log, metrics, signal }: InboxOptions): Inbox {
  const { js, jsm } = link;
  const gauge = metrics.gauge('stocktide_inbox_pending', 'Messages taken and not yet settled');
  /** What is being settled, by sequence: the newest delivery of each, which is the one to acknowledge. */
  const inHand = new Map<number, { newest: JsMsg; settled: Promise<void> }>();
  let attached = false;
  let trouble = '';
  let pause: Promise<void> | null = null;

  /** One wait for all that could not be stored, so that they come back together and in order. */
  function wait(waitMs: number): Promise<void> {
    pause ??= sleep(waitMs, undefined, { signal })
      .catch(() => {})
      .finally(() => (pause = null));
    return pause;
  }

  /** Tries until the event is stored; false when the door stops before. */
  async function store(
    message: InboxMessage & { subject: string },
    stillWorking: () => void,
  ): Promise<boolean> {
    const { subject } = message;
    const event = decodeMessage(message);
    const trusted = Object.entries(TRUSTED).find(([start]) => subject.startsWith(start))?.[1];
    while (!signal.aborted) {
      try {
        await door.accept([event], { via: 'nats', trusted, mayDecide: true });
        return true;
      } catch (error) {
        const isExpected = error instanceof DoorUnavailable;
        if (!isExpected) log.error({ err: error, subject }, 'inbox: unexpected');
        stillWorking();
        await wait(isExpected ? Math.min(error.waitMs, STILL_WORKING_MS) : STILL_WORKING_MS);
      }
    }
    return false;
  }

  function take(message: JsMsg): void {
    const { seq } = message;
    const known = inHand.get(seq);
    if (known !== undefined) {
      known.newest = message;
      return;
    }
    const newest = () => inHand.get(seq)?.newest ?? message;
    const settled = store(message, () => newest().working()).then((isStored) => {
      if (isStored) newest().ack();
      else newest().nak();
      inHand.delete(seq);
      gauge.set(inHand.size);
    });
    inHand.set(seq, { newest: message, settled });
    gauge.set(inHand.size);
  }

  /** Takes messages until the consumer is lost or the door stops. */
  async function attach(): Promise<void> {
    await jsm.consumers.add(STREAMS.inbox, {
      durable_name: CONSUMER,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: MAX_PENDING,
    });
    const consumer = await js.consumers.get(STREAMS.inbox, CONSUMER);
    const messages = await consumer.consume({ max_messages: READ_AHEAD });
    const stop = () => messages.stop();
    signal.addEventListener('abort', stop);
    attached = true;
    trouble = '';
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

  async function sweep(): Promise<void> {
    const taken = await takeLeftovers(jsm, {
      stream: STREAMS.inbox,
      consumer: CONSUMER,
      signal,
      take: ({ subject, data, header: headers }) => store({ subject, data, headers }, () => {}),
    });
    if (taken > 0) log.warn({ messages: taken }, 'inbox: took what a killed server left behind');
  }

  /** Runs `work` again and again until the door stops. */
  async function keepDoing(work: () => Promise<void>, everyMs: number): Promise<void> {
    while (!signal.aborted && !link.nc.isClosed()) {
      try {
        await work();
      } catch (error) {
        // Expected while NATS is away; readiness shows what lasts.
        log.debug({ err: error }, 'inbox: trying again');
        if (!attached) trouble = (error as Error).message;
      }
      await sleep(everyMs, undefined, { signal }).catch(() => {});
    }
  }

  void keepDoing(attach, ATTACH_AGAIN_MS);
  void keepDoing(sweep, LEFTOVERS_EVERY_MS);

  return {
    get attached() {
      return attached;
    },
    get trouble() {
      return trouble;
    },
    async drained() {
      await Promise.all([...inHand.values()].map(({ settled }) => settled));
    },
  };
}
