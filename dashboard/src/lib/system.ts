/** What the system strip says, from what runtimes and doors say of themselves. Pure. */
import type { RuntimeStatus, SourceStatus, SystemView } from '../../../contracts/live.ts';

export type Health = 'good' | 'warn' | 'bad';

/** A part that was silent for longer is not counted as up. */
const SILENT_MS = 5000;
/** Processors that are farther behind tell of the past. */
const BEHIND_MS = 2000;
/** A feed that was heard of within this is fresh, however often it speaks. */
const FRESH_MS = 60_000;
/** Age beyond which a feed of an unknown cadence is stale; of one whose cadence is known, in cadences. */
const STALE_MS = 15 * 60_000;
const STALE_CADENCES = 1.5;

export interface SystemSummary {
  readonly eventsPerSec: number;
  readonly lagEvents: number;
  readonly lagMs: number;
  readonly lagHealth: Health;
  /** Event time that figures are of, while the processors are behind (RFC 3339). */
  readonly asOf: string | null;
  /** Wall time of the oldest among the runtimes' last flushes, or null when there is none. */
  readonly lastFlushAt: string | null;
  readonly lastFlushRows: number;
  readonly lastFlushMs: number;
  readonly feeds: readonly Feed[];
  /** One sentence when something is wrong, the gravest first. */
  readonly trouble: string | null;
}

export interface Feed extends SourceStatus {
  /** Since the door took its newest event, at the instant that the processors have come to. */
  readonly ageMs: number;
  readonly state: 'fresh' | 'quiet' | 'stale';
}

export function summarise(view: SystemView): SystemSummary {
  const nowMs = Date.parse(view.at);
  const up = view.runtimes.filter((runtime) => nowMs - Date.parse(runtime.at) < SILENT_MS);
  const sum = (pick: (runtime: RuntimeStatus) => number) =>
    up.reduce((total, runtime) => total + pick(runtime), 0);
  const flushes = up.filter((runtime) => runtime.lastFlushAt !== null);
  const lagMs = Math.max(0, ...up.map((runtime) => runtime.lagMs));
  return {
    eventsPerSec: sum((runtime) => runtime.eventsPerSec),
    lagEvents: sum((runtime) => runtime.lagEvents),
    lagMs,
    lagHealth: lagMs < BEHIND_MS ? 'good' : lagMs < 30_000 ? 'warn' : 'bad',
    asOf:
      up
        .filter(isBehind)
        .map(({ now }) => now)
        .sort()[0] ?? null,
    lastFlushAt: flushes.map((runtime) => runtime.lastFlushAt ?? '').sort()[0] ?? null,
    lastFlushRows: flushes.reduce((total, runtime) => total + runtime.lastFlushRows, 0),
    lastFlushMs: Math.max(0, ...flushes.map((runtime) => runtime.lastFlushMs)),
    feeds: feedsOf(view, nowMs),
    trouble: troubleOf(view, up, nowMs),
  };
}

const isBehind = ({ lagMs }: RuntimeStatus) => lagMs >= BEHIND_MS;

/** Each source once, as the runtime that heard of it last saw it; the longest silent first. */
function feedsOf(view: SystemView, nowMs: number): Feed[] {
  const newest = new Map<string, Feed>();
  for (const runtime of view.runtimes) {
    // What comes later, one that is behind has not heard yet.
    const asOfMs = isBehind(runtime) ? Math.min(nowMs, Date.parse(runtime.now)) : nowMs;
    for (const source of runtime.sources) {
      const known = newest.get(source.source);
      if (known !== undefined && known.lastIngestedAt >= source.lastIngestedAt) continue;
      const ageMs = Math.max(0, asOfMs - Date.parse(source.lastIngestedAt));
      newest.set(source.source, { ...source, ageMs, state: stateOf(source, ageMs) });
    }
  }
  return [...newest.values()].sort((a, b) => b.ageMs - a.ageMs || a.source.localeCompare(b.source));
}

/** The processors judge by event time; should they have fallen silent too, the age tells. */
function stateOf({ cadenceMs, stale }: SourceStatus, ageMs: number): Feed['state'] {
  if (stale || ageMs >= (cadenceMs === null ? STALE_MS : STALE_CADENCES * cadenceMs + FRESH_MS)) {
    return 'stale';
  }
  return ageMs < Math.max(FRESH_MS, cadenceMs ?? 0) ? 'fresh' : 'quiet';
}

function troubleOf(view: SystemView, up: RuntimeStatus[], nowMs: number): string | null {
  if (!view.nats.ok) return `NATS is not reachable: ${view.nats.detail}.`;
  const silent = view.runtimes.filter((runtime) => !up.includes(runtime));
  const [gone] = silent;
  if (up.length === 0) {
    return gone === undefined
      ? 'No processor is running: numbers are not being kept.'
      : `The processor has said nothing for ${seconds(nowMs - Date.parse(gone.at))}.`;
  }
  if (gone !== undefined && gone.phase !== 'stopped') {
    return `Processor ${gone.slice} has said nothing for ${seconds(nowMs - Date.parse(gone.at))}.`;
  }
  const notLive = up.find((runtime) => runtime.phase !== 'live');
  if (notLive !== undefined) {
    const why = notLive.detail === '' ? '' : `: ${notLive.detail}`;
    return `Processor ${notLive.slice} is ${notLive.phase}${why}.`;
  }
  if (!view.clickhouse.ok) return `ClickHouse is not reachable: ${view.clickhouse.detail}.`;
  const doors = view.doors.filter((door) => nowMs - Date.parse(door.at) < SILENT_MS);
  return doors.length === 0 ? 'The door is not running: no events are being taken.' : null;
}

const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;
