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
 * bytes than the limit and one message; a topic is fed only while someone wants it, and a while after.
 */
import { Compile } from 'typebox/compile';
import { ClientMessage, type LiveErrorCode, type ServerMessage } from '../../contracts/live.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { LiveLimits } from '../limits.ts';
import { Topic } from './topic.ts';

/** Where a client's messages go. */
export interface ClientPort {
  send(text: string): void;
  /** Bytes accepted and not yet handed to the network. */
  bufferedBytes(): number;
}

/** What a source does with a topic that was opened. */
export interface TopicSink {
  /** Takes the whole new value; its fields that changed are sent. */
  publish(value: object): void;
  /** The value cannot be had now. Subscribers are told once, until the next `publish`. */
  fail(detail: string): void;
}

/** Feeds topics. `open` and `close` come in pairs, one at a time for each name. */
export interface TopicSource {
  owns(topic: string): boolean;
  open(topic: string, sink: TopicSink): void;
  close(topic: string): void;
}

interface OpenTopic {
  readonly topic: Topic;
  readonly source: TopicSource;
  readonly subscribers: Set<Subscription>;
  /** Why the source has no new value, while it has none. */
  failure: string | null;
  /** Since when nobody follows it. */
  idleSinceMs: number | null;
}

/**
 *   waiting ──first value──▶ current ──too much unsent──▶ behind ──drained──▶ current
 */
interface Subscription {
  readonly client: LiveClient;
  readonly open: OpenTopic;
  state: 'waiting' | 'current' | 'behind';
}

/** A connected client, as the socket's side holds it. */
export interface LiveClient {
  readonly port: ClientPort;
  readonly subscriptions: Map<string, Subscription>;
}

const clientMessage = Compile(ClientMessage);

export class LiveHub {
  readonly #topics = new Map<string, OpenTopic>();
  readonly #clients = new Set<LiveClient>();
  readonly #sources: readonly TopicSource[];
  readonly #limits: LiveLimits;
  readonly #nowMs: () => number;
  readonly #newStream: () => string;
  readonly #metrics: ReturnType<typeof hubMetrics>;

  constructor(options: {
    sources: readonly TopicSource[];
    limits: LiveLimits;
    metrics: Metrics;
    nowMs: () => number;
    /** A name that no topic has had before. */
    newStream: () => string;
  }) {
    this.#sources = options.sources;
    this.#limits = options.limits;
    this.#nowMs = options.nowMs;
    this.#newStream = options.newStream;
    this.#metrics = hubMetrics(options.metrics);
  }

  /** Takes a client, or answers null when there are as many as the limit allows. */
  connect(port: ClientPort): LiveClient | null {
    if (this.#clients.size >= this.#limits.clients) return null;
    const client: LiveClient = { port, subscriptions: new Map() };
    this.#clients.add(client);
    this.#metrics.clients.set(this.#clients.size);
    return client;
  }

  disconnect(client: LiveClient): void {
    for (const subscription of client.subscriptions.values()) this.#leave(subscription);
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
      const allowed =
        'one of {"op":"subscribe","topic":…,"resume":{"stream":…,"n":…}?}, {"op":"unsubscribe","topic":…}, {"op":"ping"}';
      return this.#refuse(client, 'invalid_message', allowed);
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
    const before = this.#nowMs() - this.#limits.lingerMs;
    for (const open of this.#topics.values()) {
      if (open.idleSinceMs !== null && open.idleSinceMs <= before) this.#close(open);
    }
  }

  #subscribe(client: LiveClient, name: string, resume?: { stream: string; n: number }): void {
    const known = client.subscriptions.get(name);
    if (!known && client.subscriptions.size >= this.#limits.topicsPerClient) {
      const most = `a client follows at most ${this.#limits.topicsPerClient} topics; unsubscribe from one`;
      return this.#refuse(client, 'too_many_topics', most, name);
    }
    const open = known?.open ?? this.#topics.get(name) ?? this.#open(client, name);
    if (open === null) return;

    const subscription: Subscription = known ?? { client, open, state: 'waiting' };
    client.subscriptions.set(name, subscription);
    open.subscribers.add(subscription);
    open.idleSinceMs = null;

    const missed = resume ? open.topic.since(resume.stream, resume.n) : null;
    if (missed !== null) {
      subscription.state = 'current';
      for (const delta of missed) this.#sendText(client, 'delta', delta);
    } else if (open.topic.hasValue) {
      this.#start(subscription);
    }
    if (open.failure !== null) this.#refuse(client, 'unavailable', open.failure, name);
  }

  #unsubscribe(client: LiveClient, name: string): void {
    const subscription = client.subscriptions.get(name);
    if (subscription === undefined) return;
    client.subscriptions.delete(name);
    this.#leave(subscription);
  }

  #leave(subscription: Subscription): void {
    const { open } = subscription;
    open.subscribers.delete(subscription);
    if (open.subscribers.size === 0) open.idleSinceMs = this.#nowMs();
  }

  /** Opens a topic that nobody followed, or refuses and answers null. */
  #open(client: LiveClient, name: string): OpenTopic | null {
    const source = this.#sources.find((candidate) => candidate.owns(name));
    if (source === undefined) {
      this.#refuse(client, 'unknown_topic', 'topics are system and atp:<sku>', name);
      return null;
    }
    if (this.#topics.size >= this.#limits.topics && !this.#makeRoom()) {
      this.#refuse(client, 'too_many_topics', 'the server follows as many as it can', name);
      return null;
    }
    const open: OpenTopic = {
      topic: new Topic(name, { stream: this.#newStream(), limits: this.#limits }),
      source,
      subscribers: new Set(),
      failure: null,
      idleSinceMs: null,
    };
    this.#topics.set(name, open);
    this.#metrics.topics.set(this.#topics.size);
    source.open(name, {
      publish: (value) => this.#publish(open, value),
      fail: (detail) => this.#fail(open, detail),
    });
    return open;
  }

  #close(open: OpenTopic): void {
    this.#topics.delete(open.topic.name);
    this.#metrics.topics.set(this.#topics.size);
    open.source.close(open.topic.name);
  }

  /** Closes the topic that has been without followers for longest, if there is one. */
  #makeRoom(): boolean {
    let longest: OpenTopic | null = null;
    for (const open of this.#topics.values()) {
      if (open.idleSinceMs === null) continue;
      if (open.idleSinceMs < (longest?.idleSinceMs ?? Infinity)) longest = open;
    }
    if (longest !== null) this.#close(longest);
    return longest !== null;
  }

  #publish(open: OpenTopic, value: object): void {
    // After a failure an unchanged value is sent too: it says that the topic is live again.
    const delta = open.topic.update(value, { always: open.failure !== null });
    open.failure = null;
    for (const subscription of open.subscribers) {
      switch (subscription.state) {
        case 'waiting':
          this.#start(subscription);
          break;
        case 'current':
          if (delta === null) break;
          if (this.isSaturated(subscription.client)) this.#fallBehind(subscription);
          else this.#sendText(subscription.client, 'delta', delta);
          break;
        case 'behind':
          break;
        default:
          subscription.state satisfies never;
      }
    }
  }

  #fail(open: OpenTopic, detail: string): void {
    const isNew = open.failure === null;
    open.failure = detail;
    if (!isNew) return;
    for (const { client } of open.subscribers) {
      this.#refuse(client, 'unavailable', detail, open.topic.name);
    }
  }

  /** Sends the snapshot that the next deltas build on. */
  #start(subscription: Subscription): void {
    if (this.isSaturated(subscription.client)) return this.#fallBehind(subscription);
    subscription.state = 'current';
    this.#sendText(subscription.client, 'snapshot', subscription.open.topic.snapshot());
  }

  #fallBehind(subscription: Subscription): void {
    subscription.state = 'behind';
    this.#metrics.conflated.inc();
  }

  #refuse(client: LiveClient, code: LiveErrorCode, detail: string, topic?: string): void {
    this.#send(client, { op: 'error', ...(topic === undefined ? {} : { topic }), code, detail });
  }

  #send(client: LiveClient, message: ServerMessage): void {
    this.#sendText(client, message.op, JSON.stringify(message));
  }

  #sendText(client: LiveClient, op: ServerMessage['op'], text: string): void {
    this.#metrics.messages.inc({ op });
    client.port.send(text);
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
