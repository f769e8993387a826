/**
 * Alerts against labels (REFERENCE §5.4). Episodes are scored, not points. Pure.
 *
 *   start ├──── episode ────┤ end ├─ grace ─┤      an alert of its entity in here is right, the first finds it
 */
import { HOUR, MINUTE, nextOpen, SHIFTS } from '../../simulator/calendar.ts';
import { DC } from '../../simulator/catalogue.ts';
import type { Label } from '../../simulator/incidents/label.ts';
import { seededRandom } from '../../processors/detect/forest/random.ts';
import { percentile, round } from '../measure.ts';
import type { Alert, Code, Receipt, Run } from './run.ts';

const DAY_MS = 24 * HOUR;
/** Hours of a shift; the warehouse works two a day. */
const SHIFT_HOURS = 8;
/** Alerts of a code (which one team owns) that are looked at in a day. */
export const BUDGET = 10;
const RESAMPLES = 1_000;

interface Tally {
  readonly alerts: number;
  readonly right: number;
  readonly episodes: number;
  readonly found: readonly Found[];
  /** Sizes of the episodes, found or not. */
  readonly sizes: readonly number[];
  readonly nodeDays: number;
}

interface Found {
  readonly size: number;
  readonly hours: number;
  /** Shifts of the own warehouse that it took, by its opening hours. */
  readonly shifts: number;
  readonly receipts: number;
  readonly amount: number;
}

/** Entity of the rules' findings that a label is about. */
function entityOf({ entity, node_id: node, sku_id: sku, supplier_id: supplier }: Label): string {
  if (entity.type === 'supplier') return `supplier/${supplier}`;
  return entity.type === 'location' ? `location/${entity.id}` : `sku/${sku}/node/${node}`;
}

function isRight(alert: Alert, label: Label): boolean {
  const entity = entityOf(label);
  const { atMs } = alert;
  const concerns = alert.entity === entity || alert.entity.startsWith(`${entity}/`);
  return concerns && atMs >= Date.parse(label.start) && atMs <= lastMs(label);
}

const lastMs = ({ end, grace_min: grace }: Label) => Date.parse(end) + grace * MINUTE;

/** The BUDGET most costly alerts of each day. */
export function withinBudget(alerts: readonly Alert[], budget = BUDGET): Alert[] {
  const days = new Map<number, Alert[]>();
  for (const alert of alerts) {
    const day = Math.floor(alert.atMs / DAY_MS);
    days.set(day, [...(days.get(day) ?? []), alert]);
  }
  return [...days.values()].flatMap((day) =>
    day.toSorted((a, b) => b.amount - a.amount).slice(0, budget),
  );
}

/** Scores the alerts and episodes of one code. */
export function tallyOf(one: Run, all: readonly Alert[], code: Code): Tally {
  const alerts = withinBudget(all.filter((alert) => alert.code === code));
  const real = one.labels.filter((label) => label.code === code && label.near_miss !== true);
  // An episode that could still be found after the last day is not scored.
  const episodes = real.filter((label) => lastMs(label) <= one.endMs);
  const found = episodes.flatMap((label): Found[] => {
    const first = alerts
      .filter((alert) => isRight(alert, label))
      .sort((a, b) => a.atMs - b.atMs)[0];
    if (first === undefined) return [];
    const startMs = Date.parse(label.start);
    return [
      {
        size: label.size,
        hours: (first.atMs - startMs) / HOUR,
        shifts: shiftsBetween(startMs, first.atMs),
        receipts: receiptsBetween(one.receipts, label, { startMs, endMs: first.atMs }),
        amount: first.amount,
      },
    ];
  });
  return {
    alerts: alerts.length,
    right: alerts.filter((alert) => real.some((label) => isRight(alert, label))).length,
    episodes: episodes.length,
    found,
    sizes: episodes.map(({ size }) => size),
    nodeDays: one.nodeDays,
  };
}

function receiptsBetween(
  receipts: readonly Receipt[],
  { supplier_id: supplier }: Label,
  { endMs, startMs }: { startMs: number; endMs: number },
): number {
  return receipts.filter(
    (one) => one.supplier === supplier && one.atMs >= startMs && one.atMs <= endMs,
  ).length;
}

function shiftsBetween(fromMs: number, toMs: number): number {
  const stepMs = 10 * MINUTE;
  let openMs = 0;
  for (let atMs = fromMs; atMs < toMs; atMs += stepMs) {
    if (nextOpen(SHIFTS[DC], atMs) === atMs) openMs += Math.min(stepMs, toMs - atMs);
  }
  return openMs / HOUR / SHIFT_HOURS;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const ratio = (part: number, whole: number) => (whole === 0 ? null : round(part / whole, 3));

const precisionOf = (tallies: readonly Tally[]) =>
  ratio(sum(tallies.map(({ right }) => right)), sum(tallies.map(({ alerts }) => alerts)));
const recallOf = (tallies: readonly Tally[]) =>
  ratio(
    sum(tallies.map(({ found }) => found.length)),
    sum(tallies.map(({ episodes }) => episodes)),
  );
const falseOf = (tallies: readonly Tally[]) =>
  ratio(
    1_000 * sum(tallies.map(({ alerts, right }) => alerts - right)),
    sum(tallies.map(({ nodeDays }) => nodeDays)),
  );

/** One tally a seed: the intervals are over seeds. Null where there is nothing to divide by. */
export function headline(tallies: readonly (readonly Tally[])[]) {
  const flat = tallies.flat();
  return {
    precisionAtBudget: precisionOf(flat),
    recallAtBudget: recallOf(flat),
    // Node-days are those of the seed, however many codes it is scored in.
    falsePer1000NodeDays: falseOf(mergeNodeDays(tallies)),
    interval95: {
      precisionAtBudget: interval(tallies, (drawn) => precisionOf(drawn.flat())),
      recallAtBudget: interval(tallies, (drawn) => recallOf(drawn.flat())),
      falsePer1000NodeDays: interval(tallies, (drawn) => falseOf(mergeNodeDays(drawn))),
    },
  };
}

/** Only the first tally of a seed counts its node-days. */
function mergeNodeDays(tallies: readonly (readonly Tally[])[]): Tally[] {
  return tallies.flatMap((seed) =>
    seed.map((tally, index) => (index === 0 ? tally : { ...tally, nodeDays: 0 })),
  );
}

/** Bootstrap over seeds; null when some resample has no value. */
function interval<T>(
  seeds: readonly T[],
  figure: (drawn: readonly T[]) => number | null,
): [number, number] | null {
  const random = seededRandom(1);
  const values: number[] = [];
  for (let round = 0; round < RESAMPLES; round++) {
    const value = figure(seeds.map(() => seeds[Math.floor(random() * seeds.length)] as T));
    if (value === null) return null;
    values.push(value);
  }
  return [percentile(values, 2.5), percentile(values, 97.5)];
}

/** Everything that is reported of one group, over its seeds. */
export function report(tallies: readonly Tally[]) {
  const found = tallies.flatMap((tally) => tally.found);
  const sizes = tallies.flatMap((tally) => tally.sizes);
  const middle = percentile(sizes, 50);
  const share = (isIn: (size: number) => boolean) =>
    ratio(found.filter(({ size }) => isIn(size)).length, sizes.filter(isIn).length);
  const spread = (values: readonly number[]) =>
    values.length === 0
      ? null
      : { p50: round(percentile(values, 50), 1), p90: round(percentile(values, 90), 1) };
  return {
    ...headline(tallies.map((tally) => [tally])),
    alerts: sum(tallies.map(({ alerts }) => alerts)),
    episodes: sizes.length,
    hoursToDetect: spread(found.map(({ hours }) => hours)),
    shiftsToDetect: spread(found.map(({ shifts }) => shifts)),
    receiptsToDetect: spread(found.map(({ receipts }) => receipts)),
    amountWhenDetected: spread(found.map(({ amount }) => amount)),
    recallBySize: {
      upTo: middle,
      small: share((x) => x <= middle),
      large: share((x) => x > middle),
    },
  };
}
