/** Queries and their results, put into the form that the SQL view shows. Pure. */
import type { KpiDetail } from '../../../contracts/kpi.ts';
import { href } from './route.ts';

export interface ResultColumn {
  readonly name: string;
  /** ClickHouse's type. */
  readonly type: string;
}

/** Null is NULL; everything else as ClickHouse writes it, so that no digit of a 64-bit integer is lost. */
export type ResultCell = string | null;

export interface Result {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly ResultCell[])[];
  /** There are more rows than are shown. */
  readonly isCut: boolean;
  readonly rowsRead: number;
  readonly bytesRead: number;
}

/** Rows that are shown; one more is asked for, to know whether there are more. */
export const MAX_ROWS = 10_000;
const NULL = 'ᴺᵁᴸᴸ';

/** The answer in ClickHouse's format JSONCompactStrings. */
export interface CompactStrings {
  readonly meta: readonly ResultColumn[];
  readonly data: readonly (readonly string[])[];
  readonly statistics?: { readonly rows_read: number; readonly bytes_read: number };
}

export function resultOf({ data, meta, statistics }: CompactStrings): Result {
  return {
    columns: meta,
    rows: data.slice(0, MAX_ROWS).map((row) => row.map((cell) => (cell === NULL ? null : cell))),
    isCut: data.length > MAX_ROWS,
    rowsRead: statistics?.rows_read ?? 0,
    bytesRead: statistics?.bytes_read ?? 0,
  };
}

/** `Nullable(LowCardinality(String))` without what says nothing about the values. */
const bare = (type: string) => type.replaceAll(/\b(?:Nullable|LowCardinality)\(|\)$/g, '');

export const isNumber = (type: string) => /^(?:U?Int|Float|BFloat|Decimal)/.test(bare(type));
export const isTime = (type: string) => /^Date/.test(bare(type));

/** Seconds since 1970 of `2025-03-01 10:00:00.000` or `2025-03-01`, which are in UTC; null for none. */
export function secondsOf(cell: ResultCell): number | null {
  if (cell === null) return null;
  const at = Date.parse(cell.includes(' ') ? `${cell.replace(' ', 'T')}Z` : `${cell}T00:00:00Z`);
  return Number.isNaN(at) ? null : at / 1000;
}

export interface ChartChoice {
  /** Index of the column along which; the others' values stand above it. */
  readonly x: number;
  readonly ys: readonly number[];
  readonly kind: 'line' | 'bars';
}

/** Colours of what is drawn, in order, as tokens. */
export const SERIES_COLOURS = [
  '--accent',
  '--state-allocated',
  '--state-pending_putaway',
  '--state-damaged',
] as const;
const MAX_SERIES = SERIES_COLOURS.length;

/** What is worth drawing of a result; null when there is no number in it. */
export function defaultChart({ columns }: Pick<Result, 'columns'>): ChartChoice | null {
  const time = columns.findIndex(({ type }) => isTime(type));
  const text = columns.findIndex(({ type }) => !isNumber(type) && !isTime(type));
  const x = time >= 0 ? time : Math.max(0, text);
  const ys = columns
    .map(({ type }, index) => (index !== x && isNumber(type) ? index : -1))
    .filter((index) => index >= 0);
  const [first] = ys;
  if (first === undefined) return null;
  return {
    x,
    ys: time >= 0 ? ys.slice(0, MAX_SERIES) : [first],
    kind: time >= 0 ? 'line' : 'bars',
  };
}

/** The parameters `{name:Type}` of a query, in their order, each once. */
export function parametersOf(query: string): { readonly name: string; readonly type: string }[] {
  const found = new Map<string, string>();
  for (const [, name = '', type = ''] of query.matchAll(/\{\s*(\w+)\s*:\s*([^{}]+?)\s*\}/g)) {
    if (!found.has(name)) found.set(name, type);
  }
  return [...found].map(([name, type]) => ({ name, type }));
}

/** Beyond this an address is cut by what it is sent through. */
const MAX_ADDRESS_LENGTH = 6000;

/** The address of a query with its parameters; without it when it is too long for one. */
export function sqlHref(query: string, params: Readonly<Record<string, string>> = {}): string {
  const named = Object.entries(params).map(([name, value]) => [`p.${name}`, value]);
  const whole = href('sql', [], { q: query, ...(Object.fromEntries(named) as typeof params) });
  return whole.length > MAX_ADDRESS_LENGTH ? href('sql') : whole;
}

/** What an address says, as `sqlHref` wrote it. */
export function queryOf(address: Readonly<Record<string, string>>) {
  const params = Object.entries(address).flatMap(([key, value]) =>
    key.startsWith('p.') ? [[key.slice(2), value] as const] : [],
  );
  return { query: address['q'] ?? '', params: Object.fromEntries(params) };
}

/** The name that a title is saved under. */
export function nameOf(title: string): string {
  const name = title
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 64)
    .replace(/-+$/, '');
  return name === '' ? 'query' : name;
}

/** A KPI over its window by hour or day: its definition, and the figures that the board computes of it. */
export function kpiQuery(kpi: Pick<KpiDetail, 'id' | 'name' | 'kind' | 'sql' | 'window'>): string {
  const fromMs = Date.parse(kpi.window.from);
  const toMs = Date.parse(kpi.window.to);
  const days = (toMs - fromMs) / DAY_MS;
  const step = days > 3 ? 'toStartOfDay(at)' : 'toStartOfHour(at)';
  const isOfMeasures = /\bFROM measures\b/.test(kpi.sql);
  const byDay = isOfMeasures && days > MOST_DAYS_BY_MINUTE;
  const from = byDay ? startOfDay(fromMs) : fromMs;
  const measures = isOfMeasures ? `measures AS (\n${indented(measuresOf(byDay, toMs))}\n),\n` : '';
  const since = kpi.kind.startsWith('level') ? '' : `at >= ${instant(from)} AND `;
  return `-- ${kpi.id} ${kpi.name}
WITH ${measures}kpi AS (
${indented(kpi.sql.trim())}
)
SELECT
  ${step} AS from_utc,
${indented(FIGURES[kpi.kind])}
FROM kpi
WHERE ${since}at < ${instant(toMs)}
GROUP BY from_utc
ORDER BY from_utc`;
}

const DAY_MS = 86_400_000;
/** The board reads longer windows by the day, but for their last one: nothing of it counts that is due later. */
const MOST_DAYS_BY_MINUTE = 8;
const startOfDay = (ms: number) => Math.floor(ms / DAY_MS) * DAY_MS;

function measuresOf(byDay: boolean, toMs: number): string {
  const columns = 'measure, at, known_at, node_id, channel_id, sla_class, dim';
  const byMinute = `SELECT ${columns}, '' AS sku_id, value\nFROM measures_minute`;
  if (!byDay) return byMinute;
  const today = instant(startOfDay(toMs));
  return `SELECT ${columns}, sku_id, value
FROM measures_day
WHERE at < ${today}
UNION ALL
${byMinute}
WHERE at >= ${today}`;
}

/** Some tables are by the second: beside them a bare text with milliseconds is no time to the engine. */
const instant = (ms: number) =>
  `toDateTime64('${new Date(ms).toISOString().slice(0, 23).replace('T', ' ')}', 3, 'UTC')`;

const FIGURES: Readonly<Record<KpiDetail['kind'], string>> = {
  ratio:
    'sum(num) / nullIf(sum(den), 0) AS value,\nsum(num) AS numerator,\nsum(den) AS denominator',
  amount: 'sum(num) AS value',
  duration: 'sum(hours * sign) / nullIf(sum(sign), 0) AS mean_hours,\nsum(sign) AS measured',
  level: 'sum(value) AS change,\nsum(change) OVER (ORDER BY from_utc) AS level',
  level_ratio:
    'sum(num) AS numerator_change,\nsum(den) AS denominator_change,\n' +
    'sum(numerator_change) OVER (ORDER BY from_utc) / nullIf(sum(denominator_change) OVER (ORDER BY from_utc), 0) AS value',
};

const indented = (text: string) => text.replaceAll(/^(?=.)/gm, '  ');
