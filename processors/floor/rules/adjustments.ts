/**
 * UNAPPROVED_ADJUSTMENT: an adjustment that takes a second person, by its value or its units, and has none; or
 * whose approver is who made it. An opening balance is no adjustment of anybody. Adjustments of one actor, SKU
 * and node within a day (UTC) that each stay below the limits and together do not are found as well (subtype
 * split). It ends when another person approves the case, or the adjustment is declared wrong.
 */
import type { DataOf } from '../../../contracts/events.ts';
import type { Found } from '../../facts/episodes.ts';
import { KeptFacts } from '../../facts/kept-facts.ts';
import { amountOf, micros, written } from '../../facts/money.ts';
import type { RuleSetting } from '../../facts/rule-policies.ts';
import type { Fact } from '../../facts/signed.ts';
import type { Applied, Outputs, SnapshotPart } from '../../processor.ts';
import {
  asNumber,
  DAY_MS,
  evidenceOf,
  number,
  outlived,
  positionOf,
  switchedOff,
  text,
  unitCostOf,
  withdrawn,
  worth,
  type Evidence,
  type FloorFact,
  type FloorRule,
  type Shared,
} from './facts.ts';

/** What nobody approves is followed for so long: a year's audit, and some. */
const KEPT_DAYS = 400;
/** Days of an actor, SKU and node with adjustments that nobody approved; and adjustments of such a day. */
const LIMITS = { entities: 50_000, facts: 200, keptMs: KEPT_DAYS * DAY_MS };
/** Adjustments that split a greater one are at least two. */
const LEAST_PARTS = 2;

interface AdjustmentFact extends Fact {
  readonly adjustment: string;
  readonly sku: string;
  readonly node: string;
  readonly bin: string;
  readonly actor: string;
  readonly units: number;
  /** At cost; 0 without a cost in the house currency: then the units decide. */
  readonly value: string;
  readonly evidence: Evidence;
}

export class Adjustments implements FloorRule {
  readonly #shared: Shared;
  /** By actor, SKU, node and day: those that lack a second person. */
  readonly #days = new KeptFacts<AdjustmentFact>('adjustments', LIMITS);

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  adjusted(row: FloorFact, applied: Applied, out: Outputs): void {
    const [actor, approver] = [text(row, 'worker_pseudo_id'), text(row, 'approved_by')];
    if (text(row, 'reason') === 'opening_balance') return;
    if (approver !== '' && approver !== actor) return;
    const fact = adjustmentFactOf(row);
    const key = dayOf(fact);
    this.#days.add(key, fact, applied.nowMs);
    this.#judge(key, applied, out);
  }

  /** Somebody approved a case; the case engine refuses who adjusted, and so does this. */
  approved(
    { actor, case_id: caseId }: Pick<DataOf<'case.commanded'>, 'actor' | 'case_id'>,
    { timeMs }: Applied,
    out: Outputs,
  ): void {
    if (!caseId.startsWith(PREFIX)) return;
    const entity = caseId.slice(PREFIX.length, caseId.lastIndexOf('/'));
    const { episodes } = this.#shared;
    for (const key of episodes.keys(PREFIX)) {
      const found = episodes.get(key);
      if (found?.entity !== entity || found.actor === actor) continue;
      episodes.ended(key, { atMs: timeMs, detail: `Approved by ${actor}` }, out);
      // Approved once, it lacks nobody any more.
      if (key.startsWith(SPLIT)) this.#days.forget(key.slice(SPLIT.length));
      else this.#days.drop(Number(key.slice(PREFIX.length)));
    }
  }

  drop(identity: number, applied: Applied, out: Outputs): void {
    const key = this.#days.drop(identity);
    if (key === undefined) return;
    this.#shared.episodes.ended(singleKey(identity), withdrawn(applied), out);
    this.#judge(key, applied, out);
  }

  onHour(applied: Applied, out: Outputs): void {
    const { episodes } = this.#shared;
    const ended = outlived(applied, KEPT_DAYS);
    for (const { facts, key } of this.#days.expire(applied.nowMs)) {
      for (const { identity } of facts) episodes.ended(singleKey(identity), ended, out);
      episodes.ended(splitKey(key), ended, out);
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return this.#days.snapshot();
  }

  restore(part: SnapshotPart): void {
    this.#days.restore(part);
  }

  /** A great one is judged as it comes; the others of the day together. */
  #judge(day: string, applied: Applied, out: Outputs): void {
    const { episodes, policies } = this.#shared;
    const facts = this.#days.of(day);
    const [any] = facts;
    if (any === undefined) return episodes.ended(splitKey(day), withdrawn(applied), out);
    const setting = policies.of('UNAPPROVED_ADJUSTMENT', { sku: any.sku, node: any.node });
    if (!setting.enabled) return episodes.ended(splitKey(day), switchedOff(applied), out);
    const added = facts.find(({ identity }) => identity === applied.identity);
    if (added !== undefined && isGreat(added, setting)) {
      const found = foundOf(added, setting, [added]);
      episodes.holds(singleKey(added.identity), found, applied, out);
    }
    const small = facts.filter((fact) => !isGreat(fact, setting));
    const sum = sumOf(small);
    const last = small.at(-1);
    if (last === undefined || small.length < LEAST_PARTS || !isGreat(sum, setting)) {
      return episodes.ended(splitKey(day), withdrawn(applied), out);
    }
    const found = foundOf({ ...last, ...sum }, setting, small);
    episodes.holds(splitKey(day), found, applied, out);
  }
}

const PREFIX = 'UNAPPROVED_ADJUSTMENT/';
const singleKey = (identity: number) => `${PREFIX}${identity}`;
const SPLIT = `${PREFIX}split/`;
const splitKey = (day: string) => `${SPLIT}${day}`;

const dayOf = ({ actor, node, sku, timeMs }: AdjustmentFact) =>
  `${Math.floor(timeMs / DAY_MS)}/${actor}/${sku}/${node}`;

function adjustmentFactOf(row: FloorFact): AdjustmentFact {
  const { identity, seq, timeMs } = row;
  const units = number(row, 'qty');
  const cost = unitCostOf(row);
  return {
    ...{ timeMs, seq, identity, units },
    adjustment: text(row, 'ref'),
    sku: text(row, 'sku_id'),
    node: text(row, 'node_id'),
    bin: text(row, 'location_id'),
    actor: text(row, 'worker_pseudo_id'),
    value: cost === null ? '0' : worth(cost, units),
    evidence: evidenceOf(row),
  };
}

type Size = Pick<AdjustmentFact, 'units' | 'value'>;

/** Parts of one adjustment, up and down alike. */
function sumOf(facts: readonly AdjustmentFact[]): Size {
  return {
    units: facts.reduce((sum, { units }) => sum + Math.abs(units), 0),
    value: amountOf(facts.reduce((sum, { value }) => sum + micros(value), 0n)),
  };
}

function isGreat({ units, value }: Size, { parameters }: RuleSetting): boolean {
  const { amount = Infinity, units: limit = Infinity } = parameters;
  return asNumber(value) >= amount || Math.abs(units) >= limit;
}

function foundOf(
  adjustment: AdjustmentFact,
  setting: RuleSetting,
  parts: readonly AdjustmentFact[],
): Found {
  const { actor, bin, node, sku, timeMs, units, value } = adjustment;
  const isSplit = parts.length >= LEAST_PARTS;
  const what = isSplit ? `${parts.length} adjustments of a day, together ` : 'An adjustment of ';
  const isHigh = asNumber(value) >= (setting.parameters['high_amount'] ?? Infinity);
  return {
    code: 'UNAPPROVED_ADJUSTMENT',
    ...(isSplit ? { subtype: 'split' } : {}),
    entity: isSplit ? positionOf(sku, node) : `adjustment/${adjustment.adjustment}`,
    ...{ skuId: sku, nodeId: node, actor, conditionAtMs: timeMs },
    ...(bin === '' ? {} : { locationId: bin }),
    detail: `${what}${units} of ${sku} (${written(value)} at cost) without a second person`,
    ...{ units, amount: value, rule: setting },
    ...(isHigh ? { floor: 'SEV1' as const } : {}),
    evidence: parts.map(({ evidence }) => evidence),
  };
}
