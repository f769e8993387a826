/**
 * How unusual the losses of a SKU at a node are (REFERENCE §5.1). Pure.
 *
 *      own history (28 days)          │  tested: the last 1, 3 and 7 days
 *   ──────────────────────────────────┼───────────────▶ asOf
 *      Gamma(a, b) of the node's rate,   shifts with a loss against NB(a', b'/(b' + n)); the least p
 *      updated by it to Gamma(a', b')    of the three, times three
 *
 * Losses of former anomalies count neither for the rate nor for the history: what is usual is learned of what is
 * usual. Beside it a one-sided CUSUM of the cost per shift, which sees a slow drift. What is counted are shifts with
 * a loss rather than units: a pallet that is missing is one occasion, however many units it holds.
 */
import { cusumStep } from '../statistics/charts.ts';
import { gammaPoissonTail } from '../statistics/tails.ts';
import type { LossFact } from './losses.ts';

const DAY_MS = 24 * 60 * 60_000;
const SHIFT_MS = DAY_MS / 3;
const WINDOW_DAYS = [1, 3, 7] as const;
/** Longest of the tested windows: an episode without a loss for so long is over. */
export const EPISODE_MS = 7 * DAY_MS;
const HISTORY_DAYS = 28;
/** How long losses are kept. */
export const KEPT_MS = EPISODE_MS + HISTORY_DAYS * DAY_MS;

/** Fewest occasions that make a pattern: one loss is a count variance, or an adjustment of its own. */
export const LEAST_OCCASIONS = 2;
/** Shape of the prior where a node has too few losses to tell: most SKUs lose nothing, a few often [K]. */
const PRIOR_SHAPE = 0.2;
/** Within these bounds it is estimated; 2 is hardly to be told from a Poisson of rare losses. */
const SHAPES = { least: 0.2, most: 2 };
/** Losses of a node from which on the shape is estimated. */
const LOSSES_TO_ESTIMATE = 20;
/** What is believed of a node of which nothing is known: a loss in so many SKU-days [K]. */
const PRIOR_SKU_DAYS = 1_000;
const CUSUM_K = 0.5;
export const CUSUM_H = 5;
/** Most that one shift adds (σ): a single big loss alarms elsewhere. */
const CUSUM_MOST = 3;

/** The other SKUs of the node, over the days of the history. */
export interface Peers {
  readonly losses: number;
  /** Sum over the SKUs of the square of their losses. */
  readonly squares: number;
  readonly skus: number;
  /** Days for which the node has been watched, HISTORY_DAYS at most. */
  readonly days: number;
}

export interface Assessment {
  /** Least p of the windows, with their number accounted for. */
  readonly p: number;
  readonly windowDays: number;
  /** Shifts with a loss within that window, and how many were to be expected. */
  readonly occasions: number;
  readonly expected: number;
  readonly cusum: number;
  /** Losses of that window. */
  readonly losses: readonly LossFact[];
  /** How far each figure lies from what was to be expected (σ), the farthest first. */
  readonly features: readonly { readonly name: string; readonly z: number }[];
}

/** Days of a node's history at an instant. */
export const watchedDays = (sinceMs: number, asOfMs: number) =>
  Math.max(0, Math.min(HISTORY_DAYS, (asOfMs - sinceMs) / DAY_MS));

/** Losses within the days of the history that tell what is usual: none of an anomaly. */
export const usual = (losses: readonly LossFact[], asOfMs: number) =>
  losses.filter(({ anomalous, timeMs }) => !anomalous && asOfMs - timeMs < HISTORY_DAYS * DAY_MS);

/** `losses` stand, in the order of their event times; `costOf` is the cost of a unit. */
export function assess(
  losses: readonly LossFact[],
  options: {
    readonly asOfMs: number;
    readonly peers: Peers;
    readonly costOf: (loss: LossFact) => number;
  },
): Assessment {
  const { asOfMs, costOf, peers } = options;
  const known = losses.filter(({ timeMs }) => timeMs <= asOfMs && asOfMs - timeMs < KEPT_MS);
  const before = known.filter(({ timeMs }) => asOfMs - timeMs >= EPISODE_MS);
  const own = occasionsOf(before.filter(({ anomalous }) => !anomalous));
  const rate = (peers.losses + 1) / (peers.skus * peers.days + PRIOR_SKU_DAYS);
  const shape = shapeOf(peers);
  const posterior = {
    a: shape + own,
    b: shape / rate + Math.max(0, peers.days - EPISODE_MS / DAY_MS),
  };
  const tests = WINDOW_DAYS.map((windowDays) => {
    const within = known.filter(({ timeMs }) => asOfMs - timeMs < windowDays * DAY_MS);
    const occasions = occasionsOf(within);
    const p = gammaPoissonTail(occasions, { ...posterior, n: windowDays });
    return { windowDays, within, occasions, p };
  });
  const best = tests.reduce((least, test) => (test.p < least.p ? test : least));
  const perDay = posterior.a / posterior.b;
  const expected = perDay * best.windowDays;
  const cost = costMoments(known, costOf);
  const spent = best.within.reduce((sum, loss) => sum + loss.units * costOf(loss), 0);
  const features = [
    {
      name: 'shifts with a loss',
      z: (best.occasions - expected) / Math.sqrt(expected + (expected * expected) / posterior.a),
    },
    {
      name: 'cost',
      z: (spent - expected * cost.mean) / Math.sqrt(expected * cost.square),
    },
  ];
  return {
    p: Math.min(1, best.p * WINDOW_DAYS.length),
    windowDays: best.windowDays,
    occasions: best.occasions,
    expected,
    cusum: costCusum(known, { asOfMs, costOf, perShift: perDay / 3, cost }),
    losses: best.within,
    features: features.toSorted((a, b) => b.z - a.z),
  };
}

/** By moments, pooled over the SKUs of the node: mean² / (variance − mean) (REFERENCE §5.1). */
function shapeOf({ losses, skus, squares }: Peers): number {
  if (losses < LOSSES_TO_ESTIMATE || skus === 0) return PRIOR_SHAPE;
  const mean = losses / skus;
  const excess = squares / skus - mean * mean - mean;
  if (excess <= 0) return SHAPES.most;
  return Math.min(SHAPES.most, Math.max(SHAPES.least, (mean * mean) / excess));
}

const shiftOf = (timeMs: number) => Math.floor(timeMs / SHIFT_MS);

function occasionsOf(losses: readonly LossFact[]): number {
  return new Set(losses.map(({ timeMs }) => shiftOf(timeMs))).size;
}

/** Mean and mean square of the cost of a loss; of nothing, those of a loss that costs 1. */
function costMoments(losses: readonly LossFact[], costOf: (loss: LossFact) => number) {
  const costs = losses.map((loss) => loss.units * costOf(loss));
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const square = total(costs.map((cost) => cost * cost)) / costs.length;
  return square > 0 ? { mean: total(costs) / costs.length, square } : { mean: 1, square: 1 };
}

/** CUSUM of the standardised cost per shift, from the first loss that is known to `asOfMs`. */
function costCusum(
  losses: readonly LossFact[],
  options: {
    readonly asOfMs: number;
    readonly costOf: (loss: LossFact) => number;
    /** Losses to be expected in a shift. */
    readonly perShift: number;
    readonly cost: { readonly mean: number; readonly square: number };
  },
): number {
  const { asOfMs, cost, costOf, perShift } = options;
  const expected = perShift * cost.mean;
  const sigma = Math.sqrt(perShift * cost.square);
  const costs = new Map<number, number>();
  for (const loss of losses) {
    const shift = shiftOf(loss.timeMs);
    costs.set(shift, (costs.get(shift) ?? 0) + loss.units * costOf(loss));
  }
  const [first] = costs.keys();
  let s = 0;
  for (let shift = first ?? Infinity; shift <= shiftOf(asOfMs); shift++) {
    const x = ((costs.get(shift) ?? 0) - expected) / sigma;
    s = cusumStep(s, Math.min(CUSUM_MOST, x), CUSUM_K);
  }
  return s;
}
