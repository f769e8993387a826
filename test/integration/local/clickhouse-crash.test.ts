/**
 * What the exactly-once writer relies on: a token makes a repeated insert harmless, in the table and in
 * the target of its materialised view, also when the host was killed in the middle of it.
 */
import { beforeAll, expect, test } from 'vitest';
import { useClickHouse } from '../../support/servers.ts';

const clickhouse = useClickHouse();

const ROWS_PER_BATCH = 1000;
const WINDOW = 'non_replicated_deduplication_window = 1000';

beforeAll(async () => {
  const statements = [
    `CREATE TABLE facts (batch UInt32, qty Int64) ENGINE = MergeTree ORDER BY batch SETTINGS ${WINDOW}`,
    `CREATE TABLE totals (batch UInt32, qty Int64) ENGINE = SummingMergeTree ORDER BY batch SETTINGS ${WINDOW}`,
    'CREATE MATERIALIZED VIEW facts_to_totals TO totals AS SELECT batch, sum(qty) AS qty FROM facts GROUP BY batch',
  ];
  for (const query of statements) await clickhouse.client.command({ query });
});

async function insert(batch: number, token: string, qty = 1): Promise<void> {
  await clickhouse.client.insert({
    table: 'facts',
    values: Array.from({ length: ROWS_PER_BATCH }, () => [batch, qty]),
    format: 'JSONCompactEachRow',
    clickhouse_settings: {
      insert_deduplication_token: token,
      deduplicate_blocks_in_dependent_materialized_views: 1,
    },
  });
}

function sums(table: string): Promise<{ batch: number; qty: number }[]> {
  return clickhouse.rows(
    `SELECT batch, toFloat64(sum(qty)) AS qty FROM ${table} GROUP BY batch ORDER BY batch`,
  );
}

test('a token counts once, in the table and in the view target', async () => {
  await insert(1_000_000, 'once');
  await insert(1_000_000, 'once');
  await insert(1_000_000, 'once', 7);
  await insert(1_000_000, 'twice');
  for (const table of ['facts', 'totals']) {
    expect(await sums(table)).toEqual([{ batch: 1_000_000, qty: 2 * ROWS_PER_BATCH }]);
    await clickhouse.client.command({ query: `TRUNCATE TABLE ${table}` });
  }
});

test('kill -9 in the middle of inserts: a retry of all makes every count exact', async () => {
  const batches = Array.from({ length: 60 }, (_, batch) => batch);
  const open = new Set(batches);
  const killsLeft = [10, 25, 40];
  let acknowledged = 0;
  let revived = Promise.resolve();

  async function write(batch: number): Promise<void> {
    while (open.has(batch)) {
      try {
        await insert(batch, `batch-${batch}`);
        open.delete(batch);
        acknowledged++;
      } catch {
        // Killed under way: whether it was written is unknown, so it is sent again.
        await revived;
      }
      if (acknowledged >= (killsLeft[0] ?? Infinity)) {
        killsLeft.shift();
        // The other writers are in the middle of an insert.
        revived = clickhouse.kill().then(() => clickhouse.restart());
      }
    }
  }
  const queue = [...batches];
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let batch = queue.shift(); batch !== undefined; batch = queue.shift())
        await write(batch);
    }),
  );

  await revived;
  expect(killsLeft).toEqual([]);
  const expected = batches.map((batch) => ({ batch, qty: ROWS_PER_BATCH }));
  expect(await sums('facts')).toEqual(expected);
  expect(await sums('totals')).toEqual(expected);
});
