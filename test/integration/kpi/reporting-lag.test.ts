/** K34a: reporting lag, and how a KPI is cut by time and by dimension. */
import { expect, test } from 'vitest';
import { event } from '../../support/given.ts';
import { useKpis } from '../../support/kpi.ts';

const kpis = useKpis();
const adjusted = (at: number, source: string) =>
  event('inventory.adjusted', { sku_id: 'MUG', node_id: 'dc-1', qty_delta: 1 }, { at, source });

test('is the time from happening to arrival, by source', async () => {
  const brand = await kpis.given(
    adjusted(0, 'urn:fast'),
    adjusted(60, 'urn:fast'),
    // They arrive at minute 60: half an hour and an hour late.
    adjusted(30, 'urn:slow'),
    adjusted(0, 'urn:slow'),
  );
  const window = { from: 0, to: 120 };
  expect(await brand.value('K34a', window)).toMatchObject({
    spread: { count: 4, mean: 0.375, p50: 0, p95: 1 },
  });
  expect(await brand.points('K34a', { ...window, by: 'dim' })).toMatchObject([
    { key: 'urn:fast', value: 0, spread: { count: 2 } },
    { key: 'urn:slow', value: 0.5, spread: { count: 2, p90: 1 } },
  ]);
  expect(await brand.points('K34a', { ...window, step: 60 })).toMatchObject([
    { fromMs: expect.any(Number) as number, spread: { count: 1 } },
    { spread: { count: 3 } },
  ]);
});

test('is nothing over an empty window', async () => {
  const brand = await kpis.given(adjusted(0, 'urn:fast'));
  expect(await brand.value('K34a', { from: 600, to: 660 })).toBeUndefined();
});
