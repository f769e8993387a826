/**
 * Asks ClickHouse for a KPI: its definition (sql/kpi), a window, and how to cut it up. Every number that
 * leaves here has the numerator and the denominator that it comes from; a ratio over nothing is null.
 *
 * `measures` is the rollup by minute for windows of up to MINUTE_WINDOW_MS that do not ask for SKUs, and
 * the one by day otherwise (then the window is widened to whole days, UTC).
 */
import type { ClickHouseClient } from '@clickhouse/client';
import type { KpiDefinition, KpiDimension } from '../../platform/clickhouse/kpis.ts';
import { queryRows } from '../clickhouse/query.ts';

export interface KpiWindow {
  /** First instant (ms since 1970) and the first one after it. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Length of the points of the series (ms); one point over all when absent. */
  readonly stepMs?: number;
  /** Dimension to cut by; all in one when absent. */
  readonly by?: KpiDimension;
  /** Only rows with these values. */
  readonly where?: Partial<Record<KpiDimension, string>>;
}

/** One value over one stretch of time. */
export interface KpiPoint {
  readonly fromMs: number;
  readonly toMs: number;
  /** Value of the dimension it is cut by; '' when it is not. */
  readonly key: string;
  /** As all that is known by now has it; null when there is nothing to measure. */
  readonly value: number | null;
  readonly num: number | null;
  readonly den: number | null;
  /** As it was known when the stretch ended. */
  readonly knownValue: number | null;
  /** Of a duration: hours, and how many were measured. */
  readonly spread: Spread | null;
}

export interface Spread {
  readonly count: number;
  readonly mean: number;
  readonly stddev: number | null;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
}

const DAY_MS = 86_400_000;
/** Longest window that is read by the minute. */
const MINUTE_WINDOW_MS = 8 * DAY_MS;

const MEASURES_MINUTE = `
  WITH measures AS (
    SELECT measure, at, known_at, node_id, channel_id, sla_class, dim, '' AS sku_id, value
    FROM measures_minute WHERE at >= {from:DateTime64(3)} AND at < {to:DateTime64(3)}
  )`;
const MEASURES_DAY = `
  WITH measures AS (
    SELECT measure, at, known_at, node_id, channel_id, sla_class, dim, sku_id, value
    FROM measures_day WHERE at >= {from:DateTime64(3)} AND at < {to:DateTime64(3)}
  )`;

/** Start of the stretch that `at` falls into; what was before the window is counted to its first one. */
const STRETCH = `intDiv(greatest(toUnixTimestamp64Milli(toDateTime64(at, 3)), {fromMs:Int64}) - {fromMs:Int64}, {stepMs:Int64})`;
const CHOSEN = `
  ({node:String} = '' OR node_id = {node:String})
  AND ({channel:String} = '' OR channel_id = {channel:String})
  AND ({sla:String} = '' OR sla_class = {sla:String})
  AND ({dim:String} = '' OR dim = {dim:String})
  AND ({sku:String} = '' OR sku_id = {sku:String})`;
const IN_WINDOW = `at >= {from:DateTime64(3)} AND at < {to:DateTime64(3)} AND ${CHOSEN}`;
/** When the stretch of a row ends: what was known by then. */
const STRETCH_END = `fromUnixTimestamp64Milli({fromMs:Int64} + (${STRETCH} + 1) * {stepMs:Int64})`;

/** The points of a KPI over a window, by time and key; stretches without rows are left out. */
export async function queryKpi(
  client: ClickHouseClient,
  kpi: KpiDefinition,
  window: KpiWindow,
): Promise<KpiPoint[]> {
  const cut = cutOf(kpi, window);
  switch (kpi.kind) {
    case 'ratio':
    case 'amount':
      return sums(client, kpi, cut);
    case 'duration':
      return spreads(client, kpi, cut);
    case 'level':
    case 'level_ratio':
      return levels(client, kpi, cut);
    default:
      return kpi.kind satisfies never;
  }
}

interface Cut {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  readonly byDay: boolean;
  readonly key: string;
  readonly params: Record<string, unknown>;
}

function cutOf(kpi: KpiDefinition, window: KpiWindow): Cut {
  const { by, where = {} } = window;
  const bySku = by === 'sku_id' || where.sku_id !== undefined;
  const rolledUp = kpi.kind === 'ratio' || kpi.kind === 'amount';
  const byDay = rolledUp && (bySku || window.toMs - window.fromMs > MINUTE_WINDOW_MS);
  const fromMs = byDay ? Math.floor(window.fromMs / DAY_MS) * DAY_MS : window.fromMs;
  const toMs = byDay ? Math.ceil(window.toMs / DAY_MS) * DAY_MS : window.toMs;
  const wantedStep = window.stepMs ?? toMs - fromMs;
  const stepMs = byDay ? Math.max(DAY_MS, Math.round(wantedStep / DAY_MS) * DAY_MS) : wantedStep;
  return {
    ...{ fromMs, toMs, stepMs, byDay },
    key: by === undefined ? "''" : '{by:Identifier}',
    params: {
      fromMs,
      stepMs,
      from: fromMs / 1_000,
      to: toMs / 1_000,
      node: where.node_id ?? '',
      channel: where.channel_id ?? '',
      sla: where.sla_class ?? '',
      dim: where.dim ?? '',
      sku: where.sku_id ?? '',
      ...(by === undefined ? {} : { by }),
    },
  };
}

const stretchOf = ({ fromMs, stepMs, toMs }: Cut, index: number) => ({
  fromMs: fromMs + index * stepMs,
  toMs: Math.min(toMs, fromMs + (index + 1) * stepMs),
});

async function sums(client: ClickHouseClient, kpi: KpiDefinition, cut: Cut): Promise<KpiPoint[]> {
  const isRatio = kpi.kind === 'ratio';
  const den = isRatio ? 'den' : '0';
  const rows = await queryRows<{
    i: number;
    k: string;
    n: number;
    d: number;
    kn: number;
    kd: number;
  }>(
    client,
    `${cut.byDay ? MEASURES_DAY : MEASURES_MINUTE}
     SELECT ${STRETCH} AS i, ${cut.key} AS k,
       toFloat64(sum(num)) AS n, toFloat64(sum(${den})) AS d,
       toFloat64(sumIf(num, known_at < ${STRETCH_END})) AS kn,
       toFloat64(sumIf(${den}, known_at < ${STRETCH_END})) AS kd
     FROM (${kpi.sql})
     WHERE ${IN_WINDOW}
     GROUP BY i, k ORDER BY i, k`,
    cut.params,
  );
  return rows.map(({ d, i, k, kd, kn, n }) => ({
    ...stretchOf(cut, i),
    key: k,
    value: isRatio ? ratio(n, d) : n,
    num: n,
    den: isRatio ? d : null,
    knownValue: isRatio ? ratio(kn, kd) : kn,
    spread: null,
  }));
}

interface SpreadRow extends Omit<Spread, 'stddev'> {
  readonly i: number;
  readonly k: string;
  readonly squares: number;
  readonly knownP50: number | null;
}

async function spreads(
  client: ClickHouseClient,
  kpi: KpiDefinition,
  cut: Cut,
): Promise<KpiPoint[]> {
  const rows = await queryRows<SpreadRow>(
    client,
    `SELECT i, k,
       toInt64(sum(c)) AS count,
       sum(hours * c) / count AS mean,
       sum(hours * hours * c) AS squares,
       arrayElement(quantilesExactWeighted(0.5, 0.9, 0.95)(hours, toUInt64(c)) AS q, 1) AS p50,
       arrayElement(q, 2) AS p90,
       arrayElement(q, 3) AS p95,
       if(sum(kc) > 0, quantileExactWeighted(0.5)(hours, toUInt64(greatest(kc, 0))), NULL) AS knownP50
     FROM (
       SELECT ${STRETCH} AS i, ${cut.key} AS k, hours, sum(sign) AS c,
         sumIf(sign, known_at < ${STRETCH_END}) AS kc
       FROM (${kpi.sql})
       WHERE ${IN_WINDOW}
       GROUP BY i, k, hours HAVING c > 0
     )
     GROUP BY i, k ORDER BY i, k`,
    cut.params,
  );
  return rows.map(({ count, i, k, knownP50, mean, p50, p90, p95, squares }) => ({
    ...stretchOf(cut, i),
    key: k,
    value: p50,
    num: null,
    den: null,
    knownValue: knownP50,
    spread: {
      ...{ count, mean, p50, p90, p95 },
      stddev:
        count > 1 ? Math.sqrt(Math.max(0, squares - count * mean * mean) / (count - 1)) : null,
    },
  }));
}

/** Changes of the levels by stretch, those before the window in a stretch of their own (-1). */
async function levels(client: ClickHouseClient, kpi: KpiDefinition, cut: Cut): Promise<KpiPoint[]> {
  const isRatio = kpi.kind === 'level_ratio';
  const [num, den] = isRatio ? ['num', 'den'] : ['value', '0'];
  const changes = await queryRows<LevelChange>(
    client,
    `SELECT if(at < {from:DateTime64(3)}, -1, ${STRETCH}) AS i, ${cut.key} AS k,
       toFloat64(sum(${num})) AS n, toFloat64(sum(${den})) AS d,
       sum(toFloat64(${num}) * t) AS nt, sum(toFloat64(${den}) * t) AS dt
     FROM (SELECT *, toUnixTimestamp64Milli(toDateTime64(at, 3)) / 3600000 AS t FROM (${kpi.sql}))
     WHERE at < {to:DateTime64(3)} AND ${CHOSEN}
     GROUP BY i, k ORDER BY k, i`,
    cut.params,
  );
  return [...groupByKey(changes)]
    .flatMap(([key, own]) => levelPoints(key, own, cut, isRatio))
    .sort((a, b) => a.fromMs - b.fromMs || (a.key < b.key ? -1 : 1));
}

interface LevelChange {
  readonly i: number;
  readonly k: string;
  /** Change of the level, and change times the hour at which it happened, of numerator and denominator. */
  readonly n: number;
  readonly d: number;
  readonly nt: number;
  readonly dt: number;
}

function groupByKey(changes: readonly LevelChange[]): Map<string, LevelChange[]> {
  const groups = new Map<string, LevelChange[]>();
  for (const change of changes) {
    const group = groups.get(change.k);
    if (group === undefined) groups.set(change.k, [change]);
    else group.push(change);
  }
  return groups;
}

/**
 * The level at the end of each stretch; or the integrals over it: what happened at hour t with change v
 * adds v × (end − t), and what stood before adds its level × length.
 */
function levelPoints(
  key: string,
  changes: readonly LevelChange[],
  cut: Cut,
  isRatio: boolean,
): KpiPoint[] {
  const byStretch = new Map(changes.map((change) => [change.i, change]));
  const before = byStretch.get(-1);
  let level = { n: before?.n ?? 0, d: before?.d ?? 0 };
  const points: KpiPoint[] = [];
  const count = Math.ceil((cut.toMs - cut.fromMs) / cut.stepMs);
  for (let index = 0; index < count; index++) {
    const stretch = stretchOf(cut, index);
    const change = byStretch.get(index);
    const hours = (stretch.toMs - stretch.fromMs) / 3_600_000;
    const end = stretch.toMs / 3_600_000;
    const num = level.n * hours + (change === undefined ? 0 : change.n * end - change.nt);
    const den = level.d * hours + (change === undefined ? 0 : change.d * end - change.dt);
    level = { n: level.n + (change?.n ?? 0), d: level.d + (change?.d ?? 0) };
    points.push({
      ...stretch,
      key,
      value: isRatio ? ratio(num, den) : level.n,
      num: isRatio ? num : level.n,
      den: isRatio ? den : null,
      knownValue: null,
      spread: null,
    });
  }
  return points;
}

const ratio = (num: number, den: number) => (den === 0 ? null : num / den);
