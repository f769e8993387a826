/** sql/features/shrinkage.sql and the stream compute the same features of the same events. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { identityOf } from '../../../contracts/hash.ts';
import { createClickHouse, type ClickHouse } from '../../../platform/clickhouse/client.ts';
import { insertRows } from '../../../platform/clickhouse/insert.ts';
import { migrate } from '../../../platform/clickhouse/migrate.ts';
import { readConfig } from '../../../platform/config.ts';
import { createLog } from '../../../platform/log.ts';
import { Activity } from '../../../processors/detect/model/activity.ts';
import { FEATURES, featuresOf } from '../../../processors/detect/model/features.ts';
import { Intake } from '../../../processors/runtime/intake.ts';
import { readFeatures } from '../../../processors/runtime/train/train.ts';
import { createBrand, createState, openingEvents } from '../../../simulator/brand.ts';
import { DAY } from '../../../simulator/calendar.ts';
import { kindsOf } from '../../../simulator/incidents/inject.ts';
import { admitted, event } from '../../support/given.ts';
import { ReducerBench } from '../../support/reducers.ts';
import { useClickHouse } from '../../support/servers.ts';

const MIGRATIONS = fileURLToPath(new URL('../../../sql/migrations', import.meta.url));
const DATABASE = 'features';
const START_MS = Date.parse('2026-03-02T00:00:00Z');
const DAYS = 5;
const INCIDENTS = ['SHRINKAGE_ANOMALY', 'LOCATION_ERROR_REPEAT', 'COUNT_VARIANCE', 'SHORT_PICK'];
const host = useClickHouse();
let clickhouse: ClickHouse;
let bench: ReducerBench;

beforeAll(async () => {
  clickhouse = createClickHouse(
    readConfig({ CLICKHOUSE_URL: host.url, CLICKHOUSE_DATABASE: DATABASE }),
  );
  const log = createLog({ name: 'test', level: 'error', format: 'pretty' });
  await migrate(clickhouse, { dir: MIGRATIONS, database: DATABASE, log });

  const state = createState({
    ...{ run: 'features', seed: 5, openedAtMs: START_MS, skuCount: 120, ordersPerDay: 150 },
    ...{ incidentGapDays: 1, incidents: kindsOf(INCIDENTS) },
  });
  const brand = createBrand(state);
  bench = new ReducerBench(['stock', 'floor']);
  const events = [...openingEvents(state), ...brand.advance(START_MS + DAYS * DAY)];
  for (const one of events) bench.feed(...admitted(one, bench.nowMs));
  for (const type of ['inventory.adjusted', 'inventory.counted', 'location.error.recorded']) {
    const wrong = events.filter((one) => one.type === `stocktide.${type}.v1`).slice(0, 3);
    for (const { id, source } of wrong) {
      bench.given(
        event('event.corrected', {
          corrects: { source, id },
          ...{ reason: 'did_not_occur', corrective_ids: [] },
        }),
      );
    }
  }
  for (const { columns, lines, table } of bench.takeBlocks()) {
    if (table !== 'floor_events' && table !== 'sku_costs') continue;
    await insertRows(clickhouse, { table, columns, lines, token: 'all' });
  }
}, 120_000);

afterAll(() => clickhouse?.close());

test('for every SKU at every node, corrections included', async () => {
  const activity = new Activity();
  const costs = new Map<string, number>();
  const intake = new Intake(100_000);
  let corrections = 0;
  bench.log.forEach(({ raw }, index) => {
    const taken = intake.take(index + 1, raw);
    if (taken.outcome !== 'event') return;
    const { event: one } = taken.applied;
    if (one.type === 'stocktide.item.upserted.v1') {
      costs.set(one.data.sku_id, Number(one.data.unit_cost));
    } else if (one.type === 'stocktide.event.corrected.v1') {
      corrections += 1;
      activity.drop(identityOf(one.data.corrects.source, one.data.corrects.id));
    }
    activity.take(taken.applied, (sku, stated) => Number(stated?.unitCost ?? costs.get(sku) ?? 0));
  });
  expect(corrections).toBeGreaterThanOrEqual(9);

  const asOfMs = bench.nowMs;
  const rows = await readFeatures(clickhouse, asOfMs);
  expect(rows.length).toBeGreaterThan(100);
  const seen = FEATURES.map(() => 0);
  for (const { features, node, sku } of rows) {
    const known = activity.of({ sku, node }, asOfMs);
    if (known === null) throw new Error(`the stream knows nothing of ${sku} at ${node}`);
    const { daysSinceCount, sums } = known;
    const own = featuresOf(sums, { daysSinceCount, unitCost: costs.get(sku) ?? 0 });
    own.forEach((value, column) => {
      expect(features[column], `${FEATURES[column]} of ${sku} at ${node}`).toBeCloseTo(value, 6);
      if (value !== 0) seen[column] = (seen[column] as number) + 1;
    });
  }
  // Each feature but the adjustments near the limit, of which this brand has none, was tried on something.
  const untried = FEATURES.filter((name, column) => name !== 'near_limit' && seen[column] === 0);
  expect(untried).toEqual([]);
});
