/** Two databases, row for row: every table, both directions, multiplicity included. */
import type { ClickHouse } from '../../platform/clickhouse/client.ts';
import { STREAMS } from '../../platform/nats/streams.ts';
import { TABLE_COLUMNS } from '../../processors/runtime/tables.ts';
import type { Plumbing } from '../support/runtime.ts';

export interface TableDifference {
  readonly table: string;
  readonly rows: { readonly ours: number; readonly reference: number };
  /** Some rows that only one of them has, or has more often. */
  readonly examples: readonly string[];
}

const EXAMPLES = 5;

/** Tables that differ between the client's database and `reference`; none when they are equal. */
export async function compareDatabases(
  clickhouse: ClickHouse,
  reference: string,
): Promise<TableDifference[]> {
  const differences: TableDifference[] = [];
  for (const [table, select] of Object.entries(selects())) {
    const ours = select(clickhouse.database);
    const theirs = select(reference);
    const onlyOurs = await lines(clickhouse, except(ours, theirs));
    const onlyTheirs = await lines(clickhouse, except(theirs, ours));
    if (onlyOurs.length + onlyTheirs.length === 0) continue;
    differences.push({
      table,
      rows: {
        ours: await count(clickhouse, `${clickhouse.database}.${table}`),
        reference: await count(clickhouse, `${reference}.${table}`),
      },
      examples: [
        ...onlyOurs.map((row) => `only after the kills: ${row}`),
        ...onlyTheirs.map((row) => `only without kills: ${row}`),
      ],
    });
  }
  return differences;
}

/**
 * Each finding that the uninterrupted run raises or ends is in the log once, and no other: the runtime and the
 * door brought it there between the kills.
 */
export async function compareFindings(
  { clickhouse, link }: Plumbing,
  raised: ReadonlySet<string>,
): Promise<TableDifference[]> {
  const ids = `SELECT concat(finding_id, if(state = 'cleared', '/cleared', '')) FROM findings`;
  const found = (await lines(clickhouse, ids)).map((line) => (JSON.parse(line) as [string])[0]);
  const unique = new Set(found);
  const filter = { subjects_filter: 'ops.v1.finding.>' };
  const { state } = await link.jsm.streams.info(STREAMS.log, filter);
  const inLog = Object.values(state.subjects ?? {}).reduce((sum, messages) => sum + messages, 0);
  const examples = [
    ...found.filter((id) => !raised.has(id)).map((id) => `only after the kills: ${id}`),
    ...[...raised].filter((id) => !unique.has(id)).map((id) => `only without kills: ${id}`),
    ...(found.length > unique.size ? [`${found.length - unique.size} are doubled`] : []),
    ...(inLog === found.length ? [] : [`${inLog} are in the log`]),
  ];
  const rows = { ours: found.length, reference: raised.size };
  return examples.length === 0 ? [] : [{ table: 'findings in the log', rows, examples }];
}

/** What a table says, whatever its parts look like: rows with how often each is there. */
function selects(): Record<string, (database: string) => string> {
  const plain = Object.entries(TABLE_COLUMNS).map(([table, columns]) => {
    const list = columns.join(', ');
    const final = table === 'items' ? 'FINAL' : '';
    const select = (database: string) =>
      `SELECT ${list}, count() AS times FROM ${database}.${table} ${final} GROUP BY ${list}`;
    return [table, select] as const;
  });
  return {
    ...Object.fromEntries(plain),
    // The targets of the views: balances and measures themselves.
    stock_positions: (database) =>
      `SELECT sku_id, node_id, account, sum(p.qty) AS units, sum(p.movements) AS times,
              max(p.last_seq) AS newest
       FROM ${database}.stock_positions AS p GROUP BY sku_id, node_id, account`,
    measures_minute: (database) => measures(`${database}.measures_minute`, ''),
    measures_day: (database) => measures(`${database}.measures_day`, 'sku_id,'),
  };
}

const measures = (table: string, sku: string) =>
  `SELECT measure, at, known_at, node_id, channel_id, sla_class, dim, ${sku} sum(m.value) AS total
   FROM ${table} AS m GROUP BY ALL`;

/** Some rows of these that are not among those. A LIMIT behind EXCEPT would cut its second side. */
const except = (these: string, those: string) =>
  `SELECT * FROM (${these} EXCEPT ${those}) LIMIT ${EXAMPLES}`;

async function lines(clickhouse: ClickHouse, query: string): Promise<string[]> {
  const result = await clickhouse.query({ query, format: 'JSONCompactEachRow' });
  return (await result.json<unknown[]>()).map((row) => JSON.stringify(row));
}

async function count(clickhouse: ClickHouse, table: string): Promise<number> {
  const [line] = await lines(clickhouse, `SELECT toUInt32(count()) FROM ${table}`);
  return (JSON.parse(line ?? '[0]') as [number])[0];
}
