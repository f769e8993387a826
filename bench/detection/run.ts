/**
 * One simulated brand through the reducers, in this process: what was injected, what the rules raised and
 * when, and what a fixed threshold would have raised.
 */
import { createBrand, createState, openingEvents } from '../../simulator/brand.ts';
import { DAY, MINUTE } from '../../simulator/calendar.ts';
import { NODES } from '../../simulator/catalogue.ts';
import { kindsOf } from '../../simulator/incidents/inject.ts';
import type { Label } from '../../simulator/incidents/label.ts';
import type { SimEvent } from '../../simulator/world.ts';
import { admitted } from '../../test/support/given.ts';
import { ReducerBench } from '../../test/support/reducers.ts';
import { BEST, createBaseline, STRICT } from './baseline.ts';

export const CODES = [
  'SHRINKAGE_ANOMALY',
  'LOCATION_ERROR_REPEAT',
  'SUPPLIER_VARIANCE_TREND',
] as const;
export type Code = (typeof CODES)[number];
export const isCode = (code: string): code is Code => (CODES as readonly string[]).includes(code);

const START_MS = Date.parse('2026-03-02T00:00:00Z');
const STEP_MS = 10 * MINUTE;
/** After the measured days, so that what has begun within them comes to its label. */
const DRAIN_MS = 10 * DAY;
/** As many orders a SKU as the whole brand has, so that bins and receipts are as busy. */
const BRAND = { skuCount: 200, ordersPerDay: 200, incidentGapDays: 3 };

/** The first alert of an episode of an entity. */
export interface Alert {
  readonly code: Code;
  readonly entity: string;
  readonly atMs: number;
  /** Money at risk when it was raised. */
  readonly amount: number;
}

export interface Receipt {
  readonly supplier: string;
  readonly atMs: number;
}

export interface Run {
  readonly seed: number;
  readonly endMs: number;
  readonly days: number;
  readonly nodeDays: number;
  readonly events: number;
  readonly labels: readonly Label[];
  readonly alerts: readonly Alert[];
  /** What fixed thresholds raised: the best ones, and those that keep to the alert budget. */
  readonly best: readonly Alert[];
  readonly strict: readonly Alert[];
  readonly receipts: readonly Receipt[];
}

export interface RunOptions {
  readonly seed: number;
  readonly days: number;
  /** With the incidents and near misses of the three families; without them nothing is wrong. */
  readonly incidents: boolean;
}

export function run(options: RunOptions): Run {
  const { days, incidents, seed } = options;
  const endMs = START_MS + days * DAY;
  const brand = createBrand(
    createState({
      ...{ ...BRAND, run: `d${seed}`, seed, openedAtMs: START_MS },
      incidents: incidents ? kindsOf(CODES) : [],
    }),
  );
  const bench = new ReducerBench(['supply', 'floor', 'detect']);
  const best = createBaseline(BEST);
  const strict = createBaseline(STRICT);
  const alerts: Alert[] = [];
  const receipts = new Map<string, Receipt>();
  /** Findings that were raised and not cleared, by entity: a worsening is no second alert. */
  const open = new Map<string, Set<string>>();
  const read = { findings: 0, ended: 0 };
  let events = 0;

  function take(event: SimEvent): void {
    bench.feed(...admitted(event, bench.nowMs));
    events += 1;
    best.take(event, bench.nowMs);
    strict.take(event, bench.nowMs);
    noteReceipt(event, receipts);
    for (; read.ended < bench.ended.length; read.ended++) {
      const ended = bench.ended[read.ended];
      if (ended !== undefined) open.get(`${ended.code} ${ended.entity}`)?.delete(ended.findingId);
    }
    for (; read.findings < bench.findings.length; read.findings++) {
      const finding = bench.findings[read.findings];
      if (finding === undefined || !isCode(finding.code)) continue;
      const key = `${finding.code} ${finding.entity}`;
      const known = open.get(key) ?? new Set();
      if (known.size === 0) {
        const { amount = '0', code, entity } = finding;
        alerts.push({ code, entity, atMs: bench.nowMs, amount: Number(amount) });
      }
      open.set(key, known.add(finding.findingId));
    }
  }

  for (const event of openingEvents(brand.state())) take(event);
  while (brand.clockMs < endMs)
    for (const event of brand.advance(brand.clockMs + STEP_MS)) take(event);
  brand.advance(endMs + DRAIN_MS);
  return {
    ...{ seed, days, endMs, events, alerts, nodeDays: NODES.length * days },
    labels: brand.takeLabels().filter(({ start }) => Date.parse(start) < endMs),
    best: best.alerts,
    strict: strict.alerts,
    receipts: [...receipts.values()],
  };
}

function noteReceipt({ data, time, type }: SimEvent, receipts: Map<string, Receipt>): void {
  if (type !== 'stocktide.receipt.line.received.v1') return;
  const { receipt_id: id, supplier_id: supplier } = data as {
    receipt_id: string;
    supplier_id?: string;
  };
  if (supplier === undefined || receipts.has(id)) return;
  receipts.set(id, { supplier, atMs: Date.parse(time) });
}
