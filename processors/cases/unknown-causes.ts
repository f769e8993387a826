/**
 * ROOT_CAUSE_UNKNOWN (REFERENCE §4.2): a team closes too many of its cases without knowing why. Counted when
 * people resolve cases; what closes by itself has no cause. Bounds: MOST_CLOSURES a team.
 */
import type { Team } from '../../contracts/rules.ts';
import { Episodes, type Found } from '../facts/episodes.ts';
import { joined, mapParts, restoreMap } from '../facts/parts.ts';
import { parameter, type RulePolicies } from '../facts/rule-policies.ts';
import type { Applied, Outputs, SnapshotPart } from '../processor.ts';
import type { CaseRecord } from './record.ts';

const DAY_MS = 86_400_000;
/** Newest closures of a team that are kept. */
const MOST_CLOSURES = 500;

interface Closure {
  readonly atMs: number;
  readonly isUnknown: boolean;
}

export class UnknownCauses {
  readonly #rules: RulePolicies;
  readonly #episodes = new Episodes('unknown.raised');
  /** The oldest first. Replaced, never changed. */
  readonly #closures = new Map<Team, readonly Closure[]>();

  constructor(rules: RulePolicies) {
    this.#rules = rules;
  }

  /** Somebody has resolved a case. */
  closed({ rootCause, team }: CaseRecord, applied: Applied, out: Outputs): void {
    const closure = { atMs: applied.nowMs, isUnknown: rootCause === 'UNKNOWN' };
    const known = this.#closures.get(team) ?? [];
    this.#closures.set(team, [...known.slice(1 - MOST_CLOSURES), closure]);
    this.#judge(team, applied, out);
  }

  /** Closures grow old. */
  onTime(applied: Applied, out: Outputs): void {
    for (const team of this.#closures.keys()) {
      if (this.#episodes.get(keyOf(team)) !== undefined) this.#judge(team, applied, out);
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return joined([mapParts('unknown', this.#closures), this.#episodes.snapshot()]);
  }

  restore(part: SnapshotPart): void {
    if (part.name === 'unknown') restoreMap(this.#closures, part.bytes);
    else this.#episodes.restore(part);
  }

  #judge(team: Team, applied: Applied, out: Outputs): void {
    const setting = this.#rules.of('ROOT_CAUSE_UNKNOWN');
    const fromMs = applied.nowMs - parameter(setting, 'window_d') * DAY_MS;
    const closures = (this.#closures.get(team) ?? []).filter(({ atMs }) => atMs > fromMs);
    const unknown = closures.filter(({ isUnknown }) => isUnknown).length;
    const share = unknown / Math.max(1, closures.length);
    const limit = parameter(setting, 'share');
    const key = keyOf(team);
    const detail = `${unknown} of ${closures.length} cases that ${team} has resolved have an unknown cause`;
    const isEnough = closures.length >= parameter(setting, 'closures');
    if (!setting.enabled || !isEnough || share <= limit) {
      return this.#episodes.ended(key, { atMs: applied.nowMs, detail }, out);
    }
    const { event, nowMs: conditionAtMs } = applied;
    const found: Found = {
      ...{ code: 'ROOT_CAUSE_UNKNOWN', entity: entityOf(team), team, conditionAtMs, detail },
      statistic: { name: 'unknown_share', value: share, expected: 0, limit },
      rule: { version: setting.version, parameters: setting.parameters },
      evidence: [{ source: event.source, id: event.id }],
    };
    this.#episodes.holds(key, found, applied, out);
  }
}

const entityOf = (team: Team) => `team/${team.replaceAll(' ', '-')}`;
const keyOf = (team: Team) => `ROOT_CAUSE_UNKNOWN/${entityOf(team)}`;
