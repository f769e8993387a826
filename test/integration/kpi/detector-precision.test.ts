/** What people say of alerts: the precision of a detector, and the verdict beside each anomaly. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createClickHouse } from '../../../platform/clickhouse/client.ts';
import { insertRows } from '../../../platform/clickhouse/insert.ts';
import { migrate } from '../../../platform/clickhouse/migrate.ts';
import { readConfig } from '../../../platform/config.ts';
import { createLog } from '../../../platform/log.ts';
import { event } from '../../support/given.ts';
import { ReducerBench } from '../../support/reducers.ts';
import { useClickHouse } from '../../support/servers.ts';

const MIGRATIONS = fileURLToPath(new URL('../../../sql/migrations', import.meta.url));
const DATABASE = 'judged';
const HOUR = 60;
const host = useClickHouse();

const adjusted = (sku_id: string, qty_delta: number, at: number) =>
  event(
    'inventory.adjusted',
    {
      ...{ sku_id, node_id: 'dc', qty_delta, unit_cost: '20', currency: 'USD' },
      ...(qty_delta < 0
        ? { reason_code: 'shrinkage', raw_code: '06' }
        : { reason_code: 'opening_balance' }),
    },
    { at },
  );

test('verdicts of people become precision, and stand beside the anomalies', async () => {
  const bench = new ReducerBench(['detect', 'cases']);
  for (let n = 0; n < 200; n++) bench.given(adjusted(`s${n}`, 50, 0));
  const skus = ['s1', 's2', 's3', 's4'];
  for (const hour of [1, 13]) bench.given(...skus.map((sku) => adjusted(sku, -3, hour * HOUR)));
  bench.tick(14 * HOUR).settle();
  const caseOf = (sku: string) => {
    const opened = bench
      .rows('case_events')
      .find((row) => String(row['case_id']).includes(`/${sku}/`));
    return String(opened?.['case_id']);
  };
  // The last verdict counts; nobody judges the fourth.
  for (const [sku, verdict] of [
    ['s1', 'false'],
    ['s1', 'true'],
    ['s2', 'false'],
    ['s3', 'expected'],
  ] as const) {
    bench.given(
      event('case.commanded', { command: 'judge', case_id: caseOf(sku), actor: 'ana', verdict }),
    );
  }

  const config = readConfig({ CLICKHOUSE_URL: host.url, CLICKHOUSE_DATABASE: DATABASE });
  const clickhouse = createClickHouse(config);
  const log = createLog({ name: 'test', level: 'error', format: 'pretty' });
  await migrate(clickhouse, { dir: MIGRATIONS, database: DATABASE, log });
  for (const { columns, lines, table } of bench.takeBlocks()) {
    if (table !== 'case_events' && table !== 'anomalies') continue;
    await insertRows(clickhouse, { table, columns, lines, token: 'all' });
  }
  await clickhouse.close();

  const precision = await host.rows(
    `SELECT code, toUInt32(judged) AS judged, toUInt32(true_alerts) AS true_alerts,
            toUInt32(false_alerts) AS false_alerts, toUInt32(expected_alerts) AS expected_alerts, precision
     FROM ${DATABASE}.detector_precision`,
  );
  expect(precision).toEqual([
    {
      ...{ code: 'SHRINKAGE_ANOMALY', judged: 3 },
      ...{ true_alerts: 1, false_alerts: 1, expected_alerts: 1, precision: 1 / 3 },
    },
  ]);
  const anomalies = await host.rows(
    `SELECT sku_id, outcome, verdict FROM ${DATABASE}.anomalies_now ORDER BY sku_id`,
  );
  expect(anomalies).toEqual([
    { sku_id: 's1', outcome: 'paged', verdict: 'true' },
    { sku_id: 's2', outcome: 'paged', verdict: 'false' },
    { sku_id: 's3', outcome: 'paged', verdict: 'expected' },
    { sku_id: 's4', outcome: 'paged', verdict: '' },
  ]);
});
