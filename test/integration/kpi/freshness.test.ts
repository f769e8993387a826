/** K34b: freshness of each source, minute by minute, and the sources as they are now. */
import { expect, test } from 'vitest';
import { at, event } from '../../support/given.ts';
import { useKpis } from '../../support/kpi.ts';

const kpis = useKpis();
const adjusted = (minutes: number, source: string) =>
  event(
    'inventory.adjusted',
    { sku_id: 'A', node_id: 'dc', qty_delta: 1 },
    { at: minutes, source },
  );

test('is the age of the newest event, once a minute, silent sources included', async () => {
  const brand = await kpis.given(adjusted(0, 'urn:shop'), adjusted(0, 'urn:3pl'));
  for (const minute of [60, 120]) await brand.given(adjusted(minute, 'urn:shop'));
  // Minute 60: shop 0 h, 3pl 1 h. Minute 120: shop 0 h, 3pl 2 h.
  const window = { from: 0, to: 180 };
  expect(await brand.points('K34b', { ...window, by: 'dim' })).toMatchObject([
    { key: 'urn:3pl', spread: { count: 2, mean: 1.5, p95: 2 } },
    { key: 'urn:shop', spread: { count: 2, mean: 0, p95: 0 } },
  ]);
  // A late event makes it fresher only from when it is known: minute 121 has 121 − 90 minutes.
  await brand.given(adjusted(90, 'urn:3pl'));
  await brand.tick(121);
  expect(
    await brand.value('K34b', { from: 121, to: 122, where: { dim: 'urn:3pl' } }),
  ).toMatchObject({
    value: expect.closeTo(31 / 60, 6) as number,
    knownValue: expect.closeTo(31 / 60, 6) as number,
  });
  expect(
    await brand.rows('SELECT source, as_of, events, stale FROM feeds_now ORDER BY source'),
  ).toEqual([
    { source: 'urn:3pl', as_of: at(121).replace('T', ' ').replace('Z', ''), events: 2, stale: 0 },
    { source: 'urn:shop', as_of: at(121).replace('T', ' ').replace('Z', ''), events: 3, stale: 0 },
  ]);
});

test('is nothing over an empty window', async () => {
  const brand = await kpis.given(adjusted(0, 'urn:shop'));
  expect(await brand.value('K34b', { from: 600, to: 660 })).toBeUndefined();
});
