/** K12, K13, K25, K26, K27, the leakage of the floor, and the bins with recurring count issues. */
import { expect, test } from 'vitest';
import { corrected } from '../../support/facts.ts';
import * as floor from '../../support/floor.ts';
import { at, T0 } from '../../support/given.ts';
import { useKpis, type KpiBench } from '../../support/kpi.ts';

const kpis = useKpis();
const HOUR = { from: 0, to: 60 };
const EMPTY = { from: 6_000, to: 6_060 };

test('K12: counts within tolerance, and their variance net and absolute', async () => {
  const brand = await kpis.given(
    floor.item('A', '2.50', { abc_class: 'A' }),
    floor.item('C', '10', { abc_class: 'C' }),
    floor.counted({ book: 100, counted: 99 }, {}, { at: 1, id: 'c1' }), // 1 allowed: confirmed
    floor.counted({ book: 100, counted: 96 }, {}, { at: 2, id: 'c2' }), // −4: not
    floor.counted({ book: 40, counted: 42 }, { sku_id: 'C' }, { at: 3, id: 'c3' }), // 2 allowed
    floor.counted({ book: 10, counted: 11 }, { sku_id: 'X' }, { at: 4, id: 'c4' }), // no item
  );
  expect(await brand.value('K12', HOUR)).toMatchObject({ num: 2, den: 4, value: 0.5 });
  expect(await brand.points('K12', { ...HOUR, by: 'dim' })).toMatchObject([
    { key: 'A', num: 1, den: 2 },
    { key: 'C', num: 1, den: 1 },
    { key: 'unclassified', num: 0, den: 1 },
  ]);
  // −1 −4 at 2.50, +2 at 10; the one without a cost adds units alone.
  expect((await brand.value('K12b', HOUR))?.value).toBe(7.5);
  expect((await brand.value('K12c', HOUR))?.value).toBe(32.5);
  expect((await brand.value('K12d', HOUR))?.value).toBe(-2);
  expect((await brand.value('K12e', HOUR))?.value).toBe(8);
  // Two hours on, the second count is declared wrong, and another one of then is heard of.
  await brand.given(
    corrected({ id: 'c2' }, { at: 180 }),
    floor.counted({ book: 5, counted: 5 }, {}, { at: 5 }),
  );
  expect(await brand.value('K12', HOUR)).toMatchObject({ num: 3, den: 4, knownValue: 0.5 });
  expect(await brand.value('K12c', HOUR)).toMatchObject({ value: 22.5, knownValue: 32.5 });
  expect(await brand.value('K12', EMPTY)).toBeUndefined();
});

/** Net sales and their cost, as the orders, the returns and the demand have them. */
const sold = async (
  brand: KpiBench,
  money: Record<'sales_shipped' | 'refunds' | 'cogs', number>,
) => {
  const row = (measure: string, value: number) =>
    `('${measure}', fromUnixTimestamp64Milli(${T0}), fromUnixTimestamp64Milli(${T0}), 'dc', 'web', '', '', 'A', ${value})`;
  await brand.client.command({
    query: `INSERT INTO measure_feed VALUES ${Object.entries(money)
      .map(([measure, value]) => row(measure, value))
      .join(', ')}`,
  });
};

test('K13: unexplained losses less gains at cost, of net sales; L5 and L8', async () => {
  const brand = await kpis.given(
    floor.item('A', '2.50'),
    floor.adjustment(-4, {}, { at: 1, id: 'lost' }), // 10.00 lost
    floor.adjustment(1, { raw_code: '51', reason_code: 'other' }, { at: 2 }), // 2.50 found again
    floor.adjustment(-3, { reason_code: 'damaged', raw_code: 'AU' }, { at: 3 }), // 7.50 written off
    floor.adjustment(-9, { reason_code: 'correction', raw_code: 'AB' }, { at: 4 }), // explained
  );
  expect(await brand.value('K13', HOUR)).toMatchObject({ num: 7.5, den: 0, value: null });
  await sold(brand, { sales_shipped: 1_000, refunds: 250, cogs: 300 });
  expect(await brand.value('K13', HOUR)).toMatchObject({ num: 7.5, den: 750, value: 0.01 });
  const leakage = `SELECT dim, toFloat64(sum(value)) AS cost FROM measures WHERE measure = 'leakage'
                   GROUP BY dim ORDER BY dim`;
  expect(await brand.rows(leakage)).toEqual([
    { dim: 'L5', cost: 7.5 },
    { dim: 'L8', cost: 7.5 },
  ]);
  await brand.given(floor.measured({ shrink_basis: 'cogs' }), floor.measured({ po_late_d: 1 }));
  expect(await brand.value('K13', HOUR)).toMatchObject({ num: 7.5, den: 300, value: 0.025 });
  await brand.given(floor.measured({ shrink_basis: 'avg_inventory' }));
  expect(await brand.value('K13', HOUR)).toMatchObject({ num: 7.5, den: 0, value: null });
  await brand.given(floor.measured({ shrink_basis: 'net_sales' }));
  await brand.given(corrected({ id: 'lost' }, { at: 180 }));
  expect(await brand.value('K13', HOUR)).toMatchObject({ num: -2.5, knownValue: 0.01 });
  expect(await brand.value('K13', EMPTY)).toBeUndefined();
});

test('K25: lines picked less those that were claimed; K26: shorts by bin', async () => {
  const brand = await kpis.given(
    floor.pick({ asked: 2, picked: 2 }, {}, { at: 1, id: 'p1' }),
    floor.pick({ asked: 2, picked: 1 }, { line_id: '2', location_id: 'B2' }, { at: 2 }),
    floor.pick({ asked: 2, picked: 0 }, { line_id: '3', location_id: 'B2' }, { at: 3 }),
    floor.pick({ asked: 1, picked: 1 }, { order_id: 'o2' }, { at: 4 }),
  );
  // Three lines have something picked, none is claimed; two of four came out short.
  expect(await brand.value('K25', HOUR)).toMatchObject({ num: 3, den: 3, value: 1 });
  expect(await brand.points('K26', { ...HOUR, by: 'dim' })).toMatchObject([
    { key: 'B1', num: 0, den: 2, value: 0 },
    { key: 'B2', num: 2, den: 2, value: 1 },
  ]);
  // Three days later the customer has the wrong item in hand; it is the pick's day that errs.
  await brand.given(floor.claim({}, { at: 3 * 1_440 }));
  expect(await brand.value('K25', HOUR)).toMatchObject({ num: 2, den: 3, knownValue: 1 });
  expect(await brand.points('K25', { ...HOUR, by: 'dim' })).toMatchObject([
    { key: 'B1', num: 1, den: 2 },
    { key: 'B2', num: 1, den: 1 },
  ]);
  // The pick was none: it leaves with its error.
  await brand.given(corrected({ id: 'p1' }));
  expect(await brand.value('K25', HOUR)).toMatchObject({ num: 2, den: 2 });
  expect(await brand.value('K26', HOUR)).toMatchObject({ num: 2, den: 3, knownValue: 0.5 });
  for (const id of ['K25', 'K26']) expect(await brand.value(id, EMPTY)).toBeUndefined();
});

test('K27: units and lines picked by the hour of direct labour', async () => {
  const brand = await kpis.given(
    floor.pick({ asked: 40, picked: 40 }, {}, { at: 10 }),
    floor.pick({ asked: 30, picked: 20 }, { line_id: '2' }, { at: 20 }),
    floor.pick({ asked: 5, picked: 5 }, { line_id: '3', shift_id: 's2' }, { at: 30 }),
    floor.worked(20, {}, { at: 31 }),
    floor.worked(10, { shift_id: 's2', worker_pseudo_id: 'w2' }, { at: 31 }),
    floor.worked(55, { process: 'packing' }, { at: 31 }),
  );
  // s1: 60 units, 2 lines in 20 minutes. s2: 5 units, 1 line in 10 minutes.
  expect(await brand.points('K27a', { ...HOUR, by: 'dim' })).toMatchObject([
    { key: 's1', num: 60, value: expect.closeTo(180, 9) as number },
    { key: 's2', num: 5, value: expect.closeTo(30, 9) as number },
  ]);
  expect(await brand.value('K27b', HOUR)).toMatchObject({ num: 3, den: 0.5, value: 6 });
  // Ten more minutes are booked after the hour: 65 units in 40 minutes, where 65 in 30 was known.
  await brand.given(floor.worked(10, { started_at: at(50) }, { at: 120 }));
  expect(await brand.value('K27a', HOUR)).toMatchObject({
    value: expect.closeTo(97.5, 9) as number,
    knownValue: expect.closeTo(130, 9) as number,
  });
  for (const id of ['K27a', 'K27b']) expect(await brand.value(id, EMPTY)).toBeUndefined();
});

test('the bins with recurring count issues, the worst first', async () => {
  const brand = await kpis.given(
    floor.item('A', '2'),
    floor.counted({ book: 10, counted: 7 }, {}, { at: 1 }),
    floor.counted({ book: 10, counted: 12 }, {}, { at: 2 }),
    floor.counted({ book: 10, counted: 10 }, { location_id: 'B2' }, { at: 3 }),
    floor.counted({ book: 10, counted: 1 }, { location_id: 'B2' }, { at: 4, id: 'wrong' }),
    corrected({ id: 'wrong' }),
    floor.locationError({}, { at: 5 }),
    floor.pick({ asked: 2, picked: 1 }, {}, { at: 6 }),
    floor.pick({ asked: 2, picked: 2 }, { location_id: 'B3', line_id: '2' }, { at: 7 }),
  );
  expect(
    await brand.rows(`SELECT * REPLACE (
        toFloat64(net_variance_cost) AS net_variance_cost,
        toFloat64(abs_variance_cost) AS abs_variance_cost,
        toString(last_count_at) AS last_count_at)
      FROM count_issues_by_location`),
  ).toEqual([
    {
      ...{ node_id: 'dc', location_id: 'B1', counts: 2, out_of_tolerance: 2 },
      ...{ out_of_tolerance_share: 1, net_variance_units: -1, net_variance_cost: -2 },
      ...{ abs_variance_cost: 10, location_errors: 1, short_picks: 1, failed_scans: 0 },
      last_count_at: '2026-03-02 08:02:00.000',
    },
    {
      ...{ node_id: 'dc', location_id: 'B2', counts: 1, out_of_tolerance: 0 },
      ...{ out_of_tolerance_share: 0, net_variance_units: 0, net_variance_cost: 0 },
      ...{ abs_variance_cost: 0, location_errors: 0, short_picks: 0, failed_scans: 0 },
      last_count_at: '2026-03-02 08:03:00.000',
    },
  ]);
});
