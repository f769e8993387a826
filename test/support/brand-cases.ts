/**
 * The cases of a simulated brand: its events through the door's contract and every processor, with what is
 * found entering the LOG right behind the event that showed it, as it does in the runtime.
 *
 *   brand with injected incidents ─▶ events ─▶ reducers ─▶ findings ─▶ LOG ─▶ cases
 *                              └─▶ labels
 */
import type { CaseRecord, CaseSignal } from '../../contracts/case-record.ts';
import { createBrand, createState, openingEvents } from '../../simulator/brand.ts';
import { DAY, HOUR } from '../../simulator/calendar.ts';
import type { Label } from '../../simulator/incidents/label.ts';
import type { SimEvent } from '../../simulator/world.ts';
import { admitted } from './given.ts';
import { ReducerBench } from './reducers.ts';

/** A Monday. */
const OPENED_AT = Date.parse('2026-03-02T00:00:00Z');

const HEARTBEAT = 'stocktide.feed.heartbeat.v1';

export interface Lived {
  readonly bench: ReducerBench;
  readonly labels: readonly Label[];
  /** End of the simulated time. */
  readonly endMs: number;
  /** Every step of every case so far, in the order of the audit trail. */
  steps(): CaseSignal[];
  /** What has become of each case by now, by id. */
  cases(): Map<string, CaseRecord>;
}

export interface Life {
  readonly seed: number;
  readonly days: number;
  /** Names of kinds (simulator/incidents). */
  readonly incidents: readonly string[];
  readonly gapDays: number;
  /** Days without any at first. */
  readonly fromDay?: number;
  readonly ordersPerDay?: number;
  readonly skuCount?: number;
  /** All when absent. */
  readonly processors?: readonly string[];
  /** False leaves out what sources say only to be heard: half of the events of a small brand. */
  readonly heartbeats?: boolean;
}

export function live({ days, gapDays, heartbeats = true, incidents, seed, ...more }: Life): Lived {
  const { fromDay = 0, ordersPerDay = 120, processors, skuCount = 100 } = more;
  const brand = createBrand(
    createState({
      ...{ run: `c${seed}`, seed, openedAtMs: OPENED_AT, ordersPerDay, skuCount },
      ...{ incidents, incidentGapDays: gapDays, incidentsFromDay: fromDay },
    }),
  );
  const bench = new ReducerBench(processors);
  const take = (events: readonly SimEvent[]) => {
    for (const event of events) {
      if (!heartbeats && event.type === HEARTBEAT) continue;
      bench.feed(...admitted(event, bench.nowMs)).settle();
    }
  };
  take(openingEvents(brand.state()));
  const labels: Label[] = [];
  for (let atMs = OPENED_AT + HOUR; atMs <= OPENED_AT + days * DAY; atMs += HOUR) {
    take(brand.advance(atMs));
    labels.push(...brand.takeLabels());
  }
  const steps = () => bench.signals.map(({ data }) => data as CaseSignal);
  const cases = () =>
    new Map(
      steps().flatMap(({ caseId, record }) => (record === null ? [] : [[caseId, record] as const])),
    );
  return { bench, labels, endMs: OPENED_AT + days * DAY, steps, cases };
}
