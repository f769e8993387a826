/**
 * REPLEN_RISK (REFERENCE §4.2, §5.1), when a position is computed: it will run out before supply can be used,
 * or is below its reorder point with nothing on order; and `phantom_stock`: it is said to have stock, yet
 * nothing is sold of it for so long that there may be none.
 */
import { parameter, type RulePolicies, type RuleSetting } from '../../facts/rule-policies.ts';
import type { Moment } from '../moment.ts';
import type { Condition } from './episodes.ts';
import { Episodes } from './episodes.ts';
import { floorOf, worth } from './look.ts';
import { daysOf, type ZeroRun } from './zero-run.ts';

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
}

export class Risks {
  readonly #rules: RulePolicies;
  readonly #episodes = new Episodes('risks');

  constructor(rules: RulePolicies) {
    this.#rules = rules;
  }

  /** True when something was found at a position that has not ended. */
  holdsAt(row: number): boolean {
    return this.#episodes.has(String(row));
  }

  /** Units that would have been sold meanwhile, from which a silence at a position may be no chance. */
  silentUnits(sku: string, node: string): number {
    return -Math.log(parameter(this.#rules.of('REPLEN_RISK', { sku, node }), 'phantom_p'));
  }

  look(outcome: Outcome, moment: Moment): void {
    const { node, row, sku } = outcome;
    const setting = this.#rules.of('REPLEN_RISK', { sku, node });
    const isAsked = setting.enabled && outcome.active;
    const conditions = isAsked ? [...shortOf(outcome, setting), ...phantom(outcome, setting)] : [];
    this.#episodes.update(String(row), conditions, moment);
  }

  snapshot() {
    return this.#episodes.snapshot();
  }

  restore(part: Parameters<Episodes['restore']>[0]): void {
    this.#episodes.restore(part);
  }
}

function shortOf(outcome: Outcome, setting: RuleSetting): Condition[] {
  const { atp, below, inbound, lostUnits, observed, probability, reorderUnits } = outcome;
  if (observed < LEAST_OBSERVED_DAYS) return [];
  const isLikely = probability >= parameter(setting, 'probability');
  const isUnordered = below && inbound <= 0;
  if (!isLikely && !isUnordered) return [];
  const units = Math.ceil(Math.max(0, lostUnits, reorderUnits - atp - inbound));
  const chance = `${Math.round(probability * 100)} % likely to run out before supply can be used`;
  const level = `ATP ${atp}, ${inbound} on the way, reorder point ${Math.round(reorderUnits)}`;
  return [
    {
      ...conditionOf(outcome, setting),
      units,
      amount: worth(outcome.unitCost, units),
      detail: `${placeOf(outcome)} is ${chance}: ${level}`,
      end: `${placeOf(outcome)} is covered until supply can be used`,
    },
  ];
}

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
