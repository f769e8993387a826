/** The schema as data teams and the exactly-once inserts need it. */
import { beforeAll, expect, test } from 'vitest';
import { fileURLToPath } from 'node:url';
import { createClickHouse, type ClickHouse } from '../../../platform/clickhouse/client.ts';
import { insertRows } from '../../../platform/clickhouse/insert.ts';
import { migrate } from '../../../platform/clickhouse/migrate.ts';
import { readConfig } from '../../../platform/config.ts';
import { createLog } from '../../../platform/log.ts';
import { TABLE_COLUMNS } from '../../../processors/runtime/tables.ts';
import { useClickHouse } from '../../support/servers.ts';

const host = useClickHouse();
const DATABASE = 'schema';
let client: ClickHouse;

beforeAll(async () => {
  client = createClickHouse(
    readConfig({ CLICKHOUSE_URL: host.url, CLICKHOUSE_DATABASE: DATABASE }),
  );
  const log = createLog({ name: 'test', level: 'error', format: 'pretty' });
  const dir = fileURLToPath(new URL('../../../sql/migrations', import.meta.url));
  await migrate(client, { dir, database: DATABASE, log });
  return () => client.close();
});

async function rows<T>(query: string): Promise<T[]> {
  const result = await client.query({ query, format: 'JSONEachRow' });
  return result.json<T>();
}

test('every table, view and column has a comment', async () => {
  const tables = await rows<{ name: string }>(
    `SELECT name FROM system.tables WHERE database = '${DATABASE}' AND comment = ''`,
  );
  expect(tables).toEqual([]);
  const columns = await rows<{ table: string; name: string }>(
    `SELECT table, name FROM system.columns
     WHERE database = '${DATABASE}' AND comment = ''
       AND table IN (SELECT name FROM system.tables
                     WHERE database = '${DATABASE}' AND engine LIKE '%MergeTree%')`,
  );
  expect(columns).toEqual([]);
});

test('every table that a retry could reach has a window for deduplication, view targets included', async () => {
  const found = await rows<{ name: string; create_table_query: string }>(
    `SELECT name, create_table_query FROM system.tables
     WHERE database = '${DATABASE}' AND engine LIKE '%MergeTree%' AND name NOT LIKE '\\_%'`,
  );
  const without = found.filter(
    ({ create_table_query: query }) =>
      !query.includes('non_replicated_deduplication_window = 1000'),
  );
  expect(without).toEqual([]);
  expect(found.map(({ name }) => name)).toEqual(
    expect.arrayContaining([...Object.keys(TABLE_COLUMNS), 'stock_positions']),
  );
});

test('the cells that processors put are the columns of the tables', async () => {
  for (const [table, columns] of Object.entries(TABLE_COLUMNS)) {
    const stored = await rows<{ name: string }>(
      `SELECT name FROM system.columns
       WHERE database = '${DATABASE}' AND table = '${table}' AND default_kind NOT IN ('ALIAS', 'MATERIALIZED') ORDER BY position`,
    );
    expect(stored.map(({ name }) => name)).toEqual(columns);
  }
});

test('the same token again, as by a retry, changes neither movements nor positions', async () => {
  const columns = TABLE_COLUMNS.stock_movements;
  const line = JSON.stringify([
    ...[1, 0, 'mug', 'dc-1', 'outside', 'available', 7, 'adjustment', 0, 0],
    ...['2026-03-01T00:00:00Z', 'stocktide.inventory.adjusted.v1', 'urn:x', 'e1', 'a1', ''],
  ]);
  const block = { table: 'stock_movements', columns, lines: `${line}\n` };
  for (let tries = 0; tries < 3; tries++) {
    await insertRows(client, { ...block, token: 'all.stock_movements.0-1' });
  }
  const sums = `SELECT account, toInt32(sum(qty)) AS units, toInt32(sum(movements)) AS moved
                FROM stock_positions GROUP BY account ORDER BY account`;
  const once = [
    { account: 'available', units: 7, moved: 1 },
    { account: 'outside', units: -7, moved: 1 },
  ];
  expect(await rows('SELECT seq FROM stock_movements')).toHaveLength(1);
  expect(await rows(sums)).toEqual(once);

  // Another token is another block, even with the same rows.
  await insertRows(client, { ...block, token: 'all.stock_movements.1-2' });
  expect(await rows('SELECT seq FROM stock_movements')).toHaveLength(2);
});
