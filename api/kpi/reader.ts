/**
 * Reads KPIs from ClickHouse for whoever asks: the routes and the live topic.
 *
 *   60 KPIs ─▶ 3 families (sums, durations, levels) ─▶ batches of 16 ─▶ a query each, 2 at once
 *
 * A definition that fails, or takes too long, hides no other: its batch is asked again one by one. When
 * all fail it is ClickHouse that does not answer, and the reading rejects.
 */
import type { ClickHouseClient } from '@clickhouse/client';
import type { KpiReading } from '../../contracts/kpi.ts';
import type { KpiDefinition, KpiDimension, KpiKind } from '../../platform/clickhouse/kpis.ts';
import type { KpiLimits } from '../limits.ts';
import { Gate, GateFull } from './gate.ts';
import { queryKpis, type KpiPoint, type KpiWindow } from './query.ts';
import { failedReading, readingOf } from './reading.ts';
import { periodsOf } from './periods.ts';
import type { ReadWindow } from './windows.ts';

export type KpiFilter = Partial<Record<KpiDimension, string>>;

type Points = Map<string, KpiPoint[] | Error>;

const FAMILIES: readonly (readonly KpiKind[])[] = [
  ['ratio', 'amount'],
  ['duration'],
  ['level', 'level_ratio'],
];

export class KpiReader {
  readonly #client: ClickHouseClient;
  readonly #limits: KpiLimits;
  readonly #gate: Gate;

  constructor({ client, limits }: { client: ClickHouseClient; limits: KpiLimits }) {
    this.#client = client;
    this.#limits = limits;
    this.#gate = new Gate(limits);
  }

  /** Reads of each KPI its value, the period before and the course. */
  async readings(
    kpis: readonly KpiDefinition[],
    window: ReadWindow,
    where: KpiFilter,
  ): Promise<Map<string, KpiReading>> {
    const { fromMs, previousFromMs, rollup, stepMs, toMs } = window;
    const both = { fromMs: previousFromMs, toMs, rollup, where };
    // The periods follow from the steps, where steps add up to them: percentiles never do.
    const inStep = (fromMs - previousFromMs) % stepMs === 0;
    const apart = kpis.filter(({ kind }) => kind === 'duration' || !inStep);
    const [steps, periods] = await Promise.all([
      this.points(kpis, inStep ? { ...both, stepMs } : { ...both, fromMs, stepMs }),
      this.points(apart, { ...both, stepMs: fromMs - previousFromMs }),
    ]);
    return new Map(
      kpis.map((kpi) => {
        const course = steps.get(kpi.id) ?? [];
        const own = apart.includes(kpi) ? (periods.get(kpi.id) ?? []) : course;
        if (own instanceof Error) return [kpi.id, failedReading(own.message)];
        if (course instanceof Error) return [kpi.id, failedReading(course.message)];
        return [kpi.id, readingOf(kpi, periodsOf(kpi, own, window), course, window)];
      }),
    );
  }

  /** The points of each KPI, or why it has none. Rejects when none could be read. */
  async points(kpis: readonly KpiDefinition[], window: KpiWindow): Promise<Points> {
    const batches = FAMILIES.map((kinds) =>
      kpis.filter(({ kind }) => kinds.includes(kind)),
    ).flatMap((family) => batchesOf(family, this.#limits.batch));
    const answers = await Promise.all(batches.map((batch) => this.#batch(batch, window)));
    const all: Points = new Map(answers.flatMap((answer) => [...answer]));
    const values = [...all.values()];
    const [first] = values;
    if (first instanceof Error && values.every((value) => value instanceof Error)) throw first;
    return all;
  }

  async #batch(kpis: readonly KpiDefinition[], window: KpiWindow): Promise<Points> {
    try {
      return await this.#gate.run(() => queryKpis(this.#client, kpis, window));
    } catch (error) {
      if (error instanceof GateFull) throw error;
      const [alone] = kpis;
      if (kpis.length === 1 && alone !== undefined) return new Map([[alone.id, asError(error)]]);
      const apart = await Promise.all(kpis.map((kpi) => this.#batch([kpi], window)));
      return new Map(apart.flatMap((answer) => [...answer]));
    }
  }
}

function batchesOf<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));
