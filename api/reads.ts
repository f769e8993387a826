/**
 * What the operational views (orders, suppliers, floor, returns) read from ClickHouse: bounded in how many
 * queries run at once, and shared by all who ask the same within a moment, so that a team that looks at one
 * page costs as much as one person does.
 */
import type { ClickHouseClient } from '@clickhouse/client';
import type { SteppedWindow } from '../contracts/answer.ts';
import type { KpiWindowName } from '../contracts/kpi.ts';
import { queryRows } from './clickhouse/query.ts';
import { clockView } from './kpi/catalogue.ts';
import type { KpiClock } from './kpi/clock.ts';
import { Gate } from './kpi/gate.ts';
import { iso } from './kpi/reading.ts';
import { SharedAnswers } from './kpi/shared.ts';
import { namedWindow, type ReadWindow } from './kpi/windows.ts';
import type { ReadLimits } from './limits.ts';

/** Runs a query with `{name:Type}` parameters and answers its rows. */
export type Rows = <Row>(query: string, params: object) => Promise<Row[]>;

export interface ReadsOptions {
  readonly client: ClickHouseClient;
  /** Event time of the processors. */
  readonly clock: () => KpiClock;
  readonly limits: ReadLimits;
  /** Wall time, for how long an answer is shared. */
  readonly nowMs: () => number;
}

export class Reads {
  readonly limits: ReadLimits;
  readonly #options: ReadsOptions;
  readonly #gate: Gate;
  readonly #answers: SharedAnswers<unknown>;

  constructor(options: ReadsOptions) {
    this.limits = options.limits;
    this.#options = options;
    this.#gate = new Gate(options.limits);
    this.#answers = new SharedAnswers(options.limits, options.nowMs);
  }

  readonly rows: Rows = (query, params) =>
    this.#gate.run(() => queryRows(this.#options.client, query, { ...params }));

  clock(): KpiClock {
    return this.#options.clock();
  }

  /** The answer of `compute`, which all get who ask with an equal key meanwhile. */
  shared<T>(key: readonly unknown[], compute: () => Promise<T>): Promise<T> {
    return this.#answers.get(JSON.stringify(key), compute) as Promise<T>;
  }
}

/** The window of this name that ends now, as the KPIs have it, with the head of an answer about it. */
export function windowNow(clock: KpiClock, name: KpiWindowName) {
  const window = namedWindow(name, clock.nowMs);
  return { window, head: { ...clockView(clock), window: steppedView(window) } };
}

function steppedView({ fromMs, name, stepMs, toMs }: ReadWindow): SteppedWindow {
  const count = Math.ceil((toMs - fromMs) / stepMs);
  return {
    ...{ name, from: iso(fromMs), to: iso(toMs), step_s: stepMs / 1000 },
    steps: Array.from({ length: count }, (_, i) => iso(fromMs + i * stepMs)),
  };
}
