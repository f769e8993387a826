/**
 * The page's one socket to `/v1/live`: topics that parts follow, and the state of the connection.
 *
 *   connecting ──open──▶ live ──closed, silent──▶ waiting ──time, "now", online──▶ connecting
 *                          ▲                         │ the browser has no network
 *                          └──────── resume ─────────┴──▶ offline
 *
 * A topic keeps its last value through a break and resumes from its number, so that nothing flickers
 * and nothing is missed. Messages are taken in as they come. The first after a pause is shown with the next frame,
 * those that follow five times a second, which is as fast as anybody reads: a thousand updates a second cost five
 * renders, and scrolling stays smooth.
 */
import type { ClientMessage, ServerMessage } from '../../../contracts/live.ts';
import { applyMessage, reconnectWaitMs, type TopicValue } from './live-protocol.ts';

export type Connection =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'live' }
  /** `untilMs` is wall time of the next attempt. */
  | { readonly phase: 'waiting'; readonly untilMs: number }
  | { readonly phase: 'offline' };

/** The page takes only types from contracts; this is its LIVE_PATH. */
const LIVE_PATH = '/v1/live';
/** A server that sends nothing for so long (the system topic speaks each second) is gone. */
const SILENCE_MS = 10_000;
/** Least time between two renders of what has arrived. */
const SHOW_EVERY_MS = 200;
/** A topic is given up so long after its last follower left: the next view may want it. */
const LINGER_MS = 1000;

/** One topic as the page shows it. */
export class LiveTopic<T extends object = object> {
  /** The newest value, replaced whole; null until the first snapshot. */
  data: T | null = $state.raw(null);
  /** Why the server has no newer value, while it has none. */
  trouble: string | null = $state(null);
  readonly name: string;
  /** What has arrived, shown or not. */
  value: TopicValue | null = null;
  followers = 0;

  constructor(name: string) {
    this.name = name;
  }
}

/** Closed with this code: nobody is signed in, or not any more. */
const NOBODY = 4401;

export class LiveSocket {
  readonly #onNobody: () => void;
  #connection: Connection = $state.raw({ phase: 'connecting' });
  readonly #topics = new Map<string, LiveTopic>();
  readonly #changed = new Set<LiveTopic>();
  #socket: WebSocket | null = null;
  #attempt = 0;
  #retry: number | undefined;
  #silence: number | undefined;
  #heardMs = 0;
  #shownMs = 0;
  #isShowPlanned = false;

  /** `onNobody` is told when the socket was closed since nobody is signed in. */
  constructor(onNobody: () => void) {
    this.#onNobody = onNobody;
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** Connects, and stays connected until the returned function is called. */
  run(): () => void {
    const online = () => this.retryNow();
    const offline = () => this.#lost();
    window.addEventListener('online', online);
    window.addEventListener('offline', offline);
    this.#connect();
    return () => {
      window.removeEventListener('online', online);
      window.removeEventListener('offline', offline);
      this.#drop();
      clearTimeout(this.#retry);
    };
  }

  /** The topic as it is known here, followed or not. */
  topic<T extends object>(name: string): LiveTopic<T> {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      topic = new LiveTopic(name);
      this.#topics.set(name, topic);
    }
    // The topic's name says what its data is; nothing else can.
    return topic as LiveTopic<T>;
  }

  /** Follows a topic until the returned function is called. */
  follow(name: string): () => void {
    const topic = this.topic(name);
    topic.followers += 1;
    if (topic.followers === 1) this.#subscribe(topic);
    return () => {
      topic.followers -= 1;
      if (topic.followers === 0) setTimeout(() => this.#giveUp(topic), LINGER_MS);
    };
  }

  /** Ends the wait for the next attempt. */
  retryNow(): void {
    if (this.#connection.phase === 'live' || this.#connection.phase === 'connecting') return;
    clearTimeout(this.#retry);
    this.#connect();
  }

  #giveUp(topic: LiveTopic): void {
    if (topic.followers > 0 || this.#topics.get(topic.name) !== topic) return;
    this.#topics.delete(topic.name);
    this.#send({ op: 'unsubscribe', topic: topic.name });
  }

  #connect(): void {
    this.#connection = { phase: 'connecting' };
    const url = new URL(LIVE_PATH, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url);
    this.#socket = socket;
    this.#watchSilence();
    socket.onopen = () => {
      this.#attempt = 0;
      this.#connection = { phase: 'live' };
      for (const topic of this.#topics.values()) if (topic.followers > 0) this.#subscribe(topic);
    };
    socket.onmessage = (event: MessageEvent<string>) => {
      this.#heardMs = performance.now();
      this.#receive(JSON.parse(event.data) as ServerMessage<object>);
    };
    socket.onclose = ({ code }) => {
      if (code === NOBODY) this.#onNobody();
      this.#lost();
    };
  }

  /** Leaves the socket and plans the next attempt. */
  #lost(): void {
    this.#drop();
    clearTimeout(this.#retry);
    if (!navigator.onLine) {
      this.#connection = { phase: 'offline' };
      return;
    }
    this.#attempt += 1;
    const waitMs = reconnectWaitMs(this.#attempt, Math.random());
    this.#connection = { phase: 'waiting', untilMs: Date.now() + waitMs };
    this.#retry = window.setTimeout(() => this.#connect(), waitMs);
  }

  #drop(): void {
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  /** Gives the socket up when it stays silent for too long from now on. */
  #watchSilence(): void {
    this.#heardMs = performance.now();
    const look = (): void => {
      const leftMs = this.#heardMs + SILENCE_MS - performance.now();
      if (leftMs <= 0) this.#lost();
      else this.#silence = window.setTimeout(look, leftMs);
    };
    clearTimeout(this.#silence);
    look();
  }

  #receive(message: ServerMessage<object>): void {
    if (message.op === 'pong' || message.op === 'resync') return;
    const topic = message.topic === undefined ? undefined : this.#topics.get(message.topic);
    if (topic === undefined) return;
    if (message.op === 'error') {
      topic.trouble = message.detail;
      return;
    }
    const value = applyMessage(topic.value, message);
    topic.value = value;
    if (value === null) return this.#subscribe(topic);
    topic.trouble = null;
    this.#changed.add(topic);
    this.#planShow();
  }

  #planShow(): void {
    if (this.#isShowPlanned) return;
    this.#isShowPlanned = true;
    const waitMs = Math.max(0, this.#shownMs + SHOW_EVERY_MS - performance.now());
    setTimeout(() => requestAnimationFrame(() => this.#show()), waitMs);
  }

  #show(): void {
    this.#isShowPlanned = false;
    this.#shownMs = performance.now();
    for (const topic of this.#changed) {
      if (topic.value !== null) topic.data = topic.value.data;
    }
    this.#changed.clear();
  }

  #subscribe({ name, value }: LiveTopic): void {
    const resume = value === null ? {} : { resume: { stream: value.stream, n: value.n } };
    this.#send({ op: 'subscribe', topic: name, ...resume });
  }

  #send(message: ClientMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
