/** K01a … K11a: the service of orders. Figures are worked out by hand beside each story. */
import { describe, expect, test } from 'vitest';
import { corrected } from '../../support/facts.ts';
import { event, type Given } from '../../support/given.ts';
import { useKpis, type KpiBench } from '../../support/kpi.ts';
import {
  allocated,
  backordered,
  cancelled,
  changed,
  claimed,
  delivered,
  freed,
  held,
  packed,
  picked,
  pickStarted,
  placed,
  released,
  scanned,
  shipped,
  voided,
} from '../../support/orders.ts';

const kpis = useKpis();
const DAY = 1_440;
/** Windows: the first day, the days in which the deliveries are due, and one in which nothing is. */
const FIRST = { from: 0, to: DAY };
const DUE = { from: DAY, to: 2 * DAY };
const DELIVERY_DUE = { from: 3 * DAY, to: 4 * DAY };
const EMPTY = { from: 40 * DAY, to: 41 * DAY };

const mugs = (qty: number, price = '10') => ({ sku: 'MUG', qty, price });
const measure = (value: Record<string, unknown>): Given =>
  event('policy.set', {
    policy: 'measurement',
    scope: {},
    value,
    actor: 'coo',
    reason: 'contract',
  });

/** Promised dispatch at one day, delivery at three. Four orders of two lines, four units each. */
const FILL: readonly Given[] = [
  ...['A', 'B', 'C', 'D'].map((id) => placed(id, { 1: mugs(3), 2: mugs(1) })),
  // A: all at once, in time.
  shipped('A', 'A1', { 1: 3, 2: 1 }, { at: 600 }),
  scanned('A1', 700),
  // B: its second line in time but apart.
  shipped('B', 'B1', { 1: 3 }, { at: 600, carrier: 'ups' }),
  scanned('B1', 700),
  shipped('B', 'B2', { 2: 1 }, { at: 900, carrier: 'ups' }),
  scanned('B2', 1_000),
  // C: one unit of the first line cancelled by its customer, the rest complete but ten minutes late.
  cancelled('C', { 1: 1 }, { at: 100 }),
  shipped('C', 'C1', { 1: 2, 2: 1 }, { at: DAY + 10, id: 'C1' }),
  scanned('C1', DAY + 20),
  // D: the seller has nothing of its first line; the second leaves in time, its scan is late.
  cancelled('D', { 1: 3 }, { at: 200, by: 'seller', reason: 'out of stock' }),
  shipped('D', 'D1', { 2: 1 }, { at: 700 }),
  scanned('D1', DAY + 5),
];

/** By a dimension, without keys of which all was taken back. */
async function cutBy(brand: KpiBench, id: string, by: 'dim' | 'sku_id') {
  const points = await brand.points(id, { ...DUE, by });
  return points.filter(({ den, num }) => den !== 0 || num !== 0);
}

describe('fill and on-time shipment', () => {
  test('K01a counts units that left by the promise of those due', async () => {
    const brand = await kpis.given(...FILL);
    // Due: A 4, B 4, C 3 (the customer took one back), D 4. In time: A 4, B 4, C 0, D 1.
    expect(await brand.value('K01a', DUE)).toMatchObject({ num: 9, den: 15, value: 0.6 });
    expect(await cutBy(brand, 'K01a', 'sku_id')).toMatchObject([{ key: 'MUG', num: 9, den: 15 }]);
    expect(await brand.value('K01a', EMPTY)).toBeUndefined();
    // A day later A's dispatch is undone.
    await brand.given(voided('A1', 3 * DAY));
    expect(await brand.value('K01a', DUE)).toMatchObject({ num: 5, den: 15, knownValue: 0.6 });
  });

  test('K01b counts lines that left complete by the promise', async () => {
    const brand = await kpis.given(...FILL);
    // Lines due: 2 each. In time and complete: A both, B both, D its second.
    expect(await brand.value('K01b', DUE)).toMatchObject({ num: 5, den: 8, value: 0.625 });
    expect(await brand.value('K01b', EMPTY)).toBeUndefined();
    // A day later C's dispatch turns out to have been reported wrong, and it left in time.
    await brand.tick(3 * DAY);
    await brand.given(
      corrected({ id: 'C1' }, { id: 'wrong' }),
      shipped('C', 'C9', { 1: 2, 2: 1 }, { at: DAY - 5 }),
    );
    expect(await brand.value('K01b', DUE)).toMatchObject({ num: 7, den: 8, knownValue: 0.625 });
  });

  test('K01c counts orders of which the first shipment had all', async () => {
    const brand = await kpis.given(...FILL);
    // A; and C, whose customer took one unit back: late, but complete. B was split, D lacks a line.
    expect(await brand.value('K01c', DUE)).toMatchObject({ num: 2, den: 4, value: 0.5 });
    expect(await cutBy(brand, 'K01c', 'dim')).toMatchObject([
      { key: 'dhl', num: 2, den: 3 },
      { key: 'ups', num: 0, den: 1 },
    ]);
    await brand.given(voided('B1', 3 * DAY), shipped('B', 'B3', { 1: 3 }, { at: 3 * DAY }));
    expect(await brand.value('K01c', DUE)).toMatchObject({ num: 2, den: 4 });
    await brand.given(voided('C1', 4 * DAY));
    expect(await brand.value('K01c', DUE)).toMatchObject({ num: 1, den: 4, knownValue: 0.5 });
    expect(await brand.value('K01c', EMPTY)).toBeUndefined();
  });

  test('K02 counts orders that the carrier had by the promise', async () => {
    const brand = await kpis.given(...FILL);
    // A and B; C left late, and D was scanned late.
    expect(await brand.value('K02', DUE)).toMatchObject({ num: 2, den: 4, value: 0.5 });
    // An earlier scan of D is heard of a day later.
    await brand.tick(3 * DAY);
    await brand.given(scanned('D1', DAY - 1));
    expect(await brand.value('K02', DUE)).toMatchObject({ num: 3, den: 4, knownValue: 0.5 });
    expect(await cutBy(brand, 'K02', 'dim')).toMatchObject([
      { key: 'dhl', num: 2, den: 3 },
      { key: 'ups', num: 1, den: 1 },
    ]);
    expect(await brand.value('K02', EMPTY)).toBeUndefined();
  });

  test('what is due later, and what its customer cancelled, is not due', async () => {
    const brand = await kpis.given(
      placed('A', { 1: mugs(1) }),
      placed('B', { 1: mugs(1) }, { shipBy: 5 * DAY, deliverBy: 8 * DAY }),
      placed('C', { 1: mugs(1) }),
      cancelled('C', { 1: 1 }, { at: 5 }),
    );
    // A is open and overdue: a miss.
    expect(await brand.value('K02', DUE)).toMatchObject({ num: 0, den: 1, value: 0 });
    // A new promise before the old one is broken moves the due date.
    await brand.given(changed('B', { 1: 1 }, { at: 60, shipBy: DAY + 60 }));
    expect(await brand.value('K02', DUE)).toMatchObject({ num: 0, den: 2 });
    await brand.given(changed('A', { 1: 1 }, { at: DAY + 60, shipBy: 9 * DAY }));
    expect(await brand.value('K02', DUE)).toMatchObject({ num: 0, den: 2 });
  });
});

/** Three orders of two lines, all shipped in time and due for delivery on the third day. */
const DELIVERIES: readonly Given[] = [
  ...['A', 'B', 'C'].flatMap((id) => [
    placed(id, { 1: mugs(1), 2: mugs(1) }, { deliverBy: 3 * DAY + 100 }),
    shipped(id, `${id}1`, { 1: 1 }, { at: 500 }),
    shipped(id, `${id}2`, { 2: 1 }, { at: 600 }),
    delivered(`${id}1`, 2 * DAY),
  ]),
  delivered('A2', 3 * DAY),
  // B: its second parcel a day late. C: it never comes.
  delivered('B2', 4 * DAY),
];

describe('delivery', () => {
  test('K03 counts orders that were delivered by the promise', async () => {
    const brand = await kpis.given(...DELIVERIES);
    expect(await brand.value('K03', DELIVERY_DUE)).toMatchObject({ num: 1, den: 3 });
    // The carrier reports a day later that C2 was there in time.
    await brand.tick(6 * DAY);
    await brand.given(delivered('C2', 3 * DAY + 50));
    const late = await brand.value('K03', DELIVERY_DUE);
    expect(late).toMatchObject({ num: 2, den: 3 });
    expect(late?.knownValue).toBeCloseTo(1 / 3, 12);
    expect(await brand.value('K03', EMPTY)).toBeUndefined();
  });

  test('K04 counts orders, or lines, by the policy', async () => {
    const brand = await kpis.given(...DELIVERIES);
    expect(await brand.value('K04', DELIVERY_DUE)).toMatchObject({ num: 1, den: 3 });
    const byLine = await kpis.given(measure({ otif_level: 'line' }), ...DELIVERIES);
    // Each first line, and the second one of A.
    expect(await byLine.value('K04', DELIVERY_DUE)).toMatchObject({ num: 4, den: 6 });
    await byLine.tick(6 * DAY);
    await byLine.given(delivered('C2', 3 * DAY + 50));
    const late = await byLine.value('K04', DELIVERY_DUE);
    expect(late).toMatchObject({ num: 5, den: 6 });
    expect(late?.knownValue).toBeCloseTo(4 / 6, 12);
    expect(await byLine.value('K04', EMPTY)).toBeUndefined();
  });

  test('K04 holds a delivery against the date that the policy names', async () => {
    const story = [
      placed('A', { 1: mugs(1) }, { deliverBy: 3 * DAY }),
      // Promised anew for half a day later, and so is the delivery.
      changed('A', { 1: 1 }, { at: 10, shipBy: DAY + 720 }),
      shipped('A', 'A1', { 1: 1 }, { at: DAY + 60 }),
      delivered('A1', 3 * DAY + 300),
    ];
    const promised = await kpis.given(...story);
    expect(await promised.value('K04', DELIVERY_DUE)).toMatchObject({ num: 1, den: 1 });
    const requested = await kpis.given(measure({ otif_date: 'requested' }), ...story);
    expect(await requested.value('K04', DELIVERY_DUE)).toMatchObject({ num: 0, den: 1 });
  });

  test('K05 scores each delivered order, and takes back what a claim shows', async () => {
    const brand = await kpis.given(...DELIVERIES);
    // A on the third day; B on the fourth, late; C not at all.
    const window = { from: 3 * DAY, to: 5 * DAY };
    expect(await brand.value('K05', window)).toMatchObject({ num: 1, den: 2, value: 0.5 });
    await brand.given(claimed('A', '1', 'changed my mind', 6 * DAY));
    expect(await brand.value('K05', window)).toMatchObject({ num: 1, den: 2 });
    await brand.given(claimed('A', '2', 'arrived damaged', 10 * DAY));
    expect(await brand.value('K05', window)).toMatchObject({ num: 0, den: 2, knownValue: 0.5 });
    expect(await brand.value('K05', EMPTY)).toBeUndefined();
  });

  test('K05 hears no claim after the claims period', async () => {
    const late = [placed('A', { 1: mugs(1) }), shipped('A', 'A1', { 1: 1 }, { at: 60 })];
    const story = [...late, delivered('A1', DAY), claimed('A', '1', 'wrong_item', 9 * DAY)];
    const window = { from: DAY, to: 2 * DAY };
    const fortnight = await kpis.given(...story);
    expect(await fortnight.value('K05', window)).toMatchObject({ num: 0, den: 1 });
    const week = await kpis.given(measure({ claims_d: 7 }), ...story);
    expect(await week.value('K05', window)).toMatchObject({ num: 1, den: 1 });
  });
});

/** One order of an hour in each stage: held from minute 60 to 120, and so on. */
const STAGES: readonly Given[] = [
  placed('A', { 1: mugs(2) }),
  held('A', 60),
  freed('A', 120),
  released('A', 180),
  allocated('A', '1', 2, 240),
  pickStarted('A', 300),
  picked('A', '1', 2, 360),
  packed('A', { 1: 2 }, 420),
  shipped('A', 'A1', { 1: 2 }, { at: 480 }),
  delivered('A1', 1_080),
];

describe('cycle time', () => {
  const hours = async (brand: KpiBench, id: string) => {
    const points = await brand.points(id, { ...FIRST, by: 'dim' });
    return Object.fromEntries(points.map(({ key, value }) => [key, value]));
  };

  test('K06, K06a and K06b measure an order and its stages', async () => {
    const brand = await kpis.given(...STAGES);
    expect(await brand.value('K06', FIRST)).toMatchObject({ value: 8, spread: { count: 1 } });
    expect(await hours(brand, 'K06a')).toEqual({
      // The first hour, and the one between hold and release.
      created: 2,
      on_hold: 1,
      released: 1,
      allocated: 1,
      picking: 1,
      picked: 1,
      packed: 1,
      shipped: 10,
    });
    expect(await brand.value('K06b', FIRST)).toMatchObject({ value: 18 });
    for (const id of ['K06', 'K06a', 'K06b']) {
      expect(await brand.value(id, EMPTY)).toBeUndefined();
    }
  });

  test('percentiles over several, and a late pick moves the boundary between two stages', async () => {
    const brand = await kpis.given(
      ...STAGES,
      placed('B', { 1: mugs(1) }),
      shipped('B', 'B1', { 1: 1 }, { at: 120 }),
    );
    // 8 hours and 2 hours; B went from created to shipped.
    expect(await brand.value('K06', FIRST)).toMatchObject({
      spread: { count: 2, mean: 5, p90: 8 },
    });
    await brand.tick(2 * DAY);
    await brand.given(pickStarted('B', 60));
    const points = await brand.points('K06a', { ...FIRST, by: 'dim' });
    // B: 2 hours became one and one. A: 2 and 1.
    expect(points.find(({ key }) => key === 'created')).toMatchObject({
      spread: { count: 2, mean: 1.5 },
      knownValue: 2,
    });
    expect(points.find(({ key }) => key === 'picking')).toMatchObject({
      spread: { count: 2, mean: 1 },
    });
  });
});

describe('K07', () => {
  const level = async (brand: KpiBench, at: number) =>
    (await brand.value('K07', { from: at - 1, to: at }))?.value ?? 0;

  test('counts open orders over their promise', async () => {
    const brand = await kpis.given(
      placed('A', { 1: mugs(1) }, { shipBy: 600 }),
      placed('B', { 1: mugs(1) }, { shipBy: 900 }),
      released('A', 700),
      shipped('A', 'A1', { 1: 1 }, { at: 1_000 }),
      shipped('B', 'B1', { 1: 1 }, { at: 800 }),
    );
    expect(await level(brand, 600)).toBe(0);
    expect(await level(brand, 650)).toBe(1);
    expect(await level(brand, 1_000)).toBe(1);
    expect(await level(brand, 1_001)).toBe(0);
    expect(await brand.points('K07', { from: 640, to: 650, by: 'dim' })).toMatchObject([
      { key: 'created', value: 1 },
    ]);
    // A late void: B was not out by its promise after all.
    await brand.given(voided('B1', 2 * DAY));
    expect(await level(brand, 2 * DAY + 1)).toBe(1);
    expect(await level(await kpis.given(), 5)).toBe(0);
  });

  test('a hold of the customer moves the promise, one of the seller does not', async () => {
    const brand = await kpis.given(
      placed('A', { 1: mugs(1) }, { shipBy: 600 }),
      held('A', 500, 'address'),
      placed('B', { 1: mugs(1) }, { shipBy: 600 }),
      held('B', 500, 'fraud'),
      freed('A', 800),
    );
    // B from 600 on; A stood still from 500 to 800 and is due at 900.
    expect(await level(brand, 700)).toBe(1);
    expect(await level(brand, 899)).toBe(1);
    expect(await level(brand, 902)).toBe(2);
  });
});

describe('acceptance', () => {
  test('K08 and K09: accepted without stock', async () => {
    const brand = await kpis.given(
      placed('A', { 1: mugs(6), 2: mugs(4) }),
      placed('B', { 1: mugs(10) }),
      backordered('A', '1', 2, 30),
      // The same two units again, expected later; and one of them is given up.
      backordered('A', '1', 2, 90),
      cancelled('A', { 1: 1 }, { at: 200, by: 'seller', reason: 'no inventory' }),
    );
    expect(await brand.value('K08', FIRST)).toMatchObject({ num: 1, den: 3 });
    expect(await brand.value('K09', FIRST)).toMatchObject({ num: 2, den: 20, value: 0.1 });
    await brand.given(
      cancelled('B', { 1: 5 }, { at: 2 * DAY, by: 'system', reason: 'oversold' }),
      backordered('B', '1', 5, 2 * DAY),
    );
    const backorders = await brand.value('K08', FIRST);
    expect(backorders).toMatchObject({ num: 2, den: 3 });
    expect(backorders?.knownValue).toBeCloseTo(1 / 3, 12);
    expect(await brand.value('K09', FIRST)).toMatchObject({ num: 7, den: 20, knownValue: 0.1 });
    expect(await brand.value('K08', EMPTY)).toBeUndefined();
    expect(await brand.value('K09', EMPTY)).toBeUndefined();
  });

  test('K10 and K10a: orders cancelled before anything was shipped', async () => {
    const brand = await kpis.given(
      ...['A', 'B', 'C', 'D'].map((id) => placed(id, { 1: mugs(2) })),
      cancelled('A', { 1: 2 }, { at: 60 }),
      // In part only.
      cancelled('B', { 1: 1 }, { at: 60 }),
      // After a part was shipped.
      shipped('C', 'C1', { 1: 1 }, { at: 90 }),
      cancelled('C', { 1: 1 }, { at: 100 }),
    );
    expect(await brand.value('K10', FIRST)).toMatchObject({ num: 1, den: 4, value: 0.25 });
    expect(await brand.value('K10a', FIRST)).toMatchObject({ num: 0, den: 4 });
    await brand.given(cancelled('D', { 1: 2 }, { at: 2 * DAY, by: 'seller', reason: 'pricing' }));
    expect(await brand.value('K10', FIRST)).toMatchObject({ num: 2, den: 4, knownValue: 0.25 });
    expect(await brand.value('K10a', FIRST)).toMatchObject({ num: 1, den: 4, knownValue: 0 });
    expect(await brand.points('K10', { ...FIRST, by: 'dim' })).toMatchObject([
      { key: '', num: 0, den: 4 },
      { key: 'customer', num: 1 },
      { key: 'seller', num: 1 },
    ]);
    expect(await brand.value('K10', EMPTY)).toBeUndefined();
    expect(await brand.value('K10a', EMPTY)).toBeUndefined();
  });

  test('K11 and K11a: orders that went out in parts', async () => {
    const brand = await kpis.given(
      placed('A', { 1: mugs(2) }),
      placed('B', { 1: mugs(2) }),
      placed('C', { 1: mugs(1) }),
      shipped('A', 'A1', { 1: 1 }, { at: 60 }),
      shipped('A', 'A2', { 1: 1 }, { at: 90 }),
      shipped('B', 'B1', { 1: 2 }, { at: 60 }),
      shipped('C', 'C1', { 1: 1 }, { at: 60 }),
    );
    // C has one unit: it cannot be split.
    expect(await brand.value('K11', FIRST)).toMatchObject({ num: 1, den: 2, value: 0.5 });
    expect(await brand.value('K11a', FIRST)).toMatchObject({ num: 4, den: 3 });
    await brand.given(voided('A2', 2 * DAY));
    expect(await brand.value('K11', FIRST)).toMatchObject({ num: 0, den: 2, knownValue: 0.5 });
    expect(await brand.value('K11a', FIRST)).toMatchObject({ num: 3, den: 3, value: 1 });
    expect(await brand.value('K11', EMPTY)).toBeUndefined();
    expect(await brand.value('K11a', EMPTY)).toBeUndefined();
  });
});

test('net sales and units are those that were shipped, in the house currency', async () => {
  const brand = await kpis.given(
    measure({ house_currency: 'EUR' }),
    placed('A', { 1: mugs(3, '9.99') }),
    placed('B', { 1: mugs(1, '100') }, { currency: 'USD' }),
    shipped('A', 'A1', { 1: 2 }, { at: 60 }),
    shipped('A', 'A2', { 1: 1 }, { at: 70 }),
    voided('A2', 80),
    shipped('B', 'B1', { 1: 1 }, { at: 60, id: 'B1' }),
  );
  const sums = () =>
    brand.rows(
      `SELECT measure, toFloat64(sum(value)) AS value FROM measures
       WHERE measure IN ('sales_shipped', 'units_shipped', 'orders_shipped')
       GROUP BY measure ORDER BY measure`,
    );
  // 2 × 9.99; two mugs of A and one of B.
  expect(await sums()).toEqual([
    { measure: 'orders_shipped', value: 2 },
    { measure: 'sales_shipped', value: 19.98 },
    { measure: 'units_shipped', value: 3 },
  ]);
  await brand.given(corrected({ id: 'B1' }, { at: 90 }));
  expect(await sums()).toMatchObject([{ value: 1 }, { value: 19.98 }, { value: 2 }]);
});
