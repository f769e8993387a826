/**
 * The feeds: every source as the processors last saw it, for `GET /v1/feeds` and, once a second while
 * somebody follows it, for the live topic `feeds`. One computation serves all clients; a field of the topic is
 * a source, so that a delta has only the sources that changed.
 */
import type { ClickHouseClient } from '@clickhouse/client';
import type { FeedsLive, FeedState, FeedStatus, FeedsView } from '../contracts/feeds.ts';
import type { SourceStatus, SystemView } from '../contracts/live.ts';
import { readFeedSeries } from './clickhouse/feeds.ts';
import type { FeedLimits } from './limits.ts';
import type { TopicSink, TopicSource, TopicView } from './live/topics.ts';

const TOPIC = 'feeds';
const MINUTE_MS = 60_000;
/** A source of an unknown cadence is quiet after so long without a word (event time). */
const QUIET_MS = 15 * MINUTE_MS;

export interface FeedsOptions {
  readonly client: ClickHouseClient;
  readonly system: () => SystemView;
  readonly limits: FeedLimits;
  /** Event time of the processors. */
  readonly nowMs: () => number;
}

export class Feeds implements TopicSource {
  readonly limited = false;
  readonly #options: FeedsOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: FeedsOptions) {
    this.#options = options;
  }

  owns(topic: string): boolean {
    return topic === TOPIC;
  }

  open(_view: TopicView, sink: TopicSink): void {
    const publish = () => sink.publish(this.live());
    this.#timer = setInterval(publish, this.#options.limits.everyMs);
    publish();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  live(): FeedsLive {
    const { nowMs, system } = this.#options;
    const feeds = feedsOf(system(), nowMs());
    return {
      now: new Date(nowMs()).toISOString(),
      sources: feeds.map(({ source }) => source),
      ...Object.fromEntries(feeds.map((feed) => [`source ${feed.source}` as const, feed])),
    };
  }

  /** Every source with its course over so many hours of event time. */
  async view(hours: number): Promise<FeedsView> {
    const { client, nowMs, system } = this.#options;
    const now = nowMs();
    const series = await readFeedSeries(client, { nowMs: now, hours });
    return {
      now: new Date(now).toISOString(),
      at: system().at,
      feeds: feedsOf(system(), now).map((feed) => ({
        ...feed,
        series: series.get(feed.source) ?? [],
      })),
    };
  }
}

const WORST_FIRST: readonly FeedState[] = ['silent', 'late', 'quiet', 'ok'];

/** Each source once, as the runtime that heard of it last saw it; the worst first. */
export function feedsOf({ runtimes }: SystemView, nowMs: number): FeedStatus[] {
  const newest = new Map<string, SourceStatus>();
  for (const source of runtimes.flatMap((runtime) => runtime.sources)) {
    const known = newest.get(source.source);
    if (known === undefined || known.lastIngestedAt < source.lastIngestedAt) {
      newest.set(source.source, source);
    }
  }
  return [...newest.values()]
    .map((source) => statusOf(source, nowMs))
    .sort(
      (a, b) =>
        WORST_FIRST.indexOf(a.state) - WORST_FIRST.indexOf(b.state) ||
        a.source.localeCompare(b.source),
    );
}

function statusOf(source: SourceStatus, nowMs: number): FeedStatus {
  return {
    ...{ source: source.source, state: stateOf(source, nowMs), events: source.events },
    entities: [...source.entities],
    ...{ last_event_at: source.lastEventAt, last_taken_at: source.lastIngestedAt },
    ...{ cadence_ms: source.cadenceMs, watermark: source.watermark, gaps: source.gaps },
    ...{ late_p50_ms: source.lateP50Ms, late_p95_ms: source.lateP95Ms },
    ...{ duplicates: source.duplicates, rejected: source.rejected },
    reasons: { ...source.reasons },
  };
}

/** How a source stands at an event time. */
export function stateOf(source: SourceStatus, nowMs: number): FeedState {
  const { cadenceMs, lastEventAt, lateP95Ms, stale, watermark } = source;
  if (stale) return 'silent';
  const allowedMs = Date.parse(lastEventAt) - Date.parse(watermark);
  if (lateP95Ms !== null && lateP95Ms > allowedMs) return 'late';
  const quietMs = Math.max(cadenceMs ?? QUIET_MS, MINUTE_MS);
  return nowMs - Date.parse(lastEventAt) > quietMs ? 'quiet' : 'ok';
}
