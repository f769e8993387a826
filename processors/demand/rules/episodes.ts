/**
 * Conditions that hold for a time: each is raised once it has held for as long as its rule says, raised anew
 * when it has become much worse, and cleared when it holds no more.
 *
 *   begins ─▶ held for `holdMs` ─▶ finding ─▶ twice as bad ─▶ finding that takes its place
 *     └─ ends: nothing was said          └───────┴──────────▶ ends: cleared
 *
 * Conditions come in groups that are looked at together; what is not among them any more has ended.
 * Bounds: one episode for each condition that holds; a group is a SKU, or a position.
 */
import { mapParts, restoreMap } from '../../facts/parts.ts';
import type { RuleSetting } from '../../facts/rule-policies.ts';
import type { RuleCode, Severity } from '../../../contracts/rules.ts';
import type { Finding, SnapshotPart, Statistic } from '../../processor.ts';
import type { Moment } from '../moment.ts';

/** A finding is raised anew when it concerns this many times the units or orders of the last one. */
const WORSE = 2;

type Ids = Pick<Finding, 'skuId' | 'nodeId' | 'channelId' | 'supplierId'>;

/** A condition of a rule that is found to hold now. */
export interface Condition extends Ids {
  readonly code: RuleCode;
  readonly subtype?: string;
  readonly entity: string;
  readonly setting: RuleSetting;
  readonly holdMs: number;
  /** Since when it holds, where that is known better than by when it was first seen. */
  readonly sinceMs?: number;
  readonly detail: string;
  /** What is said when it ends. */
  readonly end: string;
  readonly units: number;
  readonly amount: string;
  readonly ordersAtRisk?: number;
  readonly floor?: Severity;
  readonly statistic?: Statistic;
  readonly parent?: string;
  readonly evidence: Finding['evidence'];
}

interface Episode extends Ids {
  readonly code: RuleCode;
  readonly subtype: string | null;
  readonly entity: string;
  readonly sinceMs: number;
  readonly end: string;
  /** From when it began. */
  readonly evidence: Finding['evidence'];
  /** Log sequence at which it was first seen. */
  readonly seq: number;
  /** Null until it is raised. */
  readonly findingId: string | null;
  /** As they were raised last. */
  readonly units: number;
  readonly orders: number;
}

export class Episodes {
  readonly #name: string;
  /** Replaced, never changed. */
  readonly #byGroup = new Map<string, readonly Episode[]>();

  constructor(name: string) {
    this.#name = name;
  }

  /** Groups in which something holds. */
  get groups(): Iterable<string> {
    return this.#byGroup.keys();
  }

  /** True when a finding about the group stands. */
  isRaised(group: string, code: RuleCode): boolean {
    return this.#of(group).some((one) => one.code === code && one.findingId !== null);
  }

  has(group: string): boolean {
    return this.#byGroup.has(group);
  }

  /**
   * Takes note of all conditions that hold in a group. Returns when one of them will have held for long
   * enough (ms), null when none is waited for.
   */
  update(group: string, conditions: readonly Condition[], moment: Moment): number | null {
    const known = this.#of(group);
    if (known.length === 0 && conditions.length === 0) return null;
    for (const episode of known) {
      if (!conditions.some((condition) => isOf(condition, episode))) end(episode, moment);
    }
    let dueMs = Number.POSITIVE_INFINITY;
    const next = conditions.map((condition) => {
      const before = known.find((episode) => isOf(condition, episode));
      const after = advance(before ?? begin(condition, moment), condition, moment);
      if (after.findingId === null) dueMs = Math.min(dueMs, after.sinceMs + condition.holdMs);
      return after;
    });
    if (next.length === 0) this.#byGroup.delete(group);
    else this.#byGroup.set(group, next);
    return Number.isFinite(dueMs) ? dueMs : null;
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts(this.#name, this.#byGroup);
  }

  restore({ bytes }: SnapshotPart): void {
    restoreMap(this.#byGroup, bytes);
  }

  #of(group: string): readonly Episode[] {
    return this.#byGroup.get(group) ?? [];
  }
}

const isOf = (condition: Condition, episode: Episode) =>
  condition.code === episode.code &&
  (condition.subtype ?? null) === episode.subtype &&
  condition.entity === episode.entity;

function begin(condition: Condition, { nowMs, seq }: Moment): Episode {
  const { channelId, code, entity, evidence, nodeId, skuId } = condition;
  const { sinceMs = nowMs, subtype = null } = condition;
  return {
    ...(skuId === undefined ? {} : { skuId }),
    ...(nodeId === undefined ? {} : { nodeId }),
    ...(channelId === undefined ? {} : { channelId }),
    ...{ code, subtype, entity, sinceMs, seq, evidence, end: condition.end },
    ...{ findingId: null, units: 0, orders: 0 },
  };
}

/** The episode after its condition was seen to hold: raised when that is due. */
function advance(episode: Episode, condition: Condition, moment: Moment): Episode {
  const { nowMs, out, seq } = moment;
  const { findingId, sinceMs } = episode;
  const { holdMs, ordersAtRisk: orders = 0, units } = condition;
  if (findingId === null && nowMs - sinceMs < holdMs) return episode;
  const isWorse = isFarAbove(units, episode.units) || isFarAbove(orders, episode.orders);
  if (findingId !== null && !isWorse) return episode;
  const raised = { ...episode, findingId: idOf(episode, seq), units, orders };
  if (raised.findingId === findingId) return episode;
  out.finding(findingOf(raised, condition));
  if (findingId !== null) clear(episode, 'it has become worse, and was raised anew', moment);
  return raised;
}

function end(episode: Episode, moment: Moment): void {
  if (episode.findingId !== null) clear(episode, episode.end, moment);
}

const isFarAbove = (value: number, last: number) => value >= WORSE * Math.max(1, last);

const idOf = ({ code, entity, seq, subtype }: Episode, raisedSeq: number) =>
  `${code}${subtype === null ? '' : `.${subtype}`}/${entity}/${seq}/${raisedSeq}`;

function findingOf(
  { evidence, findingId, sinceMs }: Episode,
  { end: _end, holdMs: _holdMs, setting, sinceMs: _sinceMs, ...condition }: Condition,
): Finding {
  return {
    ...condition,
    findingId: findingId ?? '',
    conditionAtMs: sinceMs,
    evidence: [...evidence, ...condition.evidence.filter((now) => !holdsEvent(evidence, now))],
    rule: { version: setting.version, parameters: setting.parameters },
  };
}

const holdsEvent = (evidence: Finding['evidence'], { id, source }: Finding['evidence'][number]) =>
  evidence.some((one) => one.id === id && one.source === source);

function clear(episode: Episode, detail: string, { nowMs, out }: Moment): void {
  const { code, entity, findingId, nodeId, skuId, subtype } = episode;
  out.cleared({
    findingId: findingId ?? '',
    code,
    entity,
    ...(subtype === null ? {} : { subtype }),
    ...(skuId === undefined ? {} : { skuId }),
    ...(nodeId === undefined ? {} : { nodeId }),
    clearedAtMs: nowMs,
    detail,
  });
}
