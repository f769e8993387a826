import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClickHouse, type ClickHouse } from '../../../platform/clickhouse/client.ts';
import { InsertError, insertRows } from '../../../platform/clickhouse/insert.ts';
import { useClickHouse } from '../../support/servers.ts';

const clickhouse = useClickHouse();

let client: ClickHouse;
beforeAll(() => {
  client = createClickHouse({
    clickhouseUrl: clickhouse.url,
    clickhouseDatabase: clickhouse.database,
    clickhouseUser: 'default',
    clickhousePassword: '',
  });
});
afterAll(() => client.close());

/** A table and a view that sums it, both with windows for tokens. */
async function makeTables(name: string): Promise<void> {
  const window = 'SETTINGS non_replicated_deduplication_window = 1000';
  for (const query of [
    `CREATE TABLE ${name} (sku String, qty Int64, at DateTime64(3, 'UTC'))
     ENGINE = MergeTree ORDER BY sku ${window}`,
    `CREATE TABLE ${name}_sums (sku String, qty Int64)
     ENGINE = SummingMergeTree ORDER BY sku ${window}`,
    `CREATE MATERIALIZED VIEW ${name}_view TO ${name}_sums AS
     SELECT sku, sum(qty) AS qty FROM ${name} GROUP BY sku`,
  ]) {
    await client.command({ query });
  }
}

/** `count` rows of one unit each over ten SKUs. */
function lines(count: number): string {
  let text = '';
  for (let n = 0; n < count; n++) {
    text += JSON.stringify([`SKU-${n % 10}`, 1, '2026-03-01T10:20:30.456Z']) + '\n';
  }
  return text;
}

const insert = (table: string, rows: string, token: string) =>
  insertRows(client, { table, columns: ['sku', 'qty', 'at'], lines: rows, token });

async function sums(name: string) {
  const [source] = await clickhouse.rows(`SELECT toUInt32(sum(qty)) AS qty FROM ${name}`);
  const [view] = await clickhouse.rows(`SELECT toUInt32(sum(qty)) AS qty FROM ${name}_sums`);
  return { source: source?.['qty'], view: view?.['qty'] };
}

test('rows arrive as they are, times with their milliseconds', async () => {
  await makeTables('plain');
  await insert('plain', `["größer; \\"SKU\\"\\n",-3,"2026-03-01T10:20:30.456Z"]\n`, 'plain.1');
  expect(await clickhouse.rows('SELECT sku, toInt32(qty) AS qty, at FROM plain')).toEqual([
    { sku: 'größer; "SKU"\n', qty: -3, at: '2026-03-01 10:20:30.456' },
  ]);
});

test('a large flush is one block', async () => {
  await makeTables('large');
  await insert('large', lines(50_000), 'large.1');
  const parts = await clickhouse.rows(
    `SELECT toUInt32(rows) AS rows, level FROM system.parts
     WHERE database = currentDatabase() AND table = 'large' AND active`,
  );
  expect(parts).toEqual([{ rows: 50_000, level: 0 }]);
});

test('a repeated token counts once, in the table and in the target of its view', async () => {
  await makeTables('repeated');
  await insert('repeated', lines(100), 'main.repeated.1-100');
  await insert('repeated', lines(100), 'main.repeated.1-100');
  expect(await sums('repeated')).toEqual({ source: 100, view: 100 });
  await insert('repeated', lines(100), 'main.repeated.101-200');
  expect(await sums('repeated')).toEqual({ source: 200, view: 200 });
});

test('no rows, no request', async () => {
  await expect(insert('there_is_no_such_table', '', 'none.1')).resolves.toBeUndefined();
});

test.each([
  ['an unknown table', 'there_is_no_such_table', lines(1), 60],
  ['a value of the wrong type', 'wrong', '["SKU-1","many","2026-03-01T10:20:30Z"]\n', 27],
])('%s is lasting', async (_name, table, rows, code) => {
  await client.command({
    query: `CREATE OR REPLACE TABLE wrong (sku String, qty Int64, at DateTime64(3, 'UTC'))
            ENGINE = MergeTree ORDER BY sku`,
  });
  const failed = insert(table, rows, 'wrong.1');
  await expect(failed).rejects.toThrow(InsertError);
  await expect(failed).rejects.toMatchObject({ retryable: false, code, table });
});

test('a table that refuses more parts for now is passing', async () => {
  await client.command({
    query: `CREATE TABLE crowded (sku String, qty Int64, at DateTime64(3, 'UTC'))
            ENGINE = MergeTree ORDER BY sku
            SETTINGS parts_to_throw_insert = 1, parts_to_delay_insert = 1`,
  });
  await insert('crowded', lines(1), 'crowded.1');
  await expect(insert('crowded', lines(2), 'crowded.2')).rejects.toMatchObject({
    retryable: true,
    code: 252,
  });
});

test('a host that was killed: passing, and the repetition counts once', async () => {
  await makeTables('killed');
  const rows = lines(30_000);
  const underWay = insert('killed', rows, 'killed.1').then(
    () => 'stored',
    (error: unknown) => error,
  );
  await clickhouse.kill();
  expect([InsertError, String]).toContain((await underWay)?.constructor);
  const refused = insert('killed', rows, 'killed.1');
  await expect(refused).rejects.toMatchObject({ retryable: true, code: null });

  await clickhouse.restart();
  await insert('killed', rows, 'killed.1');
  await insert('killed', rows, 'killed.1');
  expect(await sums('killed')).toEqual({ source: 30_000, view: 30_000 });
});
