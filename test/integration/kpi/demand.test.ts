/** K14 to K17: stockouts and what they cost, days of supply, turns. Windows are minutes after T0, 08:00. */
import { describe, expect, test } from 'vitest';
import { event, type Given } from '../../support/given.ts';
import { useKpis } from '../../support/kpi.ts';

const kpis = useKpis();

const HOUR = 60;
const DAY = 24 * HOUR;
const midnight = (day: number) => day * DAY - 8 * HOUR;

const item = (over: object = {}, at = 0) =>
  event(
    'item.upserted',
    {
      sku_id: 'MUG',
      gtin: '',
      uom: 'EA',
      pack_qty: 1,
      abc_class: 'A',
      unit_cost: '3',
      currency: 'EUR',
      status: 'active',
      ...over,
    },
    { at },
  );
const adjusted = (units: number, at: number, id?: string) =>
  event(
    'inventory.adjusted',
    { sku_id: 'MUG', node_id: 'dc-1', qty_delta: units, adjustment_id: `a${at}` },
    { at, ...(id === undefined ? {} : { id }) },
  );
const shipped = (shipment: string, units: number, at: number) =>
  event(
    'shipment.dispatched',
    {
      shipment_id: shipment,
      node_id: 'dc-1',
      lines: [{ sku_id: 'MUG', qty: units }],
    },
    { at, id: shipment },
  );
const ordered = (order: string, units: number, at: number) =>
  event(
    'order.created',
    {
      order_id: order,
      node_id: 'dc-1',
      lines: [{ line_id: '1', sku_id: 'MUG', qty: units, unit_price: '10' }],
    },
    { at, id: order },
  );
/** 24 units a day on two days: a forecast of 24 a day, one an hour. 100 on hand, 52 of them to sell. */
const TWO_DAYS = [item(), adjusted(100, 0), ordered('o1', 24, 0), ordered('o2', 24, DAY)];
const published = (channel: string, at: number) =>
  event('channel.availability.published', { sku_id: 'MUG', channel_id: channel, qty: 1 }, { at });
const tick = (minute: number): Given =>
  event('clock.ticked', { tick: new Date(0).toISOString(), clock: 'feed' }, { at: minute });

describe('K14 stockout rate', () => {
  test('is hours without stock over hours listed, by channel and class', async () => {
    // Listed from minute 1 on two channels. MUG is out from minute 61 to 121: one hour each.
    const brand = await kpis.given(
      item(),
      adjusted(5, 0),
      published('web', 0),
      published('shop', 0),
      tick(60),
      adjusted(-5, 60),
      tick(61),
      adjusted(5, 120),
      tick(130),
    );
    expect(await brand.value('K14', { from: 1, to: 241 })).toMatchObject({
      num: 2,
      den: 8,
      value: 0.25,
    });
    expect(await brand.points('K14', { from: 61, to: 121, by: 'channel_id' })).toMatchObject([
      { key: 'shop', num: 1, den: 1 },
      { key: 'web', num: 1, den: 1 },
    ]);
    expect(
      await brand.value('K14', { from: 121, to: 241, where: { dim: 'A', sku_id: 'MUG' } }),
    ).toMatchObject({ num: 0, den: 4, value: 0 });
    expect(await brand.value('K14', { from: -120, to: -60 })).toBeUndefined();
    // What comes late does not change what the channels were shown; once it is listed no more, there is nothing.
    await brand.given(adjusted(9, 70), item({ status: 'discontinued' }, 300), tick(310));
    expect(await brand.value('K14', { from: 1, to: 241 })).toMatchObject({ num: 2, den: 8 });
    expect(await brand.value('K14', { from: 320, to: 380 })).toMatchObject({ den: 0, value: null });
  });
});

describe('K15 lost sales', () => {
  test('are forecast demand over the hours without stock, known when it is over', async () => {
    // Out from 10:00 to 14:00 on the third day: 4 units at 10, with a margin of 7 each.
    const out = midnight(2) + 10 * HOUR;
    const brand = await kpis.given(
      ...TWO_DAYS,
      // 16 on the third day, which has stock for two thirds of it: 24 a day again.
      adjusted(16, 1),
      ordered('o3', 16, 2 * DAY),
      adjusted(-52, out - 1),
      tick(out),
      adjusted(52, out + 4 * HOUR - 1),
      tick(out + 4 * HOUR),
    );
    const hour = { from: out, to: out + HOUR };
    // It was not known when the hour ended, but when the stockout did.
    expect(await brand.value('K15a', hour)).toMatchObject({ value: 4, num: 4, knownValue: 0 });
    expect(await brand.value('K15b', hour)).toMatchObject({ value: 40, knownValue: 0 });
    expect(await brand.value('K15c', hour)).toMatchObject({ value: 28, knownValue: 0 });
    expect(
      await brand.points('K15a', { from: 0, to: 4 * DAY, by: 'sku_id', where: { dim: 'A' } }),
    ).toMatchObject([{ key: 'MUG', value: 4, knownValue: 4 }]);
    expect(await brand.value('K15a', { from: 0, to: DAY })).toBeUndefined();
    // Out again from 20:00 on, over midnight: 4 units until then and 2 after.
    const again = midnight(2) + 20 * HOUR;
    await brand.given(
      adjusted(-52, again - 1),
      tick(again),
      tick(midnight(3) + 1),
      adjusted(52, midnight(3) + 2 * HOUR - 1),
      tick(midnight(3) + 2 * HOUR),
    );
    expect(await brand.value('K15a', { from: again, to: midnight(3) })).toMatchObject({ value: 4 });
    expect(await brand.value('K15a', { from: midnight(3), to: midnight(4) })).toMatchObject({
      value: 2,
    });
  });
});

describe('K16 days of supply', () => {
  test('is sellable stock over forecast demand, with late receipts where they belong', async () => {
    const brand = await kpis.given(...TWO_DAYS, tick(midnight(2) + 1));
    const window = { from: midnight(2) + HOUR, to: midnight(2) + 3 * HOUR };
    // Two hours of 100 units and of 24 a day.
    const point = await brand.value('K16', window);
    expect(point).toMatchObject({ num: 200, den: 48 });
    expect(point?.value).toBeCloseTo(100 / 24, 10);
    // 20 more had been there since one hour into the window.
    await brand.given(tick(midnight(2) + 9 * HOUR), adjusted(20, midnight(2) + 2 * HOUR));
    expect(await brand.value('K16', window)).toMatchObject({ num: 220, den: 48 });
    expect(await brand.points('K16', { ...window, by: 'node_id' })).toMatchObject([
      { key: 'dc-1', num: 220, den: 48 },
    ]);
    expect(await brand.value('K16', { from: -DAY, to: -HOUR })).toBeUndefined();
    expect(await brand.rows('SELECT * FROM days_of_supply_now')).toMatchObject([
      { sku_id: 'MUG', node_id: 'dc-1', sellable: 120, daily_units: 24, days_of_supply: 5 },
    ]);
    expect(await brand.rows('SELECT node_id, daily_units FROM replenishment_now')).toEqual([
      { node_id: 'dc-1', daily_units: 24 },
    ]);
  });

  test('is nothing where nothing is forecast', async () => {
    const brand = await kpis.given(adjusted(100, 0), tick(HOUR));
    expect(await brand.value('K16', { from: 0, to: HOUR })).toMatchObject({ den: 0, value: null });
  });
});

describe('K17 inventory turns', () => {
  test('is cost of goods sold over mean inventory at cost, a year', async () => {
    // 300 for an hour, 270 for the next: 570 money-hours. 10 × 3 are sold in the hour after 09:00.
    const brand = await kpis.given(item(), adjusted(100, 0), shipped('s1', 10, 60));
    const window = { from: 0, to: 120 };
    const point = await brand.value('K17', window);
    expect(point?.num).toBeCloseTo(30, 9);
    expect(point?.den).toBeCloseTo(570 / 8_766, 9);
    expect(point?.value).toBeCloseTo((30 * 8_766) / 570, 6);
    // Another 20, late: at 08:00. 240 for an hour, 210 for the next; 90 sold.
    await brand.given(tick(600), shipped('s2', 20, 0));
    const late = await brand.value('K17', window);
    expect(late?.num).toBeCloseTo(90, 9);
    expect(late?.den).toBeCloseTo(450 / 8_766, 9);
    expect((await brand.points('K17', { ...window, by: 'dim' })).map(({ key }) => key)).toEqual([
      'A',
    ]);
    // Both are taken back: the one by a void, the other by a correction.
    await brand.given(
      event('shipment.voided', { shipment_id: 's1' }, { at: 610 }),
      event('event.corrected', { corrects: { source: 'urn:test:wms', id: 's2' } }, { at: 620 }),
    );
    expect((await brand.value('K17', window))?.num).toBe(0);
    expect(await brand.value('K17', { from: -120, to: -60 })).toBeUndefined();
  });
});
