/**
 * Conditions that have to hold for a time before they are an episode (facts/episodes.ts):
 *
 *   begins ─▶ held for `holdMs` ─▶ raised ─▶ ends: cleared
 *     └─ ends before: nothing was said
 *
 * Conditions come in groups that are looked at together; what is not among them any more has ended.
 * Bounds: one entry for each condition that holds; a group is a SKU, or a position.
 */
import type { RuleCode, Severity } from '../../../contracts/rules.ts';
import { Episodes, type Found } from '../../facts/episodes.ts';
import { joined, mapParts, restoreMap } from '../../facts/parts.ts';
import type { RuleSetting } from '../../facts/rule-policies.ts';
import type { Finding, SnapshotPart, Statistic } from '../../processor.ts';
import type { Moment } from '../moment.ts';

type Ids = Pick<Finding, 'skuId' | 'nodeId' | 'channelId' | 'supplierId'>;

/** A condition of a rule that is found to hold now. */
export interface Condition extends Ids {
  readonly code: RuleCode;
  readonly subtype?: string;
  readonly entity: string;
  /** Tells conditions of one code and entity apart that several groups may be in; no white space. */
  readonly part?: string;
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

/** A condition that holds, raised or not yet. */
interface Held {
  readonly key: string;
  readonly code: RuleCode;
  readonly sinceMs: number;
  readonly end: string;
  /** From when it began. */
  readonly evidence: Finding['evidence'];
}

export class HeldConditions {
  readonly #name: string;
  readonly #episodes: Episodes;
  /** Replaced, never changed. */
  readonly #byGroup = new Map<string, readonly Held[]>();

  constructor(name: string) {
    this.#name = name;
    this.#episodes = new Episodes(`${name}.raised`);
  }

  /** True when a finding about the group stands. */
  isRaised(group: string, code: RuleCode): boolean {
    return this.#of(group).some((one) => one.code === code && this.#isRaised(one));
  }

  has(group: string): boolean {
    return this.#byGroup.has(group);
  }

  /** True when the condition was raised and has not ended. */
  stands(
    group: string,
    condition: Pick<Condition, 'code' | 'subtype' | 'entity' | 'part'>,
  ): boolean {
    const key = keyOf(condition);
    return this.#of(group).some((one) => one.key === key && this.#isRaised(one));
  }

  /**
   * Takes note of all conditions that hold in a group. Returns when one of them will have held for long
   * enough (ms), null when none is waited for.
   */
  update(group: string, conditions: readonly Condition[], moment: Moment): number | null {
    const known = this.#of(group);
    if (known.length === 0 && conditions.length === 0) return null;
    const keys = conditions.map(keyOf);
    for (const { end, key } of known) {
      if (keys.includes(key)) continue;
      this.#episodes.ended(key, { atMs: moment.nowMs, detail: end }, moment.out);
    }
    let dueMs = Number.POSITIVE_INFINITY;
    const next = conditions.map((condition, index) => {
      const key = keys[index] as string;
      const held = known.find((one) => one.key === key) ?? begin(key, condition, moment);
      const raisedMs = held.sinceMs + condition.holdMs;
      if (raisedMs <= moment.nowMs || this.#isRaised(held)) {
        this.#episodes.holds(key, foundOf(held, condition), moment, moment.out);
      } else dueMs = Math.min(dueMs, raisedMs);
      return held;
    });
    if (next.length === 0) this.#byGroup.delete(group);
    else this.#byGroup.set(group, next);
    return Number.isFinite(dueMs) ? dueMs : null;
  }

  snapshot(): Iterable<SnapshotPart> {
    return joined([mapParts(this.#name, this.#byGroup), this.#episodes.snapshot()]);
  }

  restore(part: SnapshotPart): void {
    if (part.name === this.#name) restoreMap(this.#byGroup, part.bytes);
    else this.#episodes.restore(part);
  }

  #isRaised({ key }: Held): boolean {
    return this.#episodes.get(key) !== undefined;
  }

  #of(group: string): readonly Held[] {
    return this.#byGroup.get(group) ?? [];
  }
}

const keyOf = ({
  code,
  entity,
  part,
  subtype,
}: Pick<Condition, 'code' | 'subtype' | 'entity' | 'part'>) =>
  `${code}${subtype === undefined ? '' : `.${subtype}`}/${entity}${part === undefined ? '' : `/${part}`}`;

function begin(key: string, condition: Condition, { nowMs }: Moment): Held {
  const { code, end, evidence, sinceMs = nowMs } = condition;
  return { key, code, sinceMs, end, evidence };
}

function foundOf(
  { evidence, sinceMs }: Held,
  { end: _end, holdMs: _holdMs, part: _part, setting, sinceMs: _sinceMs, ...condition }: Condition,
): Found {
  return {
    ...condition,
    conditionAtMs: sinceMs,
    evidence: [...evidence, ...condition.evidence.filter((now) => !holdsEvent(evidence, now))],
    rule: { version: setting.version, parameters: setting.parameters },
  };
}

const holdsEvent = (evidence: Finding['evidence'], { id, source }: Finding['evidence'][number]) =>
  evidence.some((one) => one.id === id && one.source === source);
