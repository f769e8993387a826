/**
 * The KPIs as the API answers them. Definitions come from sql/kpi at the start; numbers from ClickHouse,
 * computed once for all who ask the same within a second; the clock and the trust in them from what the
 * processors say of themselves.
 */
import type { KpiCatalogueView, KpiDetail, KpiSummary } from '../../contracts/kpi.ts';
import type { SystemView } from '../../contracts/live.ts';
import type { KpiDefinition, KpiDimension } from '../../platform/clickhouse/kpis.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import type { KpiLimits } from '../limits.ts';
import { kpiClock, type KpiClock } from './clock.ts';
import { define, describe } from './describe.ts';
import type { KpiPoint } from './query.ts';
import type { KpiFilter, KpiReader } from './reader.ts';
import { iso, measuredView, pointView, statusOf, wholeOf } from './reading.ts';
import { SharedAnswers } from './shared.ts';
import { feedsOf, trustOf, type Trust } from './trust.ts';
import { windowOf, type AskedWindow, type ReadWindow } from './windows.ts';

export interface KpiCatalogueOptions {
  readonly kpis: readonly KpiDefinition[];
  readonly reader: KpiReader;
  readonly system: () => SystemView;
  readonly limits: KpiLimits;
  readonly nowMs: () => number;
}

export interface KpiQuestion extends AskedWindow {
  readonly where: KpiFilter;
}

export class KpiCatalogue {
  readonly kpis: readonly KpiDefinition[];
  readonly #options: KpiCatalogueOptions;
  readonly #lists: SharedAnswers<KpiCatalogueView>;
  readonly #details: SharedAnswers<KpiDetail>;

  constructor(options: KpiCatalogueOptions) {
    this.#options = options;
    this.kpis = options.kpis;
    this.#lists = new SharedAnswers(options.limits, options.nowMs);
    this.#details = new SharedAnswers(options.limits, options.nowMs);
  }

  clock(): KpiClock {
    return kpiClock(this.#options.system(), this.#options.nowMs());
  }

  /** How sure a KPI, or another answer, is at an instant. */
  trust(nowMs: number): (kpi: Pick<KpiDefinition, 'needs'>) => Trust {
    const feeds = feedsOf(this.#options.system());
    return (kpi) => trustOf(kpi.needs, feeds, nowMs);
  }

  /** Every KPI over a window. Rejects with a ProblemError for a question that cannot be asked. */
  list(question: KpiQuestion): Promise<KpiCatalogueView> {
    const clock = this.clock();
    const window = windowOf(question, clock.nowMs, question.where.sku_id !== undefined);
    return this.#lists.get(JSON.stringify(question), () =>
      this.#list(window, clock, question.where),
    );
  }

  /** One KPI over a window, by step and by a dimension. Rejects like `list`. */
  detail(id: string, question: KpiQuestion, by: KpiDimension | null): Promise<KpiDetail> {
    const kpi = this.#known(id);
    const chosen = Object.keys(question.where) as KpiDimension[];
    for (const name of by === null ? chosen : [...chosen, by]) hasDimension(kpi, name, by === name);
    const clock = this.clock();
    const bySku = isRolledUp(kpi) && (by === 'sku_id' || question.where.sku_id !== undefined);
    const window = windowOf(question, clock.nowMs, bySku);
    return this.#details.get(JSON.stringify([id, question, by]), () =>
      this.#detail(kpi, { window, clock, where: question.where, by }),
    );
  }

  async #list(window: ReadWindow, clock: KpiClock, where: KpiFilter): Promise<KpiCatalogueView> {
    const chosen = Object.keys(where) as KpiDimension[];
    const fits = (kpi: KpiDefinition) => chosen.every((name) => kpi.dimensions.includes(name));
    const asked = this.kpis.filter(fits);
    const readings = await this.#options.reader.readings(asked, window, where);
    const trust = this.trust(clock.nowMs);
    return {
      ...clockView(clock),
      window: windowView(window),
      kpis: asked.flatMap((kpi): KpiSummary[] => {
        const reading = readings.get(kpi.id);
        return reading === undefined ? [] : [{ ...describe(kpi), ...reading, ...trust(kpi) }];
      }),
      left_out: this.kpis.filter((kpi) => !fits(kpi)).map((kpi) => kpi.id),
    };
  }

  async #detail(
    kpi: KpiDefinition,
    asked: { window: ReadWindow; clock: KpiClock; where: KpiFilter; by: KpiDimension | null },
  ): Promise<KpiDetail> {
    const { by, clock, where, window } = asked;
    const { fromMs, rollup, stepMs, toMs } = window;
    const read = { fromMs, toMs, rollup, where };
    const [total, series, groups] = await Promise.all([
      this.#points(kpi, read),
      this.#points(kpi, { ...read, stepMs }),
      by === null ? [] : this.#points(kpi, { ...read, by }),
    ]);
    const whole = wholeOf(total);
    const most = this.#options.limits.groups;
    return {
      ...describe(kpi),
      ...clockView(clock),
      window: { name: window.name, from: iso(fromMs), to: iso(toMs), step_s: stepMs / 1000 },
      ...whole,
      status: statusOf(kpi, whole.value),
      ...this.trust(clock.nowMs)(kpi),
      series: series.map(pointView),
      by,
      groups: largestFirst(groups)
        .slice(0, most)
        .map((point) => ({ key: point.key, ...measuredView(point) })),
      groups_left_out: Math.max(0, groups.length - most),
      ...define(kpi),
    };
  }

  async #points(
    kpi: KpiDefinition,
    window: Parameters<KpiReader['points']>[1],
  ): Promise<readonly KpiPoint[]> {
    const points = (await this.#options.reader.points([kpi], window)).get(kpi.id) ?? [];
    if (points instanceof Error) throw points;
    return points;
  }

  #known(id: string): KpiDefinition {
    const kpi = this.kpis.find((known) => known.id.toLowerCase() === id.toLowerCase());
    if (kpi !== undefined) return kpi;
    throw new ProblemError({
      status: 404,
      kind: 'unknown-kpi',
      title: 'Unknown KPI',
      detail: 'No KPI has this id; /v1/kpi lists them',
      field: 'id',
      value: id,
      allowed: `one of ${this.kpis.map((known) => known.id).join(', ')}`,
    });
  }
}

export const clockView = ({ clock, nowMs }: KpiClock) => ({ now: iso(nowMs), clock });

export function windowView(window: ReadWindow): KpiCatalogueView['window'] {
  const { fromMs, name, previousFromMs, stepMs, toMs } = window;
  return {
    name,
    from: iso(fromMs),
    to: iso(toMs),
    previous_from: iso(previousFromMs),
    step_s: stepMs / 1000,
  };
}

const isRolledUp = ({ kind }: KpiDefinition) => kind === 'ratio' || kind === 'amount';

function hasDimension(kpi: KpiDefinition, name: KpiDimension, isCut: boolean): void {
  if (kpi.dimensions.includes(name)) return;
  const has = kpi.dimensions.length === 0 ? 'none' : kpi.dimensions.join(', ');
  throw new ProblemError({
    status: 400,
    kind: 'no-such-dimension',
    title: 'The KPI does not have this dimension',
    detail: `${kpi.id} (${kpi.name}) is not recorded by ${name}`,
    ...(isCut ? { field: 'by', value: name } : { field: name }),
    allowed: `dimensions of ${kpi.id}: ${has}`,
  });
}

/** By weight: what it is measured over, else how many were measured, else the value. */
function largestFirst(groups: readonly KpiPoint[]): KpiPoint[] {
  const weight = ({ den, spread, value }: KpiPoint) => Math.abs(den ?? spread?.count ?? value ?? 0);
  return [...groups].sort((a, b) => weight(b) - weight(a) || (a.key < b.key ? -1 : 1));
}
