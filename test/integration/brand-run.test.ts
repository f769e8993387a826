/**
 * Four weeks of the simulated brand at its peak, small enough for every run: each simulated hour the open
 * orders of the ledger are what the stage facts add up to, units and money reconcile from order to refund,
 * and the same log gives the same tables. `test/support/brand-run.ts` is the same at any size.
 */
import { expect, test } from 'vitest';
import { runBrand } from '../support/brand-run.ts';
import { useClickHouse } from '../support/servers.ts';

const host = useClickHouse();

test('28 days hold together', async () => {
  const result = await runBrand({
    ...{ days: 28, ordersPerDay: 15, skuCount: 120, seed: 11, peak: true },
    ...{ url: host.url, database: 'brand' },
  });
  expect(result).toMatchObject({ hours: 672, differences: [], differing: 0 });
  expect(result.orders).toBeGreaterThan(400);
}, 600_000);
