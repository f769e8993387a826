import { describe, expect, it } from 'vitest';
import { checkEvent } from '../../../contracts/validate.ts';
import { createBrand, createState, openingEvents } from '../../../simulator/brand.ts';
import { DAY, HOUR, MINUTE } from '../../../simulator/calendar.ts';
import { catalogueOf, gtinOf } from '../../../simulator/catalogue.ts';
import type { BrandState, Founding, SimEvent } from '../../../simulator/world.ts';

const OPENED_AT = Date.parse('2026-03-02T00:00:00Z');
const start = (founding: Partial<Founding> = {}) =>
  createState({
    run: 'test',
    seed: 1,
    openedAtMs: OPENED_AT,
    ordersPerDay: 400,
    skuCount: 250,
    ...founding,
  });

const DAYS = 9;
const brand = createBrand(start());
const events = [...openingEvents(start()), ...brand.advance(OPENED_AT + DAYS * DAY)];
const named = (name: string) => events.filter(({ type }) => type === `stocktide.${name}.v1`);

describe('the brand', () => {
  it('speaks only events that the contract takes', () => {
    expect(events.length).toBeGreaterThan(40_000);
    const refused = events.flatMap((event) => {
      const checked = checkEvent(event);
      return checked.ok ? [] : [checked.rejection];
    });
    expect(refused).toEqual([]);
  });

  it('takes as many orders as it is asked for, twice as many at peak', () => {
    expect(named('order.created').length / DAYS).toBeGreaterThan(360);
    expect(named('order.created').length / DAYS).toBeLessThan(440);
    const peak = createBrand(start({ peak: true })).advance(OPENED_AT + DAY);
    const firstDay = (all: readonly SimEvent[]) =>
      all.filter(
        ({ time, type }) =>
          type === 'stocktide.order.created.v1' && Date.parse(time) < OPENED_AT + DAY,
      ).length;
    expect(firstDay(peak) / firstDay(events)).toBeGreaterThan(1.85);
    expect(firstDay(peak) / firstDay(events)).toBeLessThan(2.15);
  });

  it('sells more in the evening than at night', () => {
    const hours = named('order.created').map(({ time }) => new Date(time).getUTCHours());
    const between = (from: number, to: number) =>
      hours.filter((hour) => hour >= from && hour < to).length;
    expect(between(17, 21)).toBeGreaterThan(5 * between(1, 5));
  });

  it('shows every kind of work', () => {
    const seen = new Set(events.map(({ type }) => type.slice('stocktide.'.length, -'.v1'.length)));
    expect([...seen].sort()).toEqual([
      'asn.received',
      'channel.availability.published',
      'cost.recorded',
      'event.corrected',
      'feed.heartbeat',
      'inbound.arrived',
      'inbound.eta.changed',
      'inventory.adjusted',
      'inventory.counted',
      'inventory.moved',
      'inventory.snapshot.completed',
      'inventory.snapshot.recorded',
      'inventory.state.changed',
      'item.upserted',
      'labour.recorded',
      'location.error.recorded',
      'order.cancelled',
      'order.changed',
      'order.created',
      'order.hold.cleared',
      'order.hold.placed',
      'order.line.allocated',
      'order.line.deallocated',
      'order.released',
      'pack.completed',
      'pick.completed',
      'pick.shorted',
      'pick.started',
      'policy.set',
      'purchaseorder.acknowledged',
      'purchaseorder.changed',
      'purchaseorder.issued',
      'putaway.completed',
      'quality.inspected',
      'receipt.closed',
      'receipt.line.received',
      'refund.issued',
      'reservation.created',
      'reservation.expired',
      'reservation.released',
      'return.authorized',
      'return.dispositioned',
      'return.received',
      'scan.failed',
      'shipment.delivered',
      'shipment.dispatched',
      'shipment.tracking.updated',
      'shipment.voided',
    ]);
  });

  it('hears of one marketplace in batches, with late order times', () => {
    let nowMs = OPENED_AT;
    const behind: number[] = [];
    const batches = new Set<number>();
    const one = createBrand(start());
    for (; nowMs < OPENED_AT + DAY; nowMs += MINUTE) {
      for (const { time, data, type } of one.advance(nowMs)) {
        if (type !== 'stocktide.order.created.v1') continue;
        if (!('channel_id' in data) || data.channel_id !== 'market-b') continue;
        behind.push(nowMs - Date.parse(time));
        batches.add(nowMs);
      }
    }
    expect(behind.length).toBeGreaterThan(50);
    expect([...batches].every((ms) => ms % (15 * MINUTE) === 0)).toBe(true);
    expect(Math.max(...behind)).toBeGreaterThan(10 * MINUTE);
    expect(Math.max(...behind)).toBeLessThanOrEqual(15 * MINUTE);
  });

  it('hears nothing of its partner but dispatches, receipts and stock', () => {
    const types = new Set(
      events.filter(({ source }) => source.includes('/3pl/')).map(({ type }) => type),
    );
    expect([...types].map((type) => type.slice(10, -3)).sort()).toEqual([
      'feed.heartbeat',
      'inbound.arrived',
      'inventory.snapshot.completed',
      'inventory.snapshot.recorded',
      'putaway.completed',
      'receipt.closed',
      'receipt.line.received',
      'shipment.dispatched',
    ]);
  });

  it('sends some events twice, unchanged, and some late', () => {
    const byId = new Map<string, SimEvent>();
    let repeats = 0;
    let late = 0;
    let latestMs = 0;
    for (const event of events) {
      const before = byId.get(`${event.source} ${event.id}`);
      if (before !== undefined) {
        repeats += 1;
        expect(event).toEqual(before);
      } else if (Date.parse(event.time) < latestMs - MINUTE) late += 1;
      byId.set(`${event.source} ${event.id}`, event);
      latestMs = Math.max(latestMs, Date.parse(event.time));
    }
    expect(repeats / events.length).toBeGreaterThan(0.003);
    expect(repeats / events.length).toBeLessThan(0.007);
    expect(late).toBeGreaterThan(1_000);
  });
});

describe('the catalogue', () => {
  it('has check digits that scanners take', () => {
    // 4006381333931 is the textbook EAN-13 of GS1 Germany.
    expect(gtinOf(400_638_133_393)).toBe('04006381333931');
  });

  it('has no SKU twice, and classes by demand', () => {
    const { skus } = catalogueOf(2_000);
    expect(new Set(skus.map(({ id }) => id)).size).toBe(2_000);
    expect(new Set(skus.map(({ gtin }) => gtin)).size).toBe(2_000);
    const share = (abc: string) =>
      skus.filter(({ abcClass }) => abcClass === abc).reduce((sum, sku) => sum + sku.share, 0);
    expect(share('A')).toBeGreaterThan(share('B'));
    expect(share('A') + share('B') + share('C')).toBeCloseTo(1);
  });
});

describe('going on', () => {
  const inSteps = (toMs: number, stepMs: number, state = start()) => {
    const one = createBrand(state);
    const all: SimEvent[] = [];
    for (let at = OPENED_AT + stepMs; at <= toMs; at += stepMs) all.push(...one.advance(at));
    return all;
  };

  it('gives the same events however the time is cut', () => {
    const inOne = inSteps(OPENED_AT + 12 * HOUR, 12 * HOUR);
    expect(inOne.length).toBeGreaterThan(1_000);
    expect(inSteps(OPENED_AT + 12 * HOUR, 20_000)).toEqual(inOne);
  });

  it('gives other events for another seed', () => {
    const end = OPENED_AT + 2 * HOUR;
    expect(inSteps(end, HOUR, start({ seed: 2 }))).not.toEqual(inSteps(end, HOUR));
  });

  it('from a saved state gives what it would have given anyway', () => {
    const first = createBrand(start());
    first.advance(OPENED_AT + DAY);
    const saved = JSON.parse(JSON.stringify(first.state())) as BrandState;
    const expected = first.advance(OPENED_AT + DAY + 4 * HOUR);
    expect(expected.length).toBeGreaterThan(500);
    expect(createBrand(saved).advance(OPENED_AT + DAY + 4 * HOUR)).toEqual(expected);
    expect(openingEvents(saved)).toEqual(openingEvents(start()));
  });
});

describe('at a tempo', () => {
  const LIVELY = { tempo: 360, steady: true };
  const HOUR_LATER = OPENED_AT + HOUR;

  it('lives a day in minutes, with orders that are delivered', () => {
    const one = createBrand(start(LIVELY));
    one.advance(HOUR_LATER);
    const made = one.advance(HOUR_LATER + 12 * MINUTE);
    const fresh = made.filter(({ time }) => Date.parse(time) >= HOUR_LATER);
    const days = (12 * 360) / (24 * 60);
    const orders = fresh.filter(({ type }) => type === 'stocktide.order.created.v1').length;
    expect(orders / days).toBeGreaterThan(330);
    expect(orders / days).toBeLessThan(470);
    const ordered = new Set(
      fresh.flatMap(({ correlationid, type }) =>
        type === 'stocktide.order.created.v1' ? [correlationid] : [],
      ),
    );
    const delivered = fresh.filter(
      ({ correlationid, type }) =>
        type === 'stocktide.shipment.delivered.v1' && ordered.has(correlationid),
    );
    expect(delivered.length).toBeGreaterThan(100);
  });

  it('after a pause goes on in the present, without a burst', () => {
    const one = createBrand(start(LIVELY));
    one.advance(OPENED_AT + 5 * MINUTE);
    one.shift(8 * HOUR);
    const from = OPENED_AT + 5 * MINUTE + 8 * HOUR;
    expect(one.clockMs).toBe(from);
    const next = one.advance(from + MINUTE);
    expect(next.length).toBeLessThan(60 * 60);
    // Late ones and duplicates keep the time at which they happened.
    const fresh = next.filter(({ time }) => Date.parse(time) > from);
    expect(fresh.length / next.length).toBeGreaterThan(0.7);
  });
});
