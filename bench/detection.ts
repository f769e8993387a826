/**
 * `npm run bench -- detection`: how well the three anomaly families are found in a simulated brand, with its
 * injected incidents and near misses, and how often something is found where nothing is.
 * Without servers. Report seeds are those of REPORT; thresholds were chosen on others.
 */
import type { BenchOptions } from './arguments.ts';
import { UsageError } from './arguments.ts';
import {
  locationRunLength,
  shrinkageRunLength,
  supplierRunLength,
  type RunLength,
} from './detection/run-length.ts';
import type { Alert, Code, Run } from './detection/run.ts';
import { headline, report, tallyOf } from './detection/score.ts';
import { sideBySide } from './detection/side-by-side.ts';
import { round } from './measure.ts';
import { say } from './progress.ts';

const DAYS = 28;
const REPORT = { from: 101, to: 1_000 };
/** The first half of those in docs/detection.md: so many that two false alarms are within two in 1,000 node-days. */
const SEEDS = Array.from({ length: 24 }, (_, index) => 601 + index).join(',');

const FAMILIES = {
  shrinkage: 'SHRINKAGE_ANOMALY',
  location_errors: 'LOCATION_ERROR_REPEAT',
  supplier_variance: 'SUPPLIER_VARIANCE_TREND',
} as const satisfies Record<string, Code>;

type AlertsOf = (one: Run) => readonly Alert[];
const OURS: AlertsOf = ({ alerts }) => alerts;
const BASELINES = {
  baseline: ({ best }) => best,
  baselineWithinBudget: ({ strict }) => strict,
} as const satisfies Record<string, AlertsOf>;

export async function detection(options: BenchOptions): Promise<object> {
  const { days = DAYS } = options;
  const seeds = seedsOf(options.seeds ?? SEEDS);
  const asked = [true, false].flatMap((incidents) =>
    seeds.map((seed) => ({ seed, days, incidents })),
  );
  const all = await sideBySide(asked);
  const runs = all.slice(0, seeds.length);
  const nulls = all.slice(seeds.length);
  say('run lengths of the whole detectors where nothing is wrong');
  const lengths = [supplierRunLength(), locationRunLength()] as const;
  return {
    ...headlineOf(runs, OURS),
    // Of the two detectors with a designed run length the one that is farther from it.
    arl0Ratio: farthest(lengths.map(({ designed, observed }) => observed / designed)),
    arl0: {
      supplier_variance: shown(lengths[0]),
      location_errors: shown(lengths[1]),
      // Its design is a least run length.
      shrinkage: shown(shrinkageRunLength()),
    },
    nullRuns: {
      nodeDays: nulls.reduce((sum, { nodeDays }) => sum + nodeDays, 0),
      ...Object.fromEntries(
        Object.entries(FAMILIES).map(([name, code]) => [name, alarms(nulls, code)]),
      ),
    },
    families: byFamily(runs, OURS),
    ...Object.fromEntries(
      Object.entries(BASELINES).map(([name, alertsOf]) => [
        name,
        { ...headlineOf(runs, alertsOf), families: byFamily(runs, alertsOf) },
      ]),
    ),
    ...{
      days,
      seeds,
      seedsAreForReport: seeds.every((seed) => seed >= REPORT.from && seed <= REPORT.to),
    },
  };
}

const shown = ({ designed, observed, unit }: RunLength) => ({
  unit,
  designed: round(designed, 1),
  observed: round(observed, 1),
  ratio: round(observed / designed, 3),
});

const farthest = (ratios: readonly number[]) =>
  round(
    ratios.reduce((far, one) => (Math.abs(Math.log(one)) > Math.abs(Math.log(far)) ? one : far), 1),
    3,
  );

const headlineOf = (runs: readonly Run[], alertsOf: AlertsOf) =>
  headline(
    runs.map((one) => Object.values(FAMILIES).map((code) => tallyOf(one, alertsOf(one), code))),
  );

const byFamily = (runs: readonly Run[], alertsOf: AlertsOf) =>
  Object.fromEntries(
    Object.entries(FAMILIES).map(([name, code]) => [
      name,
      report(runs.map((one) => tallyOf(one, alertsOf(one), code))),
    ]),
  );

const alarms = (runs: readonly Run[], code: Code) =>
  runs.flatMap(OURS).filter((alert) => alert.code === code).length;

function seedsOf(list: string): number[] {
  const seeds = list.split(',').map(Number);
  if (seeds.every((seed) => Number.isInteger(seed) && seed > 0)) return seeds;
  throw new UsageError(`--seeds ${list}: whole numbers from 1, separated by commas`);
}
