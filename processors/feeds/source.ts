/** What is known of one source: freshness, cadence, gaps, lateness and the watermark that follow. Pure. */
import type { DataOf } from '../../contracts/events.ts';
import type { SourceStatus } from '../../contracts/live.ts';
import type { Applied, Cell } from '../processor.ts';
import { Cadence, type SavedCadence } from '../facts/cadence.ts';
import { Lateness } from './lateness.ts';
import type { Heard } from './rules.ts';
import { Sequence, type SavedSequence } from './sequence.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A source is stale when it is silent for longer than this times its cadence (REFERENCE §4.2). */
const STALE_AFTER = 1.5;

/** Lateness that is allowed for by how often a source speaks (REFERENCE §3.4). */
const API_LATENESS_MS = 10 * MINUTE_MS;
const EDI_LATENESS_MS = 6 * HOUR_MS;

type LatenessClass = 'api' | 'edi' | 'batch';
type CadenceOrigin = 'policy' | 'heartbeat' | 'learned' | 'unknown';

export interface SavedSource {
  readonly source: string;
  readonly events: number;
  readonly entities: readonly (readonly [string, number])[];
  readonly lastEventMs: number;
  readonly lastIngestedAt: string;
  readonly declaredMs: number | null;
  readonly cadence: SavedCadence;
  readonly sequence: SavedSequence;
  readonly lateness: readonly number[];
  /** What the door made of what it sent, beside what it took. */
  readonly duplicates: number;
  readonly rejected: number;
  readonly reasons: Readonly<Record<string, number>>;
  readonly node: string | null;
}

export class Source {
  readonly name: string;
  #events: number;
  readonly #entities: Map<string, number>;
  #lastEventMs: number;
  #lastIngestedAt: string;
  /** Cadence that its last heartbeat declared. */
  #declaredMs: number | null;
  readonly #cadence: Cadence;
  readonly #sequence: Sequence;
  readonly #lateness: Lateness;
  #duplicates: number;
  #rejected: number;
  #reasons: Readonly<Record<string, number>>;
  /** The one node that it speaks of; '' before the first, null when there are several. */
  #node: string | null;

  constructor(saved: SavedSource) {
    this.name = saved.source;
    this.#events = saved.events;
    this.#entities = new Map(saved.entities);
    this.#lastEventMs = saved.lastEventMs;
    this.#lastIngestedAt = saved.lastIngestedAt;
    this.#declaredMs = saved.declaredMs;
    this.#cadence = new Cadence(saved.cadence);
    this.#sequence = new Sequence(saved.sequence);
    this.#lateness = new Lateness(saved.lateness);
    this.#duplicates = saved.duplicates;
    this.#rejected = saved.rejected;
    this.#reasons = saved.reasons;
    this.#node = saved.node;
  }

  /** A source that was not heard of before. */
  static of({ event, nowMs, timeMs }: Applied): Source {
    return new Source({
      source: event.source,
      events: 0,
      entities: [],
      lastEventMs: timeMs,
      lastIngestedAt: event.ingestedtime,
      declaredMs: null,
      cadence: { firstMs: nowMs, lastMs: nowMs, silences: [] },
      sequence: { highest: null, missing: [], gaps: 0 },
      lateness: [],
      duplicates: 0,
      rejected: 0,
      reasons: {},
      node: '',
    });
  }

  /** When it was last heard, by the clock of the processors (ms since 1970). */
  get heardMs(): number {
    return this.#cadence.lastMs;
  }

  /** When it was last heard and how often it should be; `policyMs` is the cadence that a policy asks for. */
  heard(policyMs: number | null): Heard {
    const { ms: cadenceMs } = this.#cadenceOf(policyMs);
    return { source: this.name, node: this.#node ?? '', heardMs: this.heardMs, cadenceMs };
  }

  see({ event, nowMs, timeMs }: Applied, entity: string): void {
    this.#events += 1;
    this.#entities.set(entity, (this.#entities.get(entity) ?? 0) + 1);
    if (timeMs > this.#lastEventMs) this.#lastEventMs = timeMs;
    this.#lastIngestedAt = event.ingestedtime;
    this.#cadence.heard(nowMs);
    this.#lateness.add(Date.parse(event.ingestedtime) - timeMs);
    if (event.sequence !== undefined) this.#sequence.see(event.sequence);
    this.#speaksOf('node_id' in event.data ? event.data.node_id : undefined);
    if (event.type === 'stocktide.feed.heartbeat.v1') {
      const ms = Date.parse(event.data.expected_next_at) - timeMs;
      this.#declaredMs = ms > 0 ? ms : null;
    }
  }

  /** Takes what the door says of it. */
  tally({ duplicates, reasons, rejected }: DataOf<'feed.tallied'>): void {
    this.#duplicates += duplicates;
    this.#rejected += rejected;
    this.#reasons = Object.fromEntries(
      [...new Set([...Object.keys(this.#reasons), ...Object.keys(reasons)])].map((reason) => [
        reason,
        (this.#reasons[reason] ?? 0) + (reasons[reason] ?? 0),
      ]),
    );
  }

  #speaksOf(node: string | undefined): void {
    if (node === undefined || node === this.#node || this.#node === null) return;
    this.#node = this.#node === '' ? node : null;
  }

  /** As of `nowMs`, the event time of the processors; `policyMs` is the cadence that a policy asks for. */
  status(nowMs: number, policyMs: number | null): SourceStatus {
    const { ms: cadenceMs } = this.#cadenceOf(policyMs);
    const { allowedMs } = latenessOf(cadenceMs);
    return {
      source: this.name,
      events: this.#events,
      entities: [...this.#entities.keys()],
      lastEventAt: new Date(this.#lastEventMs).toISOString(),
      lastIngestedAt: this.#lastIngestedAt,
      cadenceMs,
      stale: this.#isStale(nowMs, cadenceMs),
      watermark: new Date(this.#lastEventMs - allowedMs).toISOString(),
      gaps: this.#sequence.gaps,
      lateP50Ms: this.#lateness.quantile(0.5),
      lateP95Ms: this.#lateness.quantile(0.95),
      duplicates: this.#duplicates,
      rejected: this.#rejected,
      reasons: this.#reasons,
    };
  }

  /** The cells of `feed_stats`, the sequence in the log left out. */
  cells(nowMs: number, policyMs: number | null): Cell[] {
    const { from, ms: cadenceMs } = this.#cadenceOf(policyMs);
    const { allowedMs, name } = latenessOf(cadenceMs);
    return [
      nowMs,
      this.name,
      this.#events,
      JSON.stringify(Object.fromEntries(this.#entities)),
      this.#lastEventMs,
      this.heardMs,
      cadenceMs,
      from,
      name,
      this.#lastEventMs - allowedMs,
      this.#isStale(nowMs, cadenceMs) ? 1 : 0,
      this.#sequence.gaps,
      this.#lateness.quantile(0.5),
      this.#lateness.quantile(0.95),
      this.#lateness.quantile(0.99),
      this.#duplicates,
      this.#rejected,
      JSON.stringify(this.#reasons),
    ];
  }

  saved(): SavedSource {
    return {
      source: this.name,
      events: this.#events,
      entities: [...this.#entities],
      lastEventMs: this.#lastEventMs,
      lastIngestedAt: this.#lastIngestedAt,
      declaredMs: this.#declaredMs,
      cadence: this.#cadence.saved(),
      sequence: this.#sequence.saved(),
      lateness: this.#lateness.saved(),
      duplicates: this.#duplicates,
      rejected: this.#rejected,
      reasons: this.#reasons,
      node: this.#node,
    };
  }

  #cadenceOf(policyMs: number | null): { ms: number | null; from: CadenceOrigin } {
    if (policyMs !== null) return { ms: policyMs, from: 'policy' };
    if (this.#declaredMs !== null) return { ms: this.#declaredMs, from: 'heartbeat' };
    const ms = this.#cadence.learnedMs();
    return { ms, from: ms === null ? 'unknown' : 'learned' };
  }

  #isStale(nowMs: number, cadenceMs: number | null): boolean {
    return cadenceMs !== null && nowMs - this.heardMs > STALE_AFTER * cadenceMs;
  }
}

/** A source that speaks every few minutes is an API; every few hours, EDI; less often, a batch. */
function latenessOf(cadenceMs: number | null): { name: LatenessClass; allowedMs: number } {
  if (cadenceMs === null || cadenceMs <= API_LATENESS_MS) {
    return { name: 'api', allowedMs: API_LATENESS_MS };
  }
  if (2 * cadenceMs <= EDI_LATENESS_MS) return { name: 'edi', allowedMs: EDI_LATENESS_MS };
  return { name: 'batch', allowedMs: 2 * cadenceMs };
}
