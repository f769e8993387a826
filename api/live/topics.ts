/**
 * The topics that are open: fed by their source while someone follows them, and a while after, so
 * that a reload or a tunnel can resume. When there are as many as the limit allows, the one that was
 * longest without followers makes room for the next.
 */
import type { LiveLimits } from '../limits.ts';
import { Topic } from './topic.ts';

/** What a source does with a topic that was opened. */
export interface TopicSink {
  /** Takes the whole new value; its fields that changed are sent. */
  publish(value: object): void;
  /** The value cannot be had now. Followers are told once, until the next `publish`. */
  fail(detail: string): void;
}

/** Feeds topics. `open` and `close` come in pairs, one at a time for each name. */
export interface TopicSource {
  owns(topic: string): boolean;
  open(topic: string, sink: TopicSink): void;
  close(topic: string): void;
}

/** An open topic with its followers. */
export interface OpenTopic<Follower> {
  readonly topic: Topic;
  readonly source: TopicSource;
  readonly followers: Set<Follower>;
  /** Why the source has no new value, while it has none. */
  failure: string | null;
  /** Since when nobody follows it. */
  idleSinceMs: number | null;
}

export type Opened<Follower> =
  | { readonly ok: true; readonly open: OpenTopic<Follower> }
  | {
      readonly ok: false;
      readonly reason: 'unknown' | 'full';
    };

export interface TopicsOptions<Follower> {
  readonly sources: readonly TopicSource[];
  readonly limits: LiveLimits;
  readonly nowMs: () => number;
  /** A name that no topic has had before. */
  readonly newStream: () => string;
  readonly sinkOf: (open: OpenTopic<Follower>) => TopicSink;
}

export class OpenTopics<Follower> {
  readonly #byName = new Map<string, OpenTopic<Follower>>();
  readonly #options: TopicsOptions<Follower>;

  constructor(options: TopicsOptions<Follower>) {
    this.#options = options;
  }

  get size(): number {
    return this.#byName.size;
  }

  /** The topic of a name, opened when it is not open yet. */
  take(name: string): Opened<Follower> {
    const known = this.#byName.get(name);
    if (known !== undefined) return { ok: true, open: known };
    const { limits, newStream, sinkOf, sources } = this.#options;
    const source = sources.find((candidate) => candidate.owns(name));
    if (source === undefined) return { ok: false, reason: 'unknown' };
    if (this.#byName.size >= limits.topics && !this.#makeRoom()) {
      return { ok: false, reason: 'full' };
    }
    const open: OpenTopic<Follower> = {
      topic: new Topic(name, { stream: newStream(), limits }),
      source,
      followers: new Set(),
      failure: null,
      idleSinceMs: null,
    };
    this.#byName.set(name, open);
    source.open(name, sinkOf(open));
    return { ok: true, open };
  }

  follow(open: OpenTopic<Follower>, follower: Follower): void {
    open.followers.add(follower);
    open.idleSinceMs = null;
  }

  leave(open: OpenTopic<Follower>, follower: Follower): void {
    open.followers.delete(follower);
    if (open.followers.size === 0) open.idleSinceMs = this.#options.nowMs();
  }

  /** Closes the topics that nobody has followed for long enough. */
  sweep(): void {
    const before = this.#options.nowMs() - this.#options.limits.lingerMs;
    for (const open of this.#byName.values()) {
      if (open.idleSinceMs !== null && open.idleSinceMs <= before) this.#close(open);
    }
  }

  /** Closes the topic that has been without followers for longest, if there is one. */
  #makeRoom(): boolean {
    let longest: OpenTopic<Follower> | null = null;
    for (const open of this.#byName.values()) {
      if (open.idleSinceMs === null) continue;
      if (open.idleSinceMs < (longest?.idleSinceMs ?? Infinity)) longest = open;
    }
    if (longest !== null) this.#close(longest);
    return longest !== null;
  }

  #close(open: OpenTopic<Follower>): void {
    this.#byName.delete(open.topic.name);
    open.source.close(open.topic.name);
  }
}
