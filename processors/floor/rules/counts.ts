/**
 * COUNT_VARIANCE: the last count of a SKU in a bin differs from the book by more than the tolerance of its
 * class and by so much at cost. Without a cost in the house currency nobody can say how much; then it is not
 * raised. It ends with a count of the two that does not differ so.
 *
 * COUNT_VARIANCE_REPEAT: counts that differ so are so many of the last three of a SKU at a node (subtype sku),
 * or so many in a bin within 90 days (subtype location), and the last one is among them: it ends with the
 * first count that is in order.
 */
import { KeptFacts } from '../../facts/kept-facts.ts';
import { written } from '../../facts/money.ts';
import type { Found } from '../../facts/episodes.ts';
import type { Fact } from '../../facts/signed.ts';
import type { RuleSetting } from '../../facts/rule-policies.ts';
import type { Applied, Outputs } from '../../processor.ts';
import {
  amounted,
  asNumber,
  DAY_MS,
  evidenceOf,
  locationOf,
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

const REPEAT_DAYS = 90;
/** Counts of a bin are followed for so long after the last one. */
const KEPT_DAYS = REPEAT_DAYS;
const BIN_LIMITS = { entities: 100_000, facts: 60, keptMs: KEPT_DAYS * DAY_MS };
/** The last three, and some that a correction may bring back among them. */
const SKU_LIMITS = { entities: 200_000, facts: 6, keptMs: 365 * DAY_MS };
const LAST = 3;

interface CountFact extends Fact {
  readonly sku: string;
  readonly node: string;
  readonly bin: string;
  /** Counted less book. */
  readonly units: number;
  readonly isWithin: boolean;
  /** Null without a cost in the house currency. */
  readonly value: string | null;
  readonly evidence: Evidence;
}

export class Counts implements FloorRule {
  readonly #shared: Shared;
  /** By `location/<node>/<bin>`. */
  readonly bins = new KeptFacts<CountFact>('bin-counts', BIN_LIMITS);
  /** By `sku/<sku>/node/<node>`. */
  readonly skus = new KeptFacts<CountFact>('sku-counts', SKU_LIMITS);

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  counted(count: FloorFact, applied: Applied, out: Outputs): void {
    const fact = countFactOf(count);
    this.bins.add(locationOf(fact.node, fact.bin), fact, applied.nowMs);
    this.skus.add(positionOf(fact.sku, fact.node), fact, applied.nowMs);
    this.#judge(fact, applied, out);
  }

  /** When a bin was last counted as the book has it; −Infinity when it was not. */
  cleanMs(place: { node: string; bin: string }): number {
    const clean = this.bins
      .of(locationOf(place.node, place.bin))
      .findLast(({ isWithin }) => isWithin);
    return clean?.timeMs ?? -Infinity;
  }

  drop(identity: number, applied: Applied, out: Outputs): void {
    const bin = this.bins.keyOf(identity);
    const fact = bin === undefined ? undefined : this.bins.of(bin).find(isOf(identity));
    this.bins.drop(identity);
    this.skus.drop(identity);
    if (fact !== undefined) this.#judge(fact, applied, out);
  }

  onHour(applied: Applied, out: Outputs): void {
    const { episodes } = this.#shared;
    const ended = outlived(applied, KEPT_DAYS);
    for (const { facts, key } of this.bins.expire(applied.nowMs)) {
      for (const { sku } of facts) episodes.ended(varianceKey(key, sku), ended, out);
      episodes.ended(repeatKey(key), ended, out);
    }
    for (const { key } of this.skus.expire(applied.nowMs)) {
      episodes.ended(repeatKey(key), ended, out);
    }
  }

  #judge({ bin, node, sku }: CountFact, applied: Applied, out: Outputs): void {
    const location = locationOf(node, bin);
    const position = positionOf(sku, node);
    const inBin = this.bins.of(location);
    const ofSku = this.skus.of(position);
    this.#judgeVariance(
      varianceKey(location, sku),
      inBin.findLast((count) => count.sku === sku),
      applied,
      out,
    );
    const repeat = this.#shared.policies.of('COUNT_VARIANCE_REPEAT', { sku, node });
    const { at_location = Infinity, of_last_three = Infinity } = repeat.parameters;
    const lastThree = ofSku.slice(-LAST);
    this.#judgeRepeat(
      { entity: position, subtype: 'sku', counts: lastThree, limit: of_last_three },
      repeat,
      applied,
      out,
    );
    const fromMs = (inBin.at(-1)?.timeMs ?? 0) - REPEAT_DAYS * DAY_MS;
    const ofLate = inBin.filter(({ timeMs }) => timeMs > fromMs);
    this.#judgeRepeat(
      { entity: location, subtype: 'location', counts: ofLate, limit: at_location },
      repeat,
      applied,
      out,
    );
  }

  #judgeVariance(key: string, count: CountFact | undefined, applied: Applied, out: Outputs): void {
    const { episodes, policies } = this.#shared;
    if (count === undefined) return episodes.ended(key, withdrawn(applied), out);
    const { bin, node, sku, timeMs, units } = count;
    const setting = policies.of('COUNT_VARIANCE', { sku, node });
    if (!setting.enabled) return episodes.ended(key, switchedOff(applied), out);
    if (!this.#differs(count)) {
      const detail = `A count of ${sku} in ${bin} is ${differenceOf(units)}`;
      return episodes.ended(key, { atMs: timeMs, detail }, out);
    }
    const found: Found = {
      code: 'COUNT_VARIANCE',
      entity: positionOf(sku, node),
      ...{ skuId: sku, nodeId: node, locationId: bin, conditionAtMs: timeMs },
      detail: `A count of ${sku} in ${bin} is ${differenceOf(units)}: ${written(count.value ?? '0')} at cost`,
      ...{ units, rule: setting, evidence: [count.evidence] },
      ...amounted(count.value ?? undefined),
    };
    episodes.holds(key, found, applied, out);
  }

  #judgeRepeat(
    { counts, entity, limit, subtype }: Repetition,
    setting: RuleSetting,
    applied: Applied,
    out: Outputs,
  ): void {
    const { episodes } = this.#shared;
    const key = repeatKey(entity);
    const last = counts.at(-1);
    if (last === undefined) return episodes.ended(key, withdrawn(applied), out);
    if (!setting.enabled) return episodes.ended(key, switchedOff(applied), out);
    const off = counts.filter((count) => this.#differs(count));
    if (off.at(-1) !== last || off.length < limit) {
      const detail = `The last count is ${differenceOf(last.units)}, and ${off.length} of ${counts.length} were off`;
      return episodes.ended(key, { atMs: last.timeMs, detail }, out);
    }
    const worst = off.reduce((a, b) =>
      asNumber(b.value ?? '0') > asNumber(a.value ?? '0') ? b : a,
    );
    const found: Found = {
      ...{ code: 'COUNT_VARIANCE_REPEAT', subtype, entity },
      ...(subtype === 'sku' ? { skuId: last.sku } : {}),
      ...{ nodeId: last.node, locationId: last.bin, conditionAtMs: last.timeMs },
      detail: `${off.length} of ${counts.length} counts were off, the worst by ${worst.units}`,
      ...{ units: worst.units, rule: setting },
      ...amounted(worst.value ?? undefined),
      evidence: off.map(({ evidence }) => evidence),
    };
    episodes.holds(key, found, applied, out);
  }

  #differs({ isWithin, node, sku, value }: CountFact): boolean {
    const { parameters } = this.#shared.policies.of('COUNT_VARIANCE', { sku, node });
    return !isWithin && value !== null && asNumber(value) >= (parameters['amount'] ?? 0);
  }
}

interface Repetition {
  readonly entity: string;
  readonly subtype: 'sku' | 'location';
  readonly counts: readonly CountFact[];
  readonly limit: number;
}

const varianceKey = (location: string, sku: string) => `COUNT_VARIANCE/${location}/${sku}`;
const repeatKey = (entity: string) => `COUNT_VARIANCE_REPEAT/${entity}`;

const isOf =
  (identity: number) =>
  (fact: Fact): boolean =>
    fact.identity === identity;

function countFactOf(count: FloorFact): CountFact {
  const { identity, seq, timeMs } = count;
  const units = number(count, 'qty') - number(count, 'qty_expected');
  const cost = unitCostOf(count);
  return {
    ...{ timeMs, seq, identity, units },
    sku: text(count, 'sku_id'),
    node: text(count, 'node_id'),
    bin: text(count, 'location_id'),
    isWithin: number(count, 'within_tolerance') === 1,
    value: cost === null ? null : worth(cost, units),
    evidence: evidenceOf(count),
  };
}

function differenceOf(units: number): string {
  if (units === 0) return 'as the book has it';
  return units > 0 ? `${units} over the book` : `${-units} under the book`;
}
