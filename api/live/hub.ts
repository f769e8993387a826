/**
 * The live hub: which client follows which topic, and what each of them is sent.
 *
 *                 publish                    deltas, in order
 *   TopicSource ───────────▶ Topic ──────────────────────────────▶ client     current
 *                                    nothing while it lags         client     behind
 *                                    resync + snapshot once drained
 *
 * No sockets, no clock and no NATS in here: a client is a port to write to, a source is told when its
 * topic is wanted. Guarantees: a client gets a topic's deltas in number order without a gap, or a
 * snapshot that starts it anew; a client that does not read delays nobody, and holds no more unsent
 * bytes than the limit and one answer.
 */
import { Compile } from 'typebox/compile';
import { ClientMessage, type LiveErrorCode, type ServerMessage } from '../../contracts/live.ts';
import { EVERYWHERE, type Scope } from '../../platform/access/identity.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { LiveLimits } from '../limits.ts';
import { OpenTopics, type OpenTopic, type TopicSource } from './topics.ts';

/** Where a client's messages go. */
export interface ClientPort {
  /** Takes a message: UTF-8 text, which other clients may be sent as well. */
  send(message: Buffer): void;
  /** Bytes accepted and not yet handed to the network. */
  bufferedBytes(): number;
}

/** A connected client, as the socket's side holds it. */
export interface LiveClient {
  readonly port: ClientPort;
  /** Why this client must not follow a topic, in words; null: it may. */
  readonly refusal: (topic: string) => string | null;
  /** What topics may show it. */
  readonly scope: Scope;
  readonly subscriptions: Map<string, Subscription>;
}

/**
 *   waiting ──first value──▶ current ──too much unsent──▶ behind ──drained──▶ current
 */
interface Subscription {
  readonly client: LiveClient;
  readonly open: OpenTopic<Subscription>;
  state: 'waiting' | 'current' | 'behind';
}

export interface HubOptions {
  readonly sources: readonly TopicSource[];
  readonly limits: LiveLimits;
  readonly metrics: Metrics;
  readonly nowMs: () => number;
  /** A name that no topic has had before. */
  readonly newStream: () => string;
}

const ANYTHING = { refusal: () => null, scope: EVERYWHERE };
const clientMessage = Compile(ClientMessage);
const CLIENT_MESSAGES =
  'one of {"op":"subscribe","topic":…,"resume":{"stream":…,"n":…}?}, {"op":"unsubscribe","topic":…}, {"op":"ping"}';

export class LiveHub {
  readonly #clients = new Set<LiveClient>();
  readonly #topics: OpenTopics<Subscription>;
  readonly #limits: LiveLimits;
  readonly #nowMs: () => number;
  readonly #metrics: ReturnType<typeof hubMetrics>;

  constructor(options: HubOptions) {
    this.#limits = options.limits;
    this.#nowMs = options.nowMs;
    this.#metrics = hubMetrics(options.metrics);
    options.metrics.measured(
      'stocktide_live_unsent_bytes',
      'Bytes that wait for live clients; what several wait for counts for each of them',
      () => [...this.#clients].reduce((sum, { port }) => sum + port.bufferedBytes(), 0),
    );
    this.#topics = new OpenTopics({
      ...options,
      sinkOf: (open) => ({
        publish: (value) => this.#publish(open, value),
        fail: (detail) => this.#fail(open, detail),
      }),
    });
  }

  /** Takes a client, or answers null when there are as many as the limit allows. */
  connect(
    port: ClientPort,
    { refusal, scope }: Pick<LiveClient, 'refusal' | 'scope'> = ANYTHING,
  ): LiveClient | null {
    if (this.#clients.size >= this.#limits.clients) return null;
    const client: LiveClient = { port, refusal, scope, subscriptions: new Map() };
    this.#clients.add(client);
    this.#metrics.clients.set(this.#clients.size);
    return client;
  }

  disconnect(client: LiveClient): void {
    for (const subscription of client.subscriptions.values()) {
      this.#topics.leave(subscription.open, subscription);
    }
    client.subscriptions.clear();
    this.#clients.delete(client);
    this.#metrics.clients.set(this.#clients.size);
  }

  /** Takes a text frame of a client. Whatever is wrong with it is answered, never thrown. */
  receive(client: LiveClient, text: string): void {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return this.#refuse(client, 'not_json', 'a message is one JSON object');
    }
    if (!clientMessage.Check(message)) {
      return this.#refuse(client, 'invalid_message', CLIENT_MESSAGES);
    }
    switch (message.op) {
      case 'subscribe':
        return this.#subscribe(client, message.topic, message.resume);
      case 'unsubscribe':
        return this.#unsubscribe(client, message.topic);
      case 'ping':
        return this.#send(client, { op: 'pong', at: new Date(this.#nowMs()).toISOString() });
      default:
        message satisfies never;
    }
  }

  /** Tells that the network took what was sent: topics that fell behind may start anew. */
  drained(client: LiveClient): void {
    if (client.port.bufferedBytes() > this.#limits.bufferedBytes / 2) return;
    for (const subscription of client.subscriptions.values()) {
      if (subscription.state !== 'behind') continue;
      if (this.isSaturated(client)) return;
      this.#send(client, { op: 'resync', topic: subscription.open.topic.name });
      this.#start(subscription);
    }
  }

  /** Whether so much is unsent that nothing more should be read from the client. */
  isSaturated(client: LiveClient): boolean {
    return client.port.bufferedBytes() > this.#limits.bufferedBytes;
  }

  /** Closes the topics that nobody has followed for long enough. Call it now and then. */
  sweep(): void {
    this.#topics.sweep();
    this.#metrics.topics.set(this.#topics.size);
  }

  #subscribe(client: LiveClient, name: string, resume?: { stream: string; n: number }): void {
    const subscription = client.subscriptions.get(name) ?? this.#enlist(client, name);
    if (subscription === null) return;
    const { topic, failure } = subscription.open;

    const missed = resume ? topic.since(resume.stream, resume.n) : null;
    if (missed !== null) {
      subscription.state = 'current';
      for (const delta of missed) client.port.send(delta);
      this.#metrics.messages.inc({ op: 'delta' }, missed.length);
    } else if (topic.hasValue) {
      this.#start(subscription);
    }
    if (failure !== null) this.#refuse(client, 'unavailable', failure, name);
  }

  /** Makes the client a follower of the topic, or tells it why not and answers null. */
  #enlist(client: LiveClient, name: string): Subscription | null {
    const refusal = client.refusal(name);
    if (refusal !== null) {
      this.#refuse(client, 'forbidden', refusal, name);
      return null;
    }
    const most = this.#limits.topicsPerClient;
    if (client.subscriptions.size >= most) {
      const detail = `a client follows at most ${most} topics; unsubscribe from one`;
      this.#refuse(client, 'too_many_topics', detail, name);
      return null;
    }
    const opened = this.#topics.take({ name, scope: client.scope });
    this.#metrics.topics.set(this.#topics.size);
    if (!opened.ok) {
      if (opened.reason === 'unknown') {
        this.#refuse(
          client,
          'unknown_topic',
          'topics are system, feeds, cases, alerts, kpi, kpi:<window> and atp:<sku>',
          name,
        );
      } else {
        this.#refuse(client, 'too_many_topics', 'the server follows as many as it can', name);
      }
      return null;
    }
    const subscription: Subscription = { client, open: opened.open, state: 'waiting' };
    client.subscriptions.set(name, subscription);
    this.#topics.follow(opened.open, subscription);
    return subscription;
  }

  #unsubscribe(client: LiveClient, name: string): void {
    const subscription = client.subscriptions.get(name);
    if (subscription === undefined) return;
    client.subscriptions.delete(name);
    this.#topics.leave(subscription.open, subscription);
  }

  #publish(open: OpenTopic<Subscription>, value: object): void {
    // After a failure an unchanged value is sent too: it says that the topic is live again.
    const delta = open.topic.update(value, { always: open.failure !== null });
    open.failure = null;
    let sent = 0;
    for (const subscription of open.followers) {
      switch (subscription.state) {
        case 'waiting':
          this.#start(subscription);
          break;
        case 'current':
          if (delta === null) break;
          if (this.isSaturated(subscription.client)) {
            this.#fallBehind(subscription);
            break;
          }
          subscription.client.port.send(delta);
          sent += 1;
          break;
        case 'behind':
          break;
        default:
          subscription.state satisfies never;
      }
    }
    this.#metrics.messages.inc({ op: 'delta' }, sent);
  }

  #fail(open: OpenTopic<Subscription>, detail: string): void {
    const isNew = open.failure === null;
    open.failure = detail;
    if (!isNew) return;
    for (const { client } of open.followers) {
      this.#refuse(client, 'unavailable', detail, open.topic.name);
    }
  }

  /** Sends the snapshot that the next deltas build on. */
  #start(subscription: Subscription): void {
    if (this.isSaturated(subscription.client)) return this.#fallBehind(subscription);
    subscription.state = 'current';
    subscription.client.port.send(subscription.open.topic.snapshot());
    this.#metrics.messages.inc({ op: 'snapshot' });
  }

  #fallBehind(subscription: Subscription): void {
    subscription.state = 'behind';
    this.#metrics.conflated.inc();
  }

  #refuse(client: LiveClient, code: LiveErrorCode, detail: string, topic?: string): void {
    this.#send(client, { op: 'error', ...(topic === undefined ? {} : { topic }), code, detail });
  }

  #send(client: LiveClient, message: ServerMessage): void {
    client.port.send(Buffer.from(JSON.stringify(message)));
    this.#metrics.messages.inc({ op: message.op });
  }
}

function hubMetrics(metrics: Metrics) {
  return {
    clients: metrics.gauge('stocktide_live_clients', 'Connected live clients'),
    topics: metrics.gauge('stocktide_live_topics', 'Open live topics, lingering ones included'),
    messages: metrics.counter('stocktide_live_messages_total', 'Live messages sent', ['op']),
    conflated: metrics.counter(
      'stocktide_live_conflated_total',
      'Times that a subscription fell behind and was started anew',
    ),
  };
}
