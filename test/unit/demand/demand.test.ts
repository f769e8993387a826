/** Demand beside stock: what is counted, what is hidden, what is forecast, and that a restart changes nothing. */
import { describe, expect, it, test } from 'vitest';
import { event, T0, type Given } from '../../support/given.ts';
import { ReducerBench, type Row } from '../../support/reducers.ts';

const HOUR = 60;
const DAY = 24 * HOUR;
/** Minutes after T0, which is at 08:00. */
const midnight = (day: number) => day * DAY - 8 * HOUR;
const instant = (minute: number) => T0 + minute * 60_000;

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
const adjusted = (units: number, at: number, sku = 'MUG') =>
  event(
    'inventory.adjusted',
    { sku_id: sku, node_id: 'dc-1', qty_delta: units, adjustment_id: `a${at}` },
    { at },
  );
const ordered = (order: string, units: number, at: number, over: object = {}, sku = 'MUG') =>
  event(
    'order.created',
    {
      order_id: order,
      node_id: 'dc-1',
      lines: [{ line_id: '1', sku_id: sku, qty: units, unit_price: '10' }],
      ...over,
    },
    { at, id: order },
  );
const daily = (units: number, days: number, from = 0) =>
  Array.from({ length: days }, (_, day) => ordered(`d${from + day}`, units, (from + day) * DAY));

const bench = () => new ReducerBench(['stock']);
const last = (rows: readonly Row[]) => rows.at(-1);
const replenishment = (of: ReducerBench) => last(of.rows('replenishment'));

describe('demand', () => {
  it('is what was ordered a day, and a forecast of it the next', () => {
    const brand = bench()
      .given(item(), adjusted(500, 0), ...daily(24, 2))
      .tick(midnight(2) + 1);
    expect(replenishment(brand)).toMatchObject({
      sku_id: 'MUG',
      node_id: 'dc-1',
      abc_class: 'A',
      demand_class: 'smooth',
      daily_units: 24,
      daily_sd: 0,
    });
    // No receipt yet: 14 days ± 3 and a day from dock to stock, for 98 %: 24 × 15 + 2.054 × 24 × 3.
    const row = replenishment(brand);
    expect(row).toMatchObject({ lead_days: 15, lead_sd: 3, service_level: 0.98 });
    expect(row?.['safety_stock']).toBeCloseTo(2.054 * 72, 6);
    expect(row?.['reorder_point']).toBeCloseTo(360 + 2.054 * 72, 6);
  });

  it('projects when stock runs out and what is under way', () => {
    const brand = bench()
      .given(
        event(
          'purchaseorder.issued',
          {
            po_id: 'po',
            supplier_id: 'acme',
            node_id: 'dc-1',
            lines: [{ sku_id: 'MUG', qty: 100, due_at: new Date(instant(9 * DAY)).toISOString() }],
          },
          { at: 0 },
        ),
        adjusted(144, 0),
        ordered('o', 24, 1),
      )
      .tick(midnight(1));
    // 144 − 24 are 120 now: five days. The order is not acknowledged, so nothing is counted on.
    expect(replenishment(brand)).toMatchObject({
      supplier_id: 'acme',
      atp: 120,
      inventory_position: 220,
      below_reorder_point: 1,
      days_of_cover: 5,
      stockout_at: instant(midnight(6)),
      usable_at: instant(midnight(16)),
      gap_days: 10,
      lost_units: 240,
      risk: 1,
    });
  });

  it('learns the lead time from receipts', () => {
    const po = { po_id: 'po', supplier_id: 'acme', node_id: 'dc-1' };
    const brand = bench()
      .given(
        adjusted(100, 0),
        event(
          'purchaseorder.issued',
          {
            ...po,
            lines: [{ sku_id: 'MUG', qty: 10, due_at: new Date(instant(9 * DAY)).toISOString() }],
          },
          { at: 0 },
        ),
        event(
          'receipt.line.received',
          { ...po, receipt_id: 'r', sku_id: 'MUG', qty_received: 10 },
          { at: 10 * DAY },
        ),
        ordered('o', 1, 10 * DAY),
      )
      .tick(midnight(11));
    expect(replenishment(brand)).toMatchObject({ supplier_id: 'acme', lead_days: 11, lead_sd: 0 });
  });

  it('takes changes of a line, and leaves cancellations out', () => {
    const brand = bench()
      .given(
        adjusted(500, 0),
        ordered('o', 10, 0),
        event('order.changed', { order_id: 'o', lines: [{ line_id: '1', qty: 14 }] }, { at: 5 }),
        event('order.cancelled', { order_id: 'o', lines: [{ line_id: '1', qty: 14 }] }, { at: 9 }),
      )
      .tick(midnight(1));
    expect(replenishment(brand)).toMatchObject({ daily_units: 14, atp: 500 });
  });

  it('drops what was declared wrong, and counts what comes late where it belongs', () => {
    const brand = bench()
      .given(
        adjusted(5_000, 0),
        ordered('o', 20, 0),
        ordered('wrong', 900, 10),
        event('event.corrected', { corrects: { source: 'urn:test:wms', id: 'wrong' } }, { at: 20 }),
      )
      .tick(midnight(1) + HOUR);
    expect(replenishment(brand)).toMatchObject({ daily_units: 20 });
    // 20 more of day 0 come on day 1, on which 40 are ordered: 40 a day, evenly.
    brand.given(ordered('late', 20, 30), ordered('o2', 40, DAY)).tick(midnight(2));
    expect(replenishment(brand)).toMatchObject({ daily_units: 40, daily_sd: 0 });
  });

  it('belongs to a node from the allocation on', () => {
    const brand = bench()
      .given(
        adjusted(500, 0),
        ordered('o', 30, 0, { node_id: undefined }),
        event(
          'order.line.allocated',
          { order_id: 'o', line_id: '1', sku_id: 'MUG', node_id: 'dc-1', qty: 18 },
          { at: 5 },
        ),
      )
      .tick(midnight(1));
    expect(brand.rows('replenishment')).toMatchObject([{ node_id: 'dc-1', daily_units: 18 }]);
  });

  it('is hidden by a stockout: such a day is no day without demand', () => {
    const out = [
      item(),
      adjusted(24, 0),
      ordered('o', 24, 0),
      adjusted(100, 2 * DAY),
      ordered('o2', 48, 2 * DAY + 1),
    ];
    const brand = bench()
      .given(...out)
      .tick(midnight(3));
    // Day 1 was without stock; on day 2 there was some for two thirds of it, so that 48 are 72 a day:
    // 24 + 0.2 × (72 − 24).
    expect(replenishment(brand)).toMatchObject({ days_observed: 2, demand_class: 'erratic' });
    expect(replenishment(brand)?.['daily_units']).toBeCloseTo(33.6, 6);
    const shown = bench().given(item(), adjusted(500, 0), ordered('o', 24, 0));
    shown.given(ordered('o2', 48, 2 * DAY + 1)).tick(midnight(3));
    expect(replenishment(shown)).toMatchObject({ demand_class: 'intermittent' });
  });
});

describe('stockouts', () => {
  /** 24 a day for two days, then out from 10:00 to 14:00 on the third. */
  const STORY = [
    item(),
    adjusted(100, 0),
    ...daily(24, 2),
    adjusted(-52, midnight(2) + 10 * HOUR - 1),
    event(
      'clock.ticked',
      { tick: new Date(0).toISOString(), clock: 'feed' },
      { at: midnight(2) + 10 * HOUR },
    ),
    adjusted(52, midnight(2) + 14 * HOUR - 1),
  ];

  it('cost forecast demand over their hours', () => {
    const brand = bench()
      .given(...STORY)
      .tick(midnight(2) + 15 * HOUR);
    expect(brand.rows('stockouts')).toMatchObject([
      {
        sku_id: 'MUG',
        channel_id: 'web',
        began_at: instant(midnight(2) + 10 * HOUR),
        to_at: instant(midnight(2) + 14 * HOUR),
        hours: 4,
        goes_on: 0,
        daily_units: 24,
        lost_units: 4,
        lost_units_low: 4,
        lost_units_high: 4,
        lost_revenue: '40',
        lost_margin: '28',
      },
    ]);
  });

  it('are written at the end of each day that they go on over', () => {
    const brand = bench()
      .given(...STORY.slice(0, -1))
      .tick(midnight(3) + 1)
      .tick(midnight(4) + 1);
    expect(brand.rows('stockouts')).toMatchObject([
      { hours: 14, goes_on: 1, lost_units: 14 },
      { hours: 24, goes_on: 1, from_at: instant(midnight(3)), to_at: instant(midnight(4)) },
    ]);
  });

  it('leave the price of another currency out', () => {
    const foreign = STORY.map((given) =>
      given.name === 'order.created'
        ? { ...given, data: { ...given.data, currency: 'USD' } }
        : given,
    );
    const brand = bench()
      .given(...foreign)
      .tick(midnight(2) + 15 * HOUR);
    expect(brand.rows('stockouts')).toMatchObject([{ lost_units: 4, lost_revenue: '0' }]);
  });

  it('end, as the listing does, when the item is sold no more', () => {
    const brand = bench()
      .given(...STORY.slice(0, -1), item({ status: 'discontinued' }, midnight(2) + 12 * HOUR))
      .tick(midnight(2) + 13 * HOUR);
    const levels = (measure: string) =>
      brand
        .rows('levels')
        .filter((row) => row['measure'] === measure)
        .map((row) => row['value']);
    expect(levels('listed')).toEqual([1, -1]);
    expect(levels('stockout')).toEqual([1, -1]);
  });

  it('follow a decision about a channel', () => {
    const policy = (share: number, at: number) =>
      event(
        'policy.set',
        {
          policy: 'channel',
          scope: { channel_id: 'web' },
          value: { share },
          actor: 'u',
          reason: 'r',
        },
        { at },
      );
    const brand = bench()
      .given(adjusted(100, 0), ordered('o', 1, 0), policy(0, 30))
      .tick(60)
      .given(policy(1, 90))
      .tick(120);
    const stockout = brand.rows('levels').filter((row) => row['measure'] === 'stockout');
    expect(stockout).toMatchObject([
      { at: instant(31), value: 1, channel_id: 'web' },
      { at: instant(91), value: -1, channel_id: 'web' },
    ]);
  });

  it('move to another class with the item', () => {
    const brand = bench().given(
      ...STORY.slice(0, -1),
      item({ abc_class: 'C' }, midnight(2) + 11 * HOUR),
    );
    brand.tick(midnight(2) + 12 * HOUR);
    const held = new Map<string, number>();
    for (const { dim, measure, value } of brand.rows('levels')) {
      const key = `${measure} ${dim}`;
      held.set(key, (held.get(key) ?? 0) + Number(value));
    }
    expect(held.get('stockout A')).toBe(0);
    expect(held.get('stockout C')).toBe(1);
    expect(held.get('listed C')).toBe(1);
  });
});

describe('cost of goods', () => {
  it('is that of the item as known at the dispatch, whatever it costs later', () => {
    const shipped = event(
      'shipment.dispatched',
      { shipment_id: 's', node_id: 'dc-1', lines: [{ sku_id: 'MUG', qty: 5 }] },
      { at: 10 },
    );
    const brand = bench().given(item(), adjusted(100, 0), shipped, item({ unit_cost: '9' }, 20));
    expect(brand.net('cogs')).toMatchObject([{ units: 5, unit_cost: '3', cogs: '15' }]);
    brand.given(event('shipment.voided', { shipment_id: 's' }, { at: 30 }));
    expect(brand.net('cogs')).toEqual([]);
  });

  it('is flagged and left out where the cost is in another currency', () => {
    const brand = bench().given(
      ordered('o', 1, 0),
      item({ currency: 'USD' }, 5),
      event(
        'shipment.dispatched',
        { shipment_id: 's', node_id: 'dc-1', lines: [{ sku_id: 'MUG', qty: 5 }] },
        { at: 10 },
      ),
    );
    expect(brand.rows('cogs')).toEqual([]);
    expect(brand.rows('sku_costs')).toMatchObject([{ sku_id: 'MUG', unit_cost: '0' }]);
    expect(brand.findings).toContainEqual(
      expect.objectContaining({ code: 'FLOW_VIOLATION', subtype: 'currency', skuId: 'MUG' }),
    );
  });
});

/** Six weeks of a few SKUs that sell, run out and come back; the same whenever it is asked for. */
function season(): Given[] {
  let seed = 11;
  const random = (below: number) => {
    seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const events: Given[] = [item(), item({ sku_id: 'CUP', abc_class: 'C' })];
  for (let day = 0; day < 42; day++) {
    for (let order = 0; order < 4; order++) {
      const at = day * DAY + random(600);
      const sku = random(3) === 0 ? 'CUP' : 'MUG';
      const channel = random(2) === 0 ? 'web' : 'shop';
      events.push(ordered(`o${day}/${order}`, 1 + random(9), at, { channel_id: channel }, sku));
    }
    const late = day * DAY - random(300);
    if (random(4) === 0)
      events.push(adjusted(random(120) - 30, late, random(2) === 0 ? 'MUG' : 'CUP'));
  }
  return events.sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
}

const DEMAND = ['replenishment', 'stockouts', 'levels', 'sku_costs', 'cogs'] as const;
const written = (of: ReducerBench) => DEMAND.map((table) => of.rows(table));
const stateOf = (of: ReducerBench) =>
  of.slice.hosted
    .flatMap(({ processor }) => [...processor.snapshot()])
    .map(({ bytes, name }) => `${name} ${Buffer.from(bytes).toString('base64')}`);

describe('law 2', () => {
  test('the same log gives the same rows and the same state', () => {
    const one = bench().given(...season());
    const other = bench().given(...season());
    expect(written(other)).toEqual(written(one));
    expect(stateOf(other)).toEqual(stateOf(one));
    // It is a season in which something happens.
    expect(one.rows('stockouts').length).toBeGreaterThan(10);
    expect(one.rows('replenishment').length).toBeGreaterThan(10);
  });

  test('a restart changes nothing, wherever it comes', async () => {
    const uninterrupted = bench().given(...season());
    for (const cuts of [[1], [40, 90], [13, 77, 150]]) {
      let brand = bench();
      let from = 0;
      for (const cut of [...cuts, season().length]) {
        brand.given(...season().slice(from, cut));
        from = cut;
        brand = await brand.restarted();
      }
      expect(written(brand)).toEqual(written(uninterrupted));
      expect(stateOf(brand)).toEqual(stateOf(uninterrupted));
    }
  });
});

test('the state of a position is bounded, however long it sells', () => {
  const bytes = (of: ReducerBench) =>
    of.slice.hosted
      .flatMap(({ processor }) => [...processor.snapshot()])
      .filter(({ name }) => /^demand\.(series|week|replenishment|listings)/.test(name))
      .reduce((sum, part) => sum + part.bytes.length, 0);
  const brand = bench().given(item(), adjusted(10_000, 0), ...daily(24, 60));
  const known = bytes(brand);
  brand.given(...daily(24, 140, 60));
  expect(bytes(brand)).toBeLessThan(known * 1.2);
});
