/** Words and rows of an anomaly: what a finding and the table `anomalies` say of it. Pure. */
import { amountOf, micros, written } from '../../facts/money.ts';
import type { Cell, Finding, Statistic } from '../../processor.ts';
import type { Scored } from '../model/scorer.ts';
import { CUSUM_H, type Assessment } from './assess.ts';
import type { LossFact } from './losses.ts';

export const CODE = 'SHRINKAGE_ANOMALY';
/** What a finding carries at most. */
const MAX_EVIDENCE = 20;
/** Features that an explanation names. */
const MAX_DRIVERS = 3;

/** Why an anomaly is paged or is not. */
export type Outcome = 'paged' | 'budget' | 'petty' | 'expected';

export interface Anomaly {
  readonly entity: string;
  readonly sku: string;
  readonly node: string;
  /** End of the closing window in which it was found (event time). */
  readonly asOfMs: number;
  readonly assessment: Assessment;
  /** Greatest p that is rejected in that closing window. */
  readonly limit: number;
  readonly units: number;
  /** Cost of the losses of its window (decimal string, house currency). */
  readonly amount: string;
  /** (1 − p) × amount. */
  readonly expectedLoss: number;
  /** Of the isolation forest; null while there is no model. */
  readonly scored: Scored | null;
}

/** What anomalies are ranked by, the greatest first: expected loss, weighed by how unusual the SKU is in all. */
export const weightOf = ({ expectedLoss, scored }: Anomaly) => expectedLoss * (scored?.score ?? 1);

export function anomalyOf(
  entity: string,
  place: { readonly sku: string; readonly node: string },
  found: {
    readonly assessment: Assessment;
    readonly asOfMs: number;
    readonly limit: number;
    readonly costOf: (loss: LossFact) => string | null;
    readonly scored: Scored | null;
  },
): Anomaly {
  const { assessment, asOfMs, costOf, limit, scored } = found;
  const { losses, p } = assessment;
  const total = losses.reduce(
    (sum, loss) => sum + micros(costOf(loss) ?? '0') * BigInt(loss.units),
    0n,
  );
  const amount = amountOf(total);
  return {
    ...{ entity, ...place, asOfMs, assessment, limit, amount, scored },
    units: losses.reduce((sum, { units }) => sum + units, 0),
    expectedLoss: (1 - p) * Number(amount),
  };
}

/** The voice that speaks: the tail while it is below its limit, else the CUSUM. */
function statisticOf({ assessment, limit }: Anomaly): Statistic {
  const { cusum, expected, occasions, p } = assessment;
  return p <= limit
    ? { name: 'gamma_poisson_tail', value: occasions, expected, limit, p }
    : { name: 'cost_cusum', value: cusum, expected: 0, limit: CUSUM_H, p };
}

const driversOf = (drivers: Scored['drivers']) =>
  drivers.map(({ name, z }) => `${name} z ${z.toFixed(1)}`).join(', ');

/** Of the forest, in words; nothing while there is no model. */
function scoreText(scored: Scored | null): string {
  if (scored === null) return '';
  const { drivers, modelId, score } = scored;
  const farthest = driversOf(drivers.slice(0, MAX_DRIVERS));
  return `; isolation forest ${score.toFixed(2)} (model ${modelId}): ${farthest}`;
}

function detailOf(anomaly: Anomaly): string {
  const { amount, assessment, node, scored, sku, units } = anomaly;
  const { expected, features, losses, occasions, p, windowDays } = assessment;
  const days = windowDays === 1 ? 'a day' : `${windowDays} days`;
  return (
    `${units} units of ${sku} (${written(amount)} at cost) are missing at ${node} without an explanation: ` +
    `${losses.length} losses in ${occasions} shifts within ${days}, ` +
    `${expected.toPrecision(2)} shifts with one are usual (p ${p.toPrecision(2)}); ${driversOf(features)}` +
    scoreText(scored)
  );
}

export function findingOf(anomaly: Anomaly, rule: NonNullable<Finding['rule']>): Finding {
  const { amount, asOfMs, assessment, entity, node, sku, units } = anomaly;
  const first = assessment.losses[0] as LossFact;
  return {
    findingId: `${CODE}/${entity}/${asOfMs}`,
    code: CODE,
    entity,
    skuId: sku,
    nodeId: node,
    conditionAtMs: first.timeMs,
    detail: detailOf(anomaly),
    units,
    amount,
    rule,
    statistic: statisticOf(anomaly),
    evidence: assessment.losses.slice(-MAX_EVIDENCE).map(({ id, source }) => ({ source, id })),
  };
}

/** Cells of `anomalies`, without the signed ones. */
export function anomalyCells(anomaly: Anomaly, place: { rank: number; outcome: Outcome }): Cell[] {
  const { amount, asOfMs, assessment, entity, expectedLoss, node, scored, sku, units } = anomaly;
  const { cusum, losses, p, windowDays } = assessment;
  const { expected, limit, name, value } = statisticOf(anomaly);
  return [
    'shrinkage',
    CODE,
    entity,
    sku,
    node,
    asOfMs,
    windowDays,
    losses.length,
    units,
    amount,
    name,
    value,
    expected,
    limit,
    p,
    cusum,
    expectedLoss,
    scored?.score ?? null,
    scored?.modelId ?? '',
    place.rank,
    place.outcome,
    detailOf(anomaly),
  ];
}
