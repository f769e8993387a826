/**
 * REPLEN_RISK (REFERENCE §4.2, §5.1), when a position is computed:
 *
 *   (none)          it will run out before supply can be used: from `probability` on, until `end_probability`
 *   unordered       below its reorder point with nothing on order, for longer than it takes to order
 *   phantom_stock   said to have stock, yet nothing is sold of it for so long that there may be none
 */
import { parameter, type RulePolicies, type RuleSetting } from '../../facts/rule-policies.ts';
import type { Moment } from '../moment.ts';
import { HeldConditions, type Condition } from './held-conditions.ts';
import { lateSupply, type Awaited } from './late-supply.ts';
import { floorOf, worth } from './look.ts';
import { daysOf, type ZeroRun } from './zero-run.ts';

const HOUR_MS = 3_600_000;
/** A forecast from fewer days says too little of what is to come [K]. */
const LEAST_OBSERVED_DAYS = 7;

/** A position as it was computed. */
interface Outcome {
  readonly row: number;
  readonly sku: string;
  readonly node: string;
  readonly supplier: string;
  readonly abcClass: string;
  readonly active: boolean;
  readonly unitCost: string | null;
  /** Days that the forecast is made from. */
  readonly observed: number;
  readonly atp: number;
  readonly afs: number;
  /** On order and in transit. */
  readonly inbound: number;
  readonly reorderUnits: number;
  /** At or below the reorder point, supply under way included. */
  readonly below: boolean;
  readonly probability: number;
  /** Units that will not be sold before supply can be used. */
  readonly lostUnits: number;
  readonly run: ZeroRun | null;
  /** Projected stockout at mean demand (ms); null for none within a year. */
  readonly outMs: number | null;
  /** Open supply of the position. */
  readonly supply: readonly Awaited[];
}

export class Risks {
  readonly #rules: RulePolicies;
  readonly #held = new HeldConditions('risks');

  constructor(rules: RulePolicies) {
    this.#rules = rules;
  }

  /** True when something was found at a position that has not ended. */
  holdsAt(row: number): boolean {
    return this.#held.has(String(row));
  }

  /** Units that would have been sold meanwhile, from which a silence at a position may be no chance. */
  silentUnits(sku: string, node: string): number {
    return -Math.log(parameter(this.#rules.of('REPLEN_RISK', { sku, node }), 'phantom_p'));
  }

  look(outcome: Outcome, moment: Moment): void {
    const { node, row, sku } = outcome;
    const setting = this.#rules.of('REPLEN_RISK', { sku, node });
    const isAsked = setting.enabled && outcome.active;
    const conditions = isAsked
      ? [
          ...this.#likely(outcome, setting),
          ...unordered(outcome, setting),
          ...phantom(outcome, setting),
        ]
      : [];
    if (outcome.active && outcome.observed >= LEAST_OBSERVED_DAYS) {
      conditions.push(...lateSupply(this.#rules, outcome, moment.nowMs));
    }
    this.#held.update(String(row), conditions, moment);
  }

  /** What is found likely stays so until it is a good deal less likely: a sale more or less is no news. */
  #likely(outcome: Outcome, setting: RuleSetting): Condition[] {
    const { lostUnits, observed, probability, row } = outcome;
    if (observed < LEAST_OBSERVED_DAYS) return [];
    const condition = conditionOf(outcome, setting);
    const limit = this.#held.stands(String(row), condition) ? 'end_probability' : 'probability';
    // A policy may set the two the wrong way round.
    const least = Math.min(parameter(setting, limit), parameter(setting, 'probability'));
    if (probability < least) return [];
    const chance = `${Math.round(probability * 100)} % likely to run out before supply can be used`;
    return [
      {
        ...condition,
        holdMs: parameter(setting, 'hold_h') * HOUR_MS,
        ...shortfall(outcome, lostUnits),
        detail: `${placeOf(outcome)} is ${chance}: ${levelOf(outcome)}`,
        end: `${placeOf(outcome)} is covered until supply can be used`,
      },
    ];
  }

  snapshot() {
    return this.#held.snapshot();
  }

  restore(part: Parameters<HeldConditions['restore']>[0]): void {
    this.#held.restore(part);
  }
}

function unordered(outcome: Outcome, setting: RuleSetting): Condition[] {
  const { below, inbound, lostUnits, observed } = outcome;
  if (observed < LEAST_OBSERVED_DAYS || !below || inbound > 0) return [];
  return [
    {
      ...conditionOf(outcome, setting),
      subtype: 'unordered',
      holdMs: parameter(setting, 'unordered_h') * HOUR_MS,
      ...shortfall(outcome, lostUnits),
      detail: `nothing of ${placeOf(outcome)} is ordered: ${levelOf(outcome)}`,
      end: `${placeOf(outcome)} is ordered, or above its reorder point`,
    },
  ];
}

/** Units that are lacking: those that will not be sold, or what the reorder point asks for. */
function shortfall({ atp, inbound, reorderUnits, unitCost }: Outcome, lostUnits: number) {
  const units = Math.ceil(Math.max(0, lostUnits, reorderUnits - atp - inbound));
  return { units, amount: worth(unitCost, units) };
}

const levelOf = ({ atp, inbound, reorderUnits }: Outcome) =>
  `ATP ${atp}, ${inbound} on the way, reorder point ${Math.round(reorderUnits)}`;

function phantom(outcome: Outcome, setting: RuleSetting): Condition[] {
  const { afs, run, unitCost } = outcome;
  const limit = parameter(setting, 'phantom_p');
  if (run === null || afs <= 0 || run.p >= limit) return [];
  const silence = `nothing sold or picked for ${run.days.toFixed(1)} days at ${run.rate.toFixed(2)} units a day`;
  return [
    {
      ...conditionOf(outcome, setting),
      subtype: 'phantom_stock',
      units: afs,
      amount: worth(unitCost, afs),
      statistic: {
        name: 'zero_run',
        value: run.days,
        expected: 1 / run.rate,
        limit: daysOf(limit, run),
        p: run.p,
      },
      detail: `PHANTOM_STOCK: ${afs} units of ${placeOf(outcome)} are for sale by the book, yet ${silence} (p ${run.p.toExponential(1)}); count it`,
      end: `the silence of ${placeOf(outcome)} is over, or nothing of it is for sale`,
    },
  ];
}

const placeOf = ({ node, sku }: Outcome) => `${sku} at ${node}`;

function conditionOf({ abcClass, node, sku, supplier }: Outcome, setting: RuleSetting) {
  return {
    code: 'REPLEN_RISK' as const,
    entity: `sku/${sku}/node/${node}`,
    ...{ skuId: sku, nodeId: node, setting, holdMs: 0, evidence: [] },
    ...(supplier === '' ? {} : { supplierId: supplier }),
    floor: floorOf(abcClass),
  } satisfies Partial<Condition>;
}
