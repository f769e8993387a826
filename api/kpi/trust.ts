/**
 * How sure a KPI is: how new the newest event is of the entities that it needs, and whether a source that
 * sends such events is behind, which makes the number provisional (REFERENCE K34). Pure.
 */
import type { KpiSummary } from '../../contracts/kpi.ts';
import type { SourceStatus, SystemView } from '../../contracts/live.ts';

/** Sources that are named; `detail` counts them all. */
const SHOWN_SOURCES = 5;

/** A source as the KPIs see it. */
export interface Feed {
  readonly source: string;
  /** Entities that it has sent. */
  readonly entities: ReadonlySet<string>;
  readonly lastEventMs: number;
  readonly cadenceMs: number | null;
  readonly stale: boolean;
}

export type Trust = Pick<KpiSummary, 'last_event_at' | 'age_s' | 'provisional'>;

/** The sources of all runtimes, each once, as the runtime saw it that heard of it last. */
export function feedsOf({ runtimes }: SystemView): Feed[] {
  const newest = new Map<string, SourceStatus>();
  for (const source of runtimes.flatMap((runtime) => runtime.sources)) {
    const known = newest.get(source.source);
    if (known === undefined || known.lastIngestedAt < source.lastIngestedAt) {
      newest.set(source.source, source);
    }
  }
  return [...newest.values()].map(({ cadenceMs, entities, lastEventAt, source, stale }) => ({
    ...{ source, cadenceMs, stale },
    entities: new Set(entities),
    lastEventMs: Date.parse(lastEventAt),
  }));
}

/** Of a KPI that needs these entities; one that needs none is never provisional. */
export function trustOf(needs: readonly string[], feeds: readonly Feed[], nowMs: number): Trust {
  const own = needs.length === 0 ? feeds : feeds.filter((feed) => serves(feed, needs));
  const newestMs = Math.max(...own.map((feed) => feed.lastEventMs));
  return {
    last_event_at: own.length === 0 ? null : new Date(newestMs).toISOString(),
    age_s: own.length === 0 ? null : seconds(nowMs - newestMs),
    provisional: needs.length === 0 ? null : provisionalOf(own, nowMs),
  };
}

const serves = ({ entities }: Feed, needs: readonly string[]) =>
  needs.some((entity) => entities.has(entity));

function provisionalOf(feeds: readonly Feed[], nowMs: number): Trust['provisional'] {
  const behind = feeds
    .filter((feed) => feed.stale)
    .sort((a, b) => a.lastEventMs - b.lastEventMs || (a.source < b.source ? -1 : 1));
  const [longest] = behind;
  if (longest === undefined) return null;
  const more = behind.length === 1 ? '' : ` and ${behind.length - 1} more`;
  const verb = behind.length === 1 ? 'is' : 'are';
  return {
    detail: `${longest.source}${more} ${verb} behind: what is missing will change the number`,
    sources: behind.slice(0, SHOWN_SOURCES).map(({ cadenceMs, lastEventMs, source }) => ({
      source,
      last_event_at: new Date(lastEventMs).toISOString(),
      age_s: seconds(nowMs - lastEventMs),
      cadence_s: cadenceMs === null ? null : cadenceMs / 1000,
    })),
  };
}

/** Never negative: a source whose clock runs ahead is fresh. */
const seconds = (ms: number) => Math.round(Math.max(0, ms) / 1000);
