/** K14 to K17: stockouts and what they cost, days of supply, turns. Windows are minutes after T0, 08:00. */
import { describe, expect, test } from 'vitest';
import { event, type Given } from '../../support/given.ts';
import { useKpis } from '../../support/kpi.ts';

const kpis = useKpis();

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
