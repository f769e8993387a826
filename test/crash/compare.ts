/** Two databases, row for row: every table, both directions, multiplicity included. */
import type { ClickHouse } from '../../platform/clickhouse/client.ts';
import { TABLE_COLUMNS } from '../../processors/runtime/tables.ts';

export interface TableDifference {
  readonly table: string;
  readonly rows: { readonly ours: number; readonly reference: number };
  /** Some rows that only one of them has. */
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
    const onlyOurs = await rows(clickhouse, but(ours, theirs));
    const onlyTheirs = await rows(clickhouse, but(theirs, ours));
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

/** A LIMIT behind EXCEPT would cut its second side. */
const but = (these: string, those: string) =>
  `SELECT * FROM (${these} EXCEPT ${those}) LIMIT ${EXAMPLES}`;

/** What a table says, whatever its parts look like: rows with how often each is there. */
function selects(): Record<string, (database: string) => string> {
  const plain = Object.entries(TABLE_COLUMNS).map(([table, columns]) => {
    const list = columns.join(', ');
    const final = table === 'items' ? 'FINAL' : '';
    return [
      table,
      (database: string) =>
        `SELECT ${list}, count() AS times FROM ${database}.${table} ${final} GROUP BY ${list}`,
    ] as const;
  });
  return {
    ...Object.fromEntries(plain),
    // The target of the view: the balances themselves.
    stock_positions: (database) =>
      `SELECT sku_id, node_id, account, sum(p.qty) AS units, sum(p.movements) AS times,
              max(p.last_seq) AS newest
       FROM ${database}.stock_positions AS p GROUP BY sku_id, node_id, account`,
  };
}

async function rows(clickhouse: ClickHouse, query: string): Promise<string[]> {
  const result = await clickhouse.query({ query, format: 'JSONCompactEachRow' });
  return (await result.json<unknown[]>()).map((row) => JSON.stringify(row));
}

async function count(clickhouse: ClickHouse, table: string): Promise<number> {
  const result = await clickhouse.query({
    query: `SELECT toUInt32(count()) AS rows FROM ${table}`,
    format: 'JSONEachRow',
  });
  return (await result.json<{ rows: number }>())[0]?.rows ?? 0;
}
