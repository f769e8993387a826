/**
 * The rules of the feeds (REFERENCE §4.2), about a source each:
 *
 *   FEED_STALE    it has been silent for so many of its cadences. The cadence is the one that it had then:
 *                 what an outage teaches must not decide when the outage is over. It ends when the source
 *                 has been heard for so many cadences without another such silence.
 *   FEED_QUALITY  row_count: a full snapshot has far more or fewer rows than those of the same weekday before
 *                 it. control_total: stock refused a snapshot (SNAPSHOT_REJECTED), because its rows do not
 *                 add up to what it says of itself. It ends after so many snapshots in a row without either.
 *                 id_conflict: the runtime met an id again with other data. It ends after a day without.
 *                 rejects: the door refused more than a part of what came within an hour (rejects.ts).
 */
import type { DataOf } from '../../contracts/events.ts';
import { Episodes, type Found } from '../facts/episodes.ts';
import { mapParts, restoreMap } from '../facts/parts.ts';
import { RulePolicies } from '../facts/rule-policies.ts';
import { Rejects } from './rejects.ts';
import type { Applied, Cleared, Outputs, SnapshotPart } from '../processor.ts';

/** Row counts of a weekday that are remembered, and how many it takes to know what is usual [K]. */
const MAX_COUNTS = 24;
const LEAST_COUNTS = 3;
/** Sources and nodes whose row counts are remembered; beyond it the longest untouched one is forgotten. */
const MAX_HISTORIES = 2_000;
/** Refused snapshots of a source whose findings are ended; of more, the oldest ones stay. */
const MAX_REFUSED = 50;
/** An arrival comes within half a cadence of its time. */
const JITTER = 0.5;
/** Fewer refusals within an hour are no news, whatever their part [K]. */
const LEAST_REJECTS = 3;
const DAY_MS = 24 * 60 * 60_000;

/** Of a source that was silent for too long. Replaced, never changed. */
interface Silence {
  /** Its cadence as the silence was found (ms). */
  readonly cadenceMs: number;
  /** Since when it is heard again (ms since 1970); null while it is not. */
  readonly backMs: number | null;
}

/** Row counts by weekday. Replaced, never changed. */
type Counts = Readonly<Record<number, readonly number[]>>;

type Refused = Pick<Cleared, 'findingId' | 'entity'>;

/** What a source is like at a minute: when it was last heard, and how often it should be. */
export interface Heard {
  readonly source: string;
  /** The one node that it speaks of; '' when there is none, or several. */
  readonly node: string;
  readonly heardMs: number;
  readonly cadenceMs: number | null;
}

export class FeedRules {
  readonly #policies = new RulePolicies();
  readonly #episodes = new Episodes();
  readonly #silences = new Map<string, Silence>();
  /** By source and node. */
  readonly #counts = new Map<string, Counts>();
  /** Snapshots in a row without a fault, of the sources that had one. */
  readonly #good = new Map<string, number>();

  /** Refused snapshots of each source; what stock said of them ends with the source's mending. */
  readonly #rejects = new Rejects();
  readonly #refused = new Map<string, readonly Refused[]>();

  /** When a source last sent an id with other data, and what was found of it. Replaced, never changed. */
  readonly #conflicts = new Map<string, { lastMs: number; findingIds: readonly string[] }>();

  setPolicy(data: DataOf<'policy.set'>, applied: Applied): void {
    this.#policies.set(data, applied);
  }

  /** Once a minute of event time, for each source. */
  onMinute(heard: Heard, applied: Applied, out: Outputs): void {
    this.#endConflicts(heard.source, applied.nowMs, out);
    this.#judgeSilence(heard, applied, out);
  }

  #judgeSilence(heard: Heard, applied: Applied, out: Outputs): void {
    const { heardMs, node, source } = heard;
    const { nowMs } = applied;
    const key = staleKey(source);
    const setting = this.#policies.of('FEED_STALE');
    if (!setting.enabled) {
      this.#silences.delete(source);
      const detail = 'A policy switched the rule off';
      return this.#episodes.ended(key, { atMs: nowMs, detail }, out);
    }
    const known = this.#silences.get(source);
    const cadenceMs = known?.cadenceMs ?? heard.cadenceMs;
    if (cadenceMs === null) return;
    const { cadences = Infinity, good_cycles = 1, high_cadences = Infinity } = setting.parameters;
    const silent = (nowMs - heardMs) / cadenceMs;
    if (silent <= cadences) {
      if (known !== undefined) this.#mending(heard, known, good_cycles, out);
      return;
    }
    this.#silences.set(source, { cadenceMs, backMs: null });
    const found: Found = {
      ...{ code: 'FEED_STALE', entity: entityOf(source), rule: setting, evidence: [] },
      ...(node === '' ? {} : { nodeId: node }),
      conditionAtMs: heardMs + cadences * cadenceMs,
      ...(silent >= high_cadences ? { floor: 'SEV2' } : {}),
      detail: `${source} was last heard at ${new Date(heardMs).toISOString()}; it speaks every ${minutesOf(cadenceMs)} minutes`,
    };
    this.#episodes.holds(key, found, applied, out);
  }

  /** A source is remembered no longer. */
  forgotten(source: string, { nowMs }: Applied, out: Outputs): void {
    this.#endConflicts(source, Infinity, out);
    this.#silences.delete(source);
    const detail = 'The source has been silent for so long that it exists no more';
    this.#episodes.ended(staleKey(source), { atMs: nowMs, detail }, out);
  }

  /** All rows of a snapshot were sent. */
  completed(data: DataOf<'inventory.snapshot.completed'>, applied: Applied, out: Outputs): void {
    const { source } = applied.event;
    if (data.scope === 'full' && !this.#isUsual(data, applied, out)) {
      this.#good.set(source, 0);
      return;
    }
    const good = this.#good.get(source);
    if (good === undefined) return;
    const { good_cycles: enough = 1 } = this.#policies.of('FEED_QUALITY').parameters;
    this.#good.set(source, good + 1);
    if (good + 1 < enough) return;
    this.#good.delete(source);
    const detail = `${good + 1} snapshots in a row were in order`;
    for (const key of this.#episodes.keys(`FEED_QUALITY/${source} `)) {
      this.#episodes.ended(key, { atMs: applied.timeMs, detail }, out);
    }
    for (const refused of this.#refused.get(source) ?? []) {
      out.cleared({ ...refused, code: 'SNAPSHOT_REJECTED', clearedAtMs: applied.timeMs, detail });
    }
    this.#refused.delete(source);
  }

  /** Stock did not apply a snapshot, or the runtime did not apply an event. */
  rejected(data: DataOf<'finding.raised'>, applied: Applied, out: Outputs): void {
    const [evidence] = data.evidence;
    if (data.subtype === 'id_conflict' && evidence !== undefined) {
      return this.#noteConflict(evidence.source, data.finding_id, applied.nowMs);
    }
    const setting = this.#policies.of('FEED_QUALITY');
    if (data.code !== 'SNAPSHOT_REJECTED' || evidence === undefined || !setting.enabled) return;
    const { source } = evidence;
    this.#good.set(source, 0);
    const refused = { findingId: data.finding_id, entity: data.entity };
    this.#refused.set(source, [...(this.#refused.get(source) ?? []), refused].slice(-MAX_REFUSED));
    const found: Found = {
      ...{ code: 'FEED_QUALITY', subtype: 'control_total', entity: entityOf(source) },
      ...{ conditionAtMs: Date.parse(data.condition_at), detail: data.detail },
      ...{ rule: setting, evidence: data.evidence },
    };
    this.#episodes.holds(`FEED_QUALITY/${source} control_total`, found, applied, out);
  }

  /** The door says what it made of a source's events. */
  tallied(data: DataOf<'feed.tallied'>, applied: Applied, out: Outputs): void {
    const { source } = data;
    const { event, nowMs, seq } = applied;
    const key = `FEED_QUALITY/${source}/rejects`;
    const setting = this.#policies.of('FEED_QUALITY');
    const { good_cycles: enough = 1, rejects: limit = 1 } = setting.parameters;
    const { clean, judged, rejected } = this.#rejects.note(data, nowMs);
    const share = judged === 0 ? 0 : rejected / judged;
    if (!setting.enabled || (share <= limit && clean >= enough)) {
      const detail = setting.enabled
        ? `${source} sends what the door takes: ${clean} tallies in a row without a refusal`
        : 'A policy switched the rule off';
      return this.#episodes.ended(key, { atMs: nowMs, detail }, out);
    }
    if (share <= limit || rejected < LEAST_REJECTS) return;
    const found: Found = {
      ...{ code: 'FEED_QUALITY', subtype: 'rejects', entity: entityOf(source) },
      ...{ conditionAtMs: Date.parse(data.since), rule: setting, units: rejected },
      detail: `the door refused ${rejected} of ${judged} events of ${source} within an hour: ${reasonsOf(data)}`,
      statistic: { name: 'part refused', value: share, expected: 0, limit },
      evidence: [{ source: event.source, id: event.id }],
    };
    this.#episodes.holds(key, found, { seq, nowMs }, out);
  }

  /** Pieces of the state, by the name of their part. */
  sections(): Record<string, Section> {
    return {
      rules: this.#policies,
      episodes: this.#episodes,
      silences: sectionOf('silences', this.#silences),
      'row-counts': sectionOf('row-counts', this.#counts),
      good: sectionOf('good', this.#good),
      conflicts: sectionOf('conflicts', this.#conflicts),
      refused: sectionOf('refused', this.#refused),
      rejects: this.#rejects,
    };
  }

  #noteConflict(source: string, findingId: string, nowMs: number): void {
    const { findingIds = [] } = this.#conflicts.get(source) ?? {};
    this.#conflicts.set(source, {
      lastMs: nowMs,
      findingIds: [...findingIds, findingId].slice(-MAX_REFUSED),
    });
  }

  #endConflicts(source: string, nowMs: number, out: Outputs): void {
    const conflicts = this.#conflicts.get(source);
    if (conflicts === undefined || nowMs - conflicts.lastMs < DAY_MS) return;
    this.#conflicts.delete(source);
    for (const findingId of conflicts.findingIds) {
      out.cleared({
        ...{ findingId, code: 'FEED_QUALITY', subtype: 'id_conflict', entity: entityOf(source) },
        clearedAtMs: conflicts.lastMs + DAY_MS,
        detail: `${source} has sent no id with other data for a day`,
      });
    }
  }

  #mending({ heardMs, source }: Heard, silence: Silence, cycles: number, out: Outputs): void {
    const { backMs, cadenceMs } = silence;
    if (backMs === null) {
      this.#silences.set(source, { ...silence, backMs: heardMs });
      return;
    }
    if (heardMs - backMs < (cycles - JITTER) * cadenceMs) return;
    this.#silences.delete(source);
    const detail = `${source} has kept to its cadence for ${cycles} cycles`;
    this.#episodes.ended(staleKey(source), { atMs: heardMs, detail }, out);
  }

  /** Counts the rows of a full snapshot; false when they are far off those of the same weekday. */
  #isUsual(data: DataOf<'inventory.snapshot.completed'>, applied: Applied, out: Outputs): boolean {
    const { node_id: node = '', row_count: rows, snapshot_id: snapshot } = data;
    const { event, timeMs } = applied;
    const weekday = Math.floor(timeMs / DAY_MS) % 7;
    const earlier = this.#noteRows(`${event.source} ${node}`, weekday, rows);
    const setting = this.#policies.of('FEED_QUALITY', { node });
    const share = setting.parameters['rows'] ?? Infinity;
    const usual = medianOf(earlier);
    if (!setting.enabled || earlier.length < LEAST_COUNTS || usual === 0) return true;
    if (Math.abs(rows - usual) <= share * usual) return true;
    const found: Found = {
      ...{ code: 'FEED_QUALITY', subtype: 'row_count', entity: entityOf(event.source) },
      ...(node === '' ? {} : { nodeId: node }),
      ...{ conditionAtMs: timeMs, rule: setting },
      detail: `snapshot ${snapshot} has ${rows} rows; the usual number on this weekday is ${usual}`,
      evidence: [{ source: event.source, id: event.id }],
    };
    this.#episodes.holds(`FEED_QUALITY/${event.source} row_count/${node}`, found, applied, out);
    return false;
  }

  /** The counts of the weekday so far, to which this one is added. */
  #noteRows(key: string, weekday: number, rows: number): readonly number[] {
    const counts = this.#counts.get(key) ?? {};
    const earlier = counts[weekday] ?? [];
    this.#counts.delete(key);
    this.#counts.set(key, { ...counts, [weekday]: [...earlier, rows].slice(-MAX_COUNTS) });
    if (this.#counts.size > MAX_HISTORIES) {
      const [oldest] = this.#counts.keys();
      if (oldest !== undefined) this.#counts.delete(oldest);
    }
    return earlier;
  }
}

interface Section {
  snapshot(): Iterable<SnapshotPart>;
  restore(part: SnapshotPart): void;
}

function sectionOf<V>(name: string, map: Map<string, V>): Section {
  return {
    snapshot: () => mapParts(name, map),
    restore: ({ bytes }) => restoreMap(map, bytes),
  };
}

/** "invalid_data 12, future_time 1". */
const reasonsOf = ({ reasons }: DataOf<'feed.tallied'>) =>
  Object.entries(reasons)
    .sort(([a, most], [b, other]) => other - most || (a < b ? -1 : 1))
    .map(([reason, count]) => `${reason} ${count}`)
    .join(', ');

const staleKey = (source: string) => `FEED_STALE/${source}`;
const entityOf = (source: string) => `source/${source}`;
const minutesOf = (ms: number) => Math.round(ms / 6_000) / 10;

/** 0 of nothing. */
function medianOf(counts: readonly number[]): number {
  const sorted = counts.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = 0, high = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}
