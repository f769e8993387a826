/**
 * The topics that are open: fed by their source while someone follows them, and a while after, so
 * that a reload or a tunnel can resume. When there are as many as the limit allows, the one that was
 * longest without followers makes room for the next.
 */
import { EVERYWHERE, isScoped, type Scope } from '../../platform/access/identity.ts';
import type { LiveLimits } from '../limits.ts';
import { Topic } from './topic.ts';

/** What a source does with a topic that was opened. */
export interface TopicSink {
  /** Takes the whole new value; its fields that changed are sent. */
  publish(value: object): void;
  /** The value cannot be had now. Followers are told once, until the next `publish`. */
  fail(detail: string): void;
}

/** A topic as those see it who may see the same of it: they share one value and one numbering. */
export interface TopicView {
  readonly name: string;
  readonly scope: Scope;
}

/** Feeds topics. `open` and `close` come in pairs, with the same object, one at a time for each view. */
export interface TopicSource {
  /** Whether its topics say less to whoever may see less; otherwise everybody follows the same one. */
  readonly limited: boolean;
  owns(topic: string): boolean;
  open(view: TopicView, sink: TopicSink): void;
  close(view: TopicView): void;
}

/** An open topic with its followers. */
export interface OpenTopic<Follower> {
  readonly key: string;
  readonly view: TopicView;
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
  readonly #byKey = new Map<string, OpenTopic<Follower>>();
  readonly #options: TopicsOptions<Follower>;

  constructor(options: TopicsOptions<Follower>) {
    this.#options = options;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** The topic of a name as the scope sees it, opened when it is not open yet. */
  take({ name, scope }: TopicView): Opened<Follower> {
    const { limits, newStream, sinkOf, sources } = this.#options;
    const source = sources.find((candidate) => candidate.owns(name));
    if (source === undefined) return { ok: false, reason: 'unknown' };
    const view: TopicView = { name, scope: source.limited ? scope : EVERYWHERE };
    const key = keyOf(view);
    const known = this.#byKey.get(key);
    if (known !== undefined) return { ok: true, open: known };
    if (this.#byKey.size >= limits.topics && !this.#makeRoom()) {
      return { ok: false, reason: 'full' };
    }
    const open: OpenTopic<Follower> = {
      ...{ key, view },
      topic: new Topic(name, { stream: newStream(), limits }),
      source,
      followers: new Set(),
      failure: null,
      idleSinceMs: null,
    };
    this.#byKey.set(key, open);
    source.open(view, sinkOf(open));
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
    for (const open of this.#byKey.values()) {
      if (open.idleSinceMs !== null && open.idleSinceMs <= before) this.#close(open);
    }
  }

  /** Closes the topic that has been without followers for longest, if there is one. */
  #makeRoom(): boolean {
    let longest: OpenTopic<Follower> | null = null;
    for (const open of this.#byKey.values()) {
      if (open.idleSinceMs === null) continue;
      if (open.idleSinceMs < (longest?.idleSinceMs ?? Infinity)) longest = open;
    }
    if (longest !== null) this.#close(longest);
    return longest !== null;
  }

  #close(open: OpenTopic<Follower>): void {
    this.#byKey.delete(open.key);
    open.source.close(open.view);
  }
}

/** The same for scopes that let the same through, in whatever order they name it. */
function keyOf({ name, scope }: TopicView): string {
  if (!isScoped(scope)) return name;
  const listed = (keys: readonly string[] | null) => (keys === null ? null : [...keys].sort());
  return JSON.stringify([name, listed(scope.nodes), listed(scope.channels)]);
}
