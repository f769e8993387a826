/**
 * Asks ClickHouse for a KPI: its definition (sql/kpi), a window, and how to cut it up. Every number that
 * leaves here has the numerator and the denominator that it comes from; a ratio over nothing is null.
 *
 * `measures` is the rollup by minute for windows of up to MINUTE_WINDOW_MS that do not ask for SKUs.
 * Otherwise it is the one by day: the window begins with a whole day (UTC), and its last day is read by
 * the minute, so that nothing counts that is due later today. By SKU there are only whole days.
 *
 * Several KPIs of one kind are one query: what a small query costs is mostly its being a query.
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
  /** Which rollup to read; by the length of the window when absent. */
  readonly rollup?: 'minute' | 'day';
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

export const DAY_MS = 86_400_000;
/** Longest window that is read by the minute. */
const MINUTE_WINDOW_MS = 8 * DAY_MS;

const MEASURES_MINUTE = `
  WITH measures AS (
    SELECT measure, at, known_at, node_id, channel_id, sla_class, dim, '' AS sku_id, value
    FROM measures_minute WHERE at >= {from:DateTime64(3, 'UTC')} AND at < {to:DateTime64(3, 'UTC')}
  )`;
const MEASURES_DAY = `
  WITH measures AS (
    SELECT measure, at, known_at, node_id, channel_id, sla_class, dim, sku_id, value
    FROM measures_day WHERE at >= {from:DateTime64(3, 'UTC')} AND at < {wholeDaysTo:DateTime64(3, 'UTC')}
    UNION ALL
    SELECT measure, at, known_at, node_id, channel_id, sla_class, dim, '' AS sku_id, value
    FROM measures_minute WHERE at >= {wholeDaysTo:DateTime64(3, 'UTC')} AND at < {to:DateTime64(3, 'UTC')}
  )`;

/** Start of the stretch that `at` falls into; what was before the window is counted to its first one. */
const STRETCH = `intDiv(greatest(toUnixTimestamp64Milli(toDateTime64(at, 3)), {fromMs:Int64}) - {fromMs:Int64}, {stepMs:Int64})`;
const chosen = (dims: string) => `
  ({node:String} = '' OR node_id = {node:String})
  AND ({channel:String} = '' OR channel_id = {channel:String})
  AND ({sla:String} = '' OR sla_class = {sla:String})
  AND ({dim:String} = '' OR dim IN (${dims}))
  AND ({sku:String} = '' OR sku_id = {sku:String})`;
const CHOSEN = chosen('{dim:String}');
/** The same, with the undivided denominator, which has no `dim`. */
const CHOSEN_AND_WHOLE = chosen("{dim:String}, ''");
const WITHIN = "at >= {from:DateTime64(3, 'UTC')} AND at < {to:DateTime64(3, 'UTC')}";
/** When the stretch of a row ends: what was known by then. */
const STRETCH_END = `fromUnixTimestamp64Milli({fromMs:Int64} + (${STRETCH} + 1) * {stepMs:Int64})`;

/** The points of a KPI over a window, by time and key; stretches without rows are left out. */
export async function queryKpi(
  client: ClickHouseClient,
  kpi: KpiDefinition,
  window: KpiWindow,
): Promise<KpiPoint[]> {
  return (await queryKpis(client, [kpi], window)).get(kpi.id) ?? [];
}

/** The points of several KPIs of one kind over one window, each as {@link queryKpi} has them. */
export async function queryKpis(
  client: ClickHouseClient,
  kpis: readonly KpiDefinition[],
  window: KpiWindow,
): Promise<Map<string, KpiPoint[]>> {
  const [first] = kpis;
  if (first === undefined) return new Map();
  const cut = cutOf(first, window);
  switch (first.kind) {
    case 'ratio':
    case 'amount':
      return sums(client, kpis, cut);
    case 'duration':
      return spreads(client, kpis, cut);
    case 'level':
    case 'level_ratio':
      return levels(client, kpis, cut);
    default:
      return first.kind satisfies never;
  }
}

export interface Cut {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  readonly byDay: boolean;
  readonly key: string;
  readonly params: Record<string, unknown>;
}

/** How a window is read: from where to where, and in which steps, once days must be whole. */
export function cutOf(kpi: Pick<KpiDefinition, 'kind'>, window: KpiWindow): Cut {
  const { by, where = {} } = window;
  const bySku = by === 'sku_id' || where.sku_id !== undefined;
  const rolledUp = kpi.kind === 'ratio' || kpi.kind === 'amount';
  const byDay = rolledUp && (bySku || (window.rollup ?? rollupOf(window)) === 'day');
  const fromMs = byDay ? startOfDay(window.fromMs) : window.fromMs;
  const toMs = byDay && bySku ? startOfDay(window.toMs + DAY_MS - 1) : window.toMs;
  const wantedStep = window.stepMs ?? toMs - fromMs;
  const stepMs = byDay ? Math.max(DAY_MS, Math.ceil(wantedStep / DAY_MS) * DAY_MS) : wantedStep;
  return {
    ...{ fromMs, toMs, stepMs, byDay },
    key: by === undefined ? "''" : '{by:Identifier}',
    params: {
      fromMs,
      stepMs,
      from: utc(fromMs),
      to: utc(toMs),
      wholeDaysTo: utc(Math.max(fromMs, startOfDay(toMs))),
      node: where.node_id ?? '',
      channel: where.channel_id ?? '',
      sla: where.sla_class ?? '',
      dim: where.dim ?? '',
      sku: where.sku_id ?? '',
      ...(by === undefined ? {} : { by }),
    },
  };
}

/** An instant as ClickHouse reads it: 2025-03-01 10:15:00.000. */
export const utc = (ms: number) => new Date(ms).toISOString().slice(0, 23).replace('T', ' ');

/** The rollup that a window is read from. */
export const rollupOf = ({ fromMs, toMs }: Pick<KpiWindow, 'fromMs' | 'toMs'>) =>
  toMs - fromMs > MINUTE_WINDOW_MS ? 'day' : 'minute';

export const startOfDay = (ms: number) => Math.floor(ms / DAY_MS) * DAY_MS;

/** One query over all of them; `select` is that of one, and yields its id first. */
const unionOf = (kpis: readonly KpiDefinition[], select: (kpi: KpiDefinition) => string) =>
  kpis.map((kpi) => `SELECT * FROM (${select(kpi)})`).join('\nUNION ALL\n');

/** Rows by their KPI, those without rows included. */
function byId<Row extends { id: string }>(
  kpis: readonly KpiDefinition[],
  rows: readonly Row[],
): Map<KpiDefinition, Row[]> {
  const groups = new Map(kpis.map((kpi) => [kpi.id, { kpi, rows: [] as Row[] }]));
  for (const row of rows) groups.get(row.id)?.rows.push(row);
  return new Map([...groups.values()].map(({ kpi, rows: own }) => [kpi, own]));
}

/** The points of each KPI, made from its rows, by time and key. */
function pointsOf<Row extends { id: string }>(
  kpis: readonly KpiDefinition[],
  rows: readonly Row[],
  make: (rows: readonly Row[], kpi: KpiDefinition) => KpiPoint[],
): Map<string, KpiPoint[]> {
  const inOrder = (a: KpiPoint, b: KpiPoint) => a.fromMs - b.fromMs || (a.key < b.key ? -1 : 1);
  return new Map([...byId(kpis, rows)].map(([kpi, own]) => [kpi.id, make(own, kpi).sort(inOrder)]));
}

const stretchOf = ({ fromMs, stepMs, toMs }: Cut, index: number) => ({
  fromMs: fromMs + index * stepMs,
  toMs: Math.min(toMs, fromMs + (index + 1) * stepMs),
});

async function sums(
  client: ClickHouseClient,
  kpis: readonly KpiDefinition[],
  cut: Cut,
): Promise<Map<string, KpiPoint[]>> {
  const denOf = (kpi: KpiDefinition) => (kpi.kind === 'ratio' ? 'den' : '0');
  const rows = await queryRows<SumRow>(
    client,
    unionOf(
      kpis,
      (kpi) => `${cut.byDay ? MEASURES_DAY : MEASURES_MINUTE}
     SELECT '${kpi.id}' AS id, ${STRETCH} AS i, ${cut.key} AS k,
       toFloat64(sum(num)) AS n, toFloat64(sum(${denOf(kpi)})) AS d,
       toFloat64(sumIf(num, known_at < ${STRETCH_END})) AS kn,
       toFloat64(sumIf(${denOf(kpi)}, known_at < ${STRETCH_END})) AS kd
     FROM (${kpi.sql})
     WHERE ${WITHIN} AND ${kpi.isUndivided ? CHOSEN_AND_WHOLE : CHOSEN}
     GROUP BY i, k`,
    ),
    cut.params,
  );
  return pointsOf(kpis, rows, (own, { isUndivided, kind }) =>
    (isUndivided && cut.params['by'] === 'dim' ? againstTheWhole(own) : own).map(
      ({ d, i, k, kd, kn, n }) => ({
        ...stretchOf(cut, i),
        key: k,
        value: kind === 'ratio' ? ratio(n, d) : n,
        num: n,
        den: kind === 'ratio' ? d : null,
        knownValue: kind === 'ratio' ? ratio(kn, kd) : kn,
        spread: null,
      }),
    ),
  );
}

/** Each part held against the denominator of its stretch; what has no part is only a denominator. */
function againstTheWhole(rows: readonly SumRow[]): SumRow[] {
  const wholes = new Map<number, { d: number; kd: number }>();
  for (const { d, i, kd } of rows) {
    const whole = wholes.get(i) ?? { d: 0, kd: 0 };
    wholes.set(i, { d: whole.d + d, kd: whole.kd + kd });
  }
  return rows
    .filter(({ k, kn, n }) => k !== '' || n !== 0 || kn !== 0)
    .map((row) => ({ ...row, ...wholes.get(row.i) }));
}

interface SumRow {
  readonly id: string;
  readonly i: number;
  readonly k: string;
  /** Numerator and denominator, and the same as known when the stretch ended. */
  readonly n: number;
  readonly d: number;
  readonly kn: number;
  readonly kd: number;
}

/** Counts are 0, and the figures null, where all that was known has been taken back. */
interface SpreadRow extends Omit<Spread, 'stddev'> {
  readonly id: string;
  readonly i: number;
  readonly k: string;
  readonly squares: number;
  readonly knownP50: number | null;
}

async function spreads(
  client: ClickHouseClient,
  kpis: readonly KpiDefinition[],
  cut: Cut,
): Promise<Map<string, KpiPoint[]>> {
  const rows = await queryRows<SpreadRow>(
    client,
    unionOf(
      kpis,
      (kpi) => `SELECT '${kpi.id}' AS id, i, k,
       toInt64(sum(c)) AS count,
       sum(hours * c) / count AS mean,
       sum(hours * hours * c) AS squares,
       arrayElement(quantilesExactWeighted(0.5, 0.9, 0.95)(hours, toUInt64(greatest(c, 0))) AS q, 1) AS p50,
       arrayElement(q, 2) AS p90,
       arrayElement(q, 3) AS p95,
       if(sum(kc) > 0, quantileExactWeighted(0.5)(hours, toUInt64(greatest(kc, 0))), NULL) AS knownP50
     FROM (
       SELECT ${STRETCH} AS i, ${cut.key} AS k, hours, sum(sign) AS c,
         sumIf(sign, known_at < ${STRETCH_END}) AS kc
       FROM (${kpi.sql})
       WHERE ${WITHIN} AND ${CHOSEN}
       GROUP BY i, k, hours HAVING c > 0 OR kc > 0
     )
     GROUP BY i, k`,
    ),
    cut.params,
  );
  return pointsOf(kpis, rows, (own) =>
    own.map((row) => ({
      ...stretchOf(cut, row.i),
      key: row.k,
      value: row.count > 0 ? row.p50 : null,
      num: null,
      den: null,
      knownValue: row.knownP50,
      spread: row.count > 0 ? spreadOf(row) : null,
    })),
  );
}

function spreadOf({ count, mean, p50, p90, p95, squares }: SpreadRow): Spread {
  const variance = Math.max(0, squares - count * mean * mean) / (count - 1);
  return { ...{ count, mean, p50, p90, p95 }, stddev: count > 1 ? Math.sqrt(variance) : null };
}

/** Changes of the levels by stretch, those before the window in a stretch of their own (-1). */
async function levels(
  client: ClickHouseClient,
  kpis: readonly KpiDefinition[],
  cut: Cut,
): Promise<Map<string, KpiPoint[]>> {
  const columnsOf = (kpi: KpiDefinition) =>
    kpi.kind === 'level_ratio' ? (['num', 'den'] as const) : (['value', '0'] as const);
  const changes = await queryRows<LevelChange>(
    client,
    unionOf(kpis, (kpi) => {
      const [num, den] = columnsOf(kpi);
      return `
     SELECT '${kpi.id}' AS id, if(at < {from:DateTime64(3, 'UTC')}, -1, ${STRETCH}) AS i, ${cut.key} AS k,
       toFloat64(sum(${num})) AS n, toFloat64(sum(${den})) AS d,
       sum(toFloat64(${num}) * t) AS nt, sum(toFloat64(${den}) * t) AS dt
     FROM (SELECT *, toUnixTimestamp64Milli(toDateTime64(at, 3)) / 3600000 AS t FROM (${kpi.sql}))
     WHERE at < {to:DateTime64(3, 'UTC')} AND ${CHOSEN}
     GROUP BY i, k`;
    }),
    cut.params,
  );
  return pointsOf(kpis, changes, (all, { kind }) =>
    [...groupByKey(all)].flatMap(([key, own]) =>
      levelPoints(key, own, cut, kind === 'level_ratio'),
    ),
  );
}

interface LevelChange {
  readonly id: string;
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
