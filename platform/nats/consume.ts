/**
 * Reading a stream in order, from a sequence on, for ever: the loop that feeds every processor.
 *
 * An ephemeral consumer without acknowledgements delivers to an inbox, and what is read is asked for in
 * pulls. The client library's own ordered consumer asks for more as messages *arrive*; this one does so
 * as they are *taken*, so that a slow reader holds at most `maxMessages` (law 9).
 *
 *            ┌────────────────── attach: a consumer at nextSeq, first pulls ◀─────────────┐
 *            ▼                                                                            │
 *   attached: message ─▶ checked ─▶ buffer ─▶ reader ─▶ pull more      reconnect, silence,│
 *            └───────────────────────────────────────── consumer lost, delivery skipped ──┘
 *
 * Guarantees: each message once and in stream order, across any number of restarts of the server. A
 * message that the stream no longer has, or a stream that is shorter than what was already read, is an
 * error and never a silent jump. Ends at once when the signal aborts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createInbox, JsHeaders, type Msg, type Subscription } from 'nats';
import type { LinkChange, NatsLink } from './connect.ts';
import {
  ConsumeError,
  createConsumer,
  gapError,
  HEARTBEAT_MS,
  lastingFailure,
  pull,
  type CreatedConsumer,
} from './consumer.ts';
import { readStreamMessage, type StreamMessage } from './message.ts';

export interface ConsumeOptions {
  stream: string;
  /** First sequence wanted; 1 is the beginning of the stream. */
  fromSeq: number;
  /** One subject filter; without one every message must be there, without holes. */
  filterSubject?: string | undefined;
  /** Most messages read ahead of the reader; the memory bound is this times the largest message. */
  maxMessages: number;
  /** Ends the reading at once. */
  signal: AbortSignal;
}

export interface Consumption extends AsyncIterable<StreamMessage, undefined> {
  /** Messages that the reader has not taken, as of the last one received. */
  readonly lag: number;
  /** The lowest sequence that the reader may get next. */
  readonly nextSeq: number;
  /** False while the server is being looked for. */
  readonly attached: boolean;
  /** How often the consumer had to be made anew. */
  readonly recoveries: number;
}

/** Heartbeats missed in a row that count as a lost consumer. */
const MISSED_HEARTBEATS = 3;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 1000;
/** Buffered messages handed out before timers and sockets get a turn. */
const TURN_MESSAGES = 256;

/** Reads a stream; see the guarantees above. To be iterated once. Throws a ConsumeError. */
export function consumeFrom(link: NatsLink, options: ConsumeOptions): Consumption {
  return new StreamReader(link, options);
}

class StreamReader implements Consumption, AsyncIterator<StreamMessage, undefined> {
  recoveries = 0;
  attached = false;

  private readonly link: NatsLink;
  private readonly options: ConsumeOptions;
  private readonly pullSize: number;
  private readonly buffer: StreamMessage[] = [];
  private handedOut = 0;
  /** Next sequence to be received, at the least. */
  private receiveSeq: number;
  /** Messages behind the last received one. */
  private pendingInStream = 0;

  /** The current consumer; everything that belongs to an older one is ignored. */
  private consumer: string | null = null;
  private subscription: Subscription | null = null;
  private attachment = 0;
  private attaching = false;
  private deliveries = 0;
  /** Messages asked for and not yet received. */
  private requested = 0;
  private silentTicks = 0;

  private done = false;
  private failure: Error | null = null;
  private waiting: { resolve: (value: Next) => void; reject: (error: Error) => void } | null = null;
  private ticker: NodeJS.Timeout | null = null;
  private unwatch: () => void = () => undefined;

  constructor(link: NatsLink, options: ConsumeOptions) {
    if (!(options.fromSeq >= 1 && options.maxMessages >= 1)) {
      throw new RangeError(
        `fromSeq ${options.fromSeq}, maxMessages ${options.maxMessages}: from 1`,
      );
    }
    this.link = link;
    this.options = options;
    this.receiveSeq = options.fromSeq;
    // Quarters keep the pipe full while one of them is being processed.
    this.pullSize = Math.max(1, Math.floor(options.maxMessages / 4));
  }

  get lag(): number {
    return this.pendingInStream + this.buffer.length;
  }

  get nextSeq(): number {
    return this.buffer[0]?.seq ?? this.receiveSeq;
  }

  [Symbol.asyncIterator](): AsyncIterator<StreamMessage, undefined> {
    if (this.ticker !== null || this.done) throw new Error('a stream is iterated once');
    this.options.signal.addEventListener('abort', this.end);
    if (this.options.signal.aborted) this.end();
    else {
      this.ticker = setInterval(this.checkSilence, HEARTBEAT_MS);
      this.unwatch = this.link.watch(this.onLinkChange);
      this.attach();
    }
    return this;
  }

  next(): Promise<Next> {
    if (this.done) return ENDED;
    const message = this.buffer.shift();
    if (message !== undefined) {
      this.pullMore();
      const next = { done: false, value: message } as const;
      if (++this.handedOut % TURN_MESSAGES !== 0) return Promise.resolve(next);
      return new Promise((resolve) => setImmediate(() => resolve(this.done ? END : next)));
    }
    if (this.failure !== null) {
      const error = this.failure;
      this.end();
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
  }

  return(): Promise<Next> {
    this.end();
    return ENDED;
  }

  private readonly end = (): void => {
    if (this.done) return;
    this.done = true;
    this.options.signal.removeEventListener('abort', this.end);
    if (this.ticker !== null) clearInterval(this.ticker);
    this.unwatch();
    const { consumer } = this;
    this.detach();
    // A kindness to the server, which would remove it after INACTIVE_MS by itself.
    if (consumer !== null && this.link.connected) {
      this.link.jsm.consumers.delete(this.options.stream, consumer).catch(() => undefined);
    }
    this.buffer.length = 0;
    this.waiting?.resolve(END);
    this.waiting = null;
  };

  /** Ends with an error, after what was received has been taken. */
  private fail(error: ConsumeError): void {
    if (this.done || this.failure !== null) return;
    this.detach();
    this.failure = error;
    if (this.waiting !== null) {
      this.waiting.reject(error);
      this.waiting = null;
      this.end();
    }
  }

  private detach(): void {
    this.attachment++;
    this.attached = false;
    this.consumer = null;
    this.requested = 0;
    this.silentTicks = 0;
    if (this.subscription !== null && !this.link.nc.isClosed()) this.subscription.unsubscribe();
    this.subscription = null;
  }

  private recover(why: string): void {
    if (this.done || this.failure !== null) return;
    const { stream } = this.options;
    this.link.log.debug({ stream, why, nextSeq: this.receiveSeq }, 'reading the stream anew');
    this.detach();
    this.recoveries++;
    this.attach();
  }

  /** Makes a consumer at `receiveSeq`, trying until it succeeds, the reading ends or it never can. */
  private attach(): void {
    if (this.attaching) return;
    this.attaching = true;
    void this.tryAttaching();
  }

  private async tryAttaching(): Promise<void> {
    try {
      await this.attachUntilDone();
    } finally {
      // In the same turn as the success, so that no recovery falls between the two.
      this.attaching = false;
    }
  }

  private async attachUntilDone(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (!this.done && this.failure === null && !this.attached) {
      if (this.link.nc.isClosed()) {
        this.failClosed();
        return;
      }
      const { attachment } = this;
      try {
        if (this.link.connected) {
          const { stream, filterSubject } = this.options;
          const fromSeq = this.receiveSeq;
          const consumer = await createConsumer(this.link, { stream, fromSeq, filterSubject });
          // Recovery was asked for meanwhile: that consumer may be gone with its server.
          if (attachment !== this.attachment || this.done) continue;
          this.start(consumer);
          return;
        }
      } catch (error) {
        const failure = lastingFailure(error, this.options.stream);
        if (failure !== null) {
          this.fail(failure);
          return;
        }
      }
      await sleep(retryMs, undefined, { signal: this.options.signal }).catch(() => undefined);
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    }
  }

  private start({ name, pending }: CreatedConsumer): void {
    const { attachment } = this;
    const inbox = createInbox();
    this.consumer = name;
    this.deliveries = 0;
    this.pendingInStream = pending;
    this.attached = true;
    this.subscription = this.link.nc.subscribe(inbox, {
      callback: (error, message) => {
        if (attachment !== this.attachment) return;
        if (error !== null) {
          this.fail(new ConsumeError('refused', error.message, { cause: error }));
        } else if (message.subject === inbox) this.onStatus(message);
        else this.onMessage(message);
      },
    });
    this.pullMore(inbox);
  }

  /** Asks for as many messages as there is room for, in pulls of a quarter of the room. */
  private pullMore(inbox = this.subscription?.getSubject()): void {
    if (!this.attached || inbox === undefined || this.consumer === null) return;
    const { stream, maxMessages } = this.options;
    while (maxMessages - this.buffer.length - this.requested >= this.pullSize) {
      this.requested += this.pullSize;
      pull(this.link, { stream, consumer: this.consumer, inbox, messages: this.pullSize });
    }
  }

  private onMessage(raw: Msg): void {
    this.silentTicks = 0;
    const message = readStreamMessage(raw);
    if (message.delivery !== this.deliveries + 1) {
      this.recover(`delivery ${message.delivery} after ${this.deliveries}`);
      return;
    }
    this.deliveries++;
    if (this.requested > 0) this.requested--;
    // Without a filter every sequence is due, so that a jump is a hole in the stream itself.
    if (this.options.filterSubject === undefined && message.seq !== this.receiveSeq) {
      this.fail(gapError(this.options.stream, this.receiveSeq, message.seq));
      return;
    }
    this.receiveSeq = message.seq + 1;
    this.pendingInStream = message.pending;
    if (this.waiting === null) {
      this.buffer.push(message);
      return;
    }
    this.handedOut++;
    this.waiting.resolve({ done: false, value: message });
    this.waiting = null;
    this.pullMore();
  }

  /** A message without content from the server about a pull. */
  private onStatus({ headers }: Msg): void {
    this.silentTicks = 0;
    const code = headers?.code ?? 0;
    if (code === 100) return;
    const unserved = Number(headers?.get(JsHeaders.PendingMessagesHdr) ?? 0);
    if (code === 408 || (code === 409 && unserved > 0)) {
      // The pull is over without having been served in full.
      this.requested = Math.max(0, this.requested - unserved);
      this.pullMore();
    } else if (code === 400) {
      this.fail(
        new ConsumeError('refused', `the server refuses the pull: ${headers?.description}`),
      );
    } else {
      this.recover(`${code} ${headers?.description}`);
    }
  }

  /**
   * Counts ticks instead of comparing times: after the event loop was held up, the sockets get their
   * turn before the next tick, so that our own pause never looks like the server's silence.
   */
  private readonly checkSilence = (): void => {
    if (!this.attached || this.requested === 0 || !this.link.connected) return;
    if (++this.silentTicks > MISSED_HEARTBEATS) this.recover('no sign of life from the server');
  };

  private readonly onLinkChange = (change: LinkChange): void => {
    switch (change) {
      case 'lost':
        return this.detach();
      case 'back':
        return this.recover('reconnected');
      case 'closed':
        return this.failClosed();
    }
  };

  private failClosed(): void {
    this.fail(new ConsumeError('closed', `${this.options.stream}: the connection is closed`));
  }
}

type Next = IteratorResult<StreamMessage, undefined>;
const END = { done: true, value: undefined } as const;
const ENDED: Promise<Next> = Promise.resolve(END);
