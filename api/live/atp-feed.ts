/**
 * Feeds the topics `atp:<sku>`: when the ledger says that a followed SKU changed, asks the processor
 * that owns it and passes the answer on.
 *
 *   live.atp.<p> notice ─▶ followed? ─▶ dirty ─▶ ask the owner ─▶ publish
 *                                        ▲            │ failed: again, after a growing wait
 *                                        └────────────┘ changed meanwhile: once more
 *
 * The answer is computed by the ledger itself, so it is never a stale copy; a notice only says when to
 * ask. At most one question per SKU is under way and the newest state wins, so that a SKU that changes
 * a thousand times a second costs ten questions, not a thousand; each scope is shown its part of the answer. Notices are not persisted: after a
 * break of the connection or of a processor, `refreshAll` asks for everything that is followed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Compile } from 'typebox/compile';
import type { AtpView } from '../../contracts/atp.ts';
import { ROUTING_FIELDS } from '../../contracts/envelope.ts';
import type { AtpNotice } from '../../contracts/signals.ts';
import { partitionOf } from '../../contracts/subjects.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { scopedAtp } from '../access/scope.ts';
import type { AskLimits } from '../limits.ts';
import type { TopicSink, TopicSource, TopicView } from './topics.ts';

const PREFIX = 'atp:';
const skuKey = Compile(ROUTING_FIELDS.sku_id);

/** The topic of a SKU's live ATP. */
export const atpTopic = (sku: string) => `${PREFIX}${sku}`;
const skuOf = ({ name }: TopicView) => name.slice(PREFIX.length);

interface Watch {
  readonly sku: string;
  readonly sinks: Map<TopicView, TopicSink>;
  /** Something changed since the last question was sent. */
  dirty: boolean;
  asking: boolean;
  retryMs: number;
}

export interface AtpFeedOptions {
  /** Asks the owner of the SKU; rejects when it does not answer. */
  readonly ask: (sku: string) => Promise<AtpView>;
  /** Starts to listen for notices of a partition; the result stops it. */
  readonly listen: (partition: number) => () => void;
  readonly limits: AskLimits;
  readonly metrics: Metrics;
}

export class AtpFeed implements TopicSource {
  readonly limited = true;
  readonly #options: AtpFeedOptions;
  readonly #watches = new Map<string, Watch>();
  readonly #partitions = new Map<number, { watches: number; stop: () => void }>();
  /** SKUs whose turn comes when a question ends; each is in it once, so topics bound it. */
  readonly #waiting = new Set<Watch>();
  readonly #metrics: ReturnType<typeof feedMetrics>;
  #inFlight = 0;

  constructor(options: AtpFeedOptions) {
    this.#options = options;
    this.#metrics = feedMetrics(options.metrics);
  }

  owns(topic: string): boolean {
    return topic.startsWith(PREFIX) && skuKey.Check(topic.slice(PREFIX.length));
  }

  open(view: TopicView, sink: TopicSink): void {
    const sku = skuOf(view);
    const known = this.#watches.get(sku);
    const watch = known ?? { sku, sinks: new Map(), dirty: false, asking: false, retryMs: 0 };
    watch.sinks.set(view, sink);
    if (known === undefined) {
      this.#watches.set(sku, watch);
      // Listening starts before the first question, so that no change falls between the two.
      this.#listen(partitionOf(sku));
    }
    this.#touch(watch);
  }

  close(view: TopicView): void {
    const sku = skuOf(view);
    const watch = this.#watches.get(sku);
    if (watch === undefined) return;
    watch.sinks.delete(view);
    if (watch.sinks.size > 0) return;
    this.#watches.delete(sku);
    this.#waiting.delete(watch);
    this.#unlisten(partitionOf(sku));
  }

  onNotice({ skus }: AtpNotice): void {
    for (const sku of skus) {
      const watch = this.#watches.get(sku);
      if (watch !== undefined) this.#touch(watch);
    }
  }

  /** Asks for every followed SKU: after a break, when notices may have been missed. */
  refreshAll(): void {
    for (const watch of this.#watches.values()) this.#touch(watch);
  }

  #touch(watch: Watch): void {
    watch.dirty = true;
    if (watch.asking || this.#waiting.has(watch)) return;
    this.#waiting.add(watch);
    this.#askNext();
  }

  #askNext(): void {
    for (const watch of this.#waiting) {
      if (this.#inFlight >= this.#options.limits.inFlight) break;
      this.#waiting.delete(watch);
      void this.#ask(watch);
    }
    this.#metrics.waiting.set(this.#waiting.size);
  }

  async #ask(watch: Watch): Promise<void> {
    const { ask, limits } = this.#options;
    watch.asking = true;
    watch.dirty = false;
    this.#inFlight += 1;
    const endTimer = this.#metrics.seconds.startTimer();
    try {
      const answer = await ask(watch.sku);
      watch.retryMs = 0;
      for (const [{ scope }, sink] of watch.sinks) sink.publish(scopedAtp(answer, scope));
    } catch (error) {
      this.#metrics.failures.inc();
      watch.retryMs = Math.min(limits.retryMaxMs, watch.retryMs * 2 || limits.retryMinMs);
      watch.dirty = true;
      for (const sink of watch.sinks.values()) sink.fail(messageOf(error));
    } finally {
      endTimer();
      this.#inFlight -= 1;
      this.#askNext();
    }
    await sleep(watch.retryMs || limits.gapMs, undefined, { ref: false });
    watch.asking = false;
    if (watch.dirty && this.#isFollowed(watch)) this.#touch(watch);
  }

  #isFollowed(watch: Watch): boolean {
    return this.#watches.get(watch.sku) === watch;
  }

  #listen(partition: number): void {
    const listening = this.#partitions.get(partition);
    if (listening !== undefined) listening.watches += 1;
    else this.#partitions.set(partition, { watches: 1, stop: this.#options.listen(partition) });
  }

  #unlisten(partition: number): void {
    const listening = this.#partitions.get(partition);
    if (listening === undefined) return;
    listening.watches -= 1;
    if (listening.watches > 0) return;
    this.#partitions.delete(partition);
    listening.stop();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function feedMetrics(metrics: Metrics) {
  return {
    waiting: metrics.gauge('stocktide_live_asks_waiting', 'Followed SKUs waiting for a question'),
    seconds: metrics.histogram(
      'stocktide_live_ask_seconds',
      'Time that the owner of a SKU takes to answer a live topic',
    ),
    failures: metrics.counter('stocktide_live_ask_failures_total', 'Live questions without answer'),
  };
}
