/**
 * DAMAGED_STOCK, subtype rate: a node has far more damage in a week than in the weeks before. Entries to
 * `damaged` in a week are negative binomial with the size estimated by moments from the weeks before, and
 * Poisson where they spread no more than that (REFERENCE §5.1). Weeks begin on Monday, UTC. It ends with the
 * week.
 */
import { negativeBinomialTailOfMean, poissonTail } from '../../detect/statistics/tails.ts';
import { mapParts, restoreMap } from '../../facts/parts.ts';
import type { Applied, Outputs, SnapshotPart } from '../../processor.ts';
import type { DamageFact } from './damage.ts';
import { DAY_MS, switchedOff, withdrawn, type Shared } from './facts.ts';

const WEEK_MS = 7 * DAY_MS;
/** 1970-01-01 was a Thursday. */
const MONDAY_MS = 4 * DAY_MS;
/** Weeks that are remembered, and how many it takes to know what is usual [K]. */
const WEEKS = 26;
const LEAST_WEEKS = 4;
/** Counts that spread no more than this beyond Poisson are Poisson (REFERENCE §5.1). */
const OVERDISPERSED = 1.2;
/** Of a node that never had damage, half an entry is taken to have come in its weeks together [K]. */
const PRIOR_ENTRIES = 0.5;

const PREFIX = 'DAMAGED_STOCK.rate/';

/** Entries by week, since the first week that had one. Replaced, never changed. */
interface Weeks {
  readonly firstWeek: number;
  readonly entries: readonly (readonly [week: number, entries: number])[];
}

export class DamageRate {
  readonly #shared: Shared;
  readonly #nodes = new Map<string, Weeks>();

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  /** Counts an entry, or takes it back. */
  count(fact: DamageFact, sign: 1 | -1, applied: Applied, out: Outputs): void {
    if (fact.units <= 0) return;
    const { node, timeMs } = fact;
    const week = weekOf(timeMs);
    const known = this.#nodes.get(node) ?? { firstWeek: week, entries: [] };
    this.#nodes.set(node, withEntry(known, week, sign));
    if (week === weekOf(applied.nowMs)) this.#judge(fact, applied, out);
  }

  onHour({ nowMs }: Applied, out: Outputs): void {
    const { episodes } = this.#shared;
    for (const key of episodes.keys(PREFIX)) {
      const began = episodes.get(key)?.conditionAtMs ?? 0;
      const endMs = weekOf(began) * WEEK_MS + MONDAY_MS;
      if (nowMs >= endMs) episodes.ended(key, { atMs: endMs, detail: 'The week is over' }, out);
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('damage-weeks', this.#nodes);
  }

  restore(part: SnapshotPart): void {
    restoreMap(this.#nodes, part.bytes);
  }

  #judge({ evidence, node, timeMs }: DamageFact, applied: Applied, out: Outputs): void {
    const { episodes, policies } = this.#shared;
    const week = weekOf(timeMs);
    const key = `${PREFIX}${node}/${week}`;
    const setting = policies.of('DAMAGED_STOCK', { node });
    if (!setting.enabled) return episodes.ended(key, switchedOff(applied), out);
    const usual = usualOf(this.#nodes.get(node), week);
    if (usual === null) return;
    const { before, now } = usual;
    const { mean, p } = tailOf(now, before);
    const limit = setting.parameters['rate_p'] ?? 0;
    if (p >= limit) return episodes.ended(key, withdrawn(applied), out);
    episodes.holds(
      key,
      {
        code: 'DAMAGED_STOCK',
        subtype: 'rate',
        entity: `node/${node}`,
        ...{ nodeId: node, conditionAtMs: timeMs, rule: setting },
        detail: `${now} entries to damaged in ${node} this week; ${mean.toFixed(1)} a week in the ${before.length} weeks before`,
        statistic: { name: 'tail of damage in a week', value: now, expected: mean, limit, p },
        evidence: [evidence],
      },
      applied,
      out,
    );
  }
}

/** Number of the week that ends before `MONDAY_MS + week × WEEK_MS`. */
const weekOf = (timeMs: number) => Math.floor((timeMs - MONDAY_MS) / WEEK_MS) + 1;

function withEntry({ entries, firstWeek }: Weeks, week: number, sign: 1 | -1): Weeks {
  const counts = new Map(entries);
  counts.set(week, Math.max(0, (counts.get(week) ?? 0) + sign));
  const newest = Math.max(...counts.keys());
  return {
    firstWeek: Math.max(Math.min(firstWeek, week), newest - WEEKS),
    entries: [...counts].filter(([one]) => one >= newest - WEEKS).sort(([a], [b]) => a - b),
  };
}

/** Entries of a week, and of each of the weeks before; null while those are too few to know. */
function usualOf(weeks: Weeks | undefined, week: number): { now: number; before: number[] } | null {
  if (weeks === undefined || week - weeks.firstWeek < LEAST_WEEKS) return null;
  const counts = new Map(weeks.entries);
  const from = Math.max(weeks.firstWeek, week - WEEKS);
  const before = Array.from({ length: week - from }, (_, index) => counts.get(from + index) ?? 0);
  return { now: counts.get(week) ?? 0, before };
}

function tailOf(now: number, before: readonly number[]): { mean: number; p: number } {
  const total = before.reduce((sum, entries) => sum + entries, 0);
  const mean = Math.max(total, PRIOR_ENTRIES) / before.length;
  const variance =
    before.reduce((sum, entries) => sum + (entries - mean) ** 2, 0) / (before.length - 1);
  if (variance / mean < OVERDISPERSED) return { mean, p: poissonTail(now, mean) };
  return {
    mean,
    p: negativeBinomialTailOfMean(now, { mean, r: (mean * mean) / (variance - mean) }),
  };
}
