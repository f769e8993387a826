/** How long stock lasts and what the risk is: arithmetic by hand. */
import { describe, expect, it } from 'vitest';
import {
  daysOfCover,
  replenishmentRisk,
  stockoutDay,
  type Outlook,
} from '../../../processors/demand/projection.ts';

const outlook = (over: Partial<Outlook> = {}): Outlook => ({
  opening: 100,
  receipts: [],
  dailyUnits: 10,
  dailySd: 0,
  ...over,
});

describe('days of cover', () => {
  it('is what there is over demand, never below 0', () => {
    expect(daysOfCover(100, 8)).toBe(12.5);
    expect(daysOfCover(-3, 8)).toBe(0);
    expect(daysOfCover(100, 0)).toBeNull();
  });
});

describe('projected stockout', () => {
  it('is when mean demand has used everything up', () => {
    expect(stockoutDay(outlook())).toBe(10);
  });
  it('waits for supply that comes in time', () => {
    expect(stockoutDay(outlook({ receipts: [{ day: 9, units: 50 }] }))).toBe(15);
  });
  it('does not wait for supply that comes too late', () => {
    expect(stockoutDay(outlook({ receipts: [{ day: 11, units: 50 }] }))).toBe(10);
  });
  it('comes earlier at the 90th percentile of demand', () => {
    // 10·t + 2·5·√t = 75 at √t = 2.3 (52.9 + 23 = 75.9): √t = (√(100 + 3000) − 10) ÷ 20.
    const day = stockoutDay(outlook({ opening: 75, dailySd: 5 }), 2);
    expect(day).toBeCloseTo(((Math.sqrt(3_100) - 10) / 20) ** 2, 10);
    expect(10 * (day ?? 0) + 10 * Math.sqrt(day ?? 0)).toBeCloseTo(75, 10);
  });
  it('is now when more is promised than there is', () => {
    expect(stockoutDay(outlook({ opening: -1, dailyUnits: 0 }))).toBe(0);
  });
  it('is never without demand, nor beyond a year', () => {
    expect(stockoutDay(outlook({ dailyUnits: 0 }))).toBeNull();
    expect(stockoutDay(outlook({ opening: 3_650 }))).toBeNull();
    expect(stockoutDay(outlook({ opening: 3_649 }))).toBeCloseTo(364.9, 10);
    expect(
      stockoutDay(outlook({ opening: 3_640, receipts: [{ day: 364, units: 99 }] })),
    ).toBeNull();
  });
});

describe('replenishment risk', () => {
  it('has the gap until supply can be used, and the units lost in it', () => {
    const late = outlook({ receipts: [{ day: 14, units: 500 }] });
    expect(replenishmentRisk(late, { atp: 100, leadDays: 30 })).toEqual({
      usableDay: 14,
      probability: 1,
      gapDays: 4,
      lostUnits: 40,
    });
  });
  it('is the chance that demand exceeds what there is until then', () => {
    // An order of today comes after 30 days, and until then 600 units last. Demand of 9 days: 90 ± 5·√9; 100 is ⅔ standard deviations above: 1 − Φ(0.6667) = 0.2525.
    const spread = outlook({ dailySd: 5, receipts: [{ day: 9, units: 500 }] });
    const risk = replenishmentRisk(spread, { atp: 100, leadDays: 30 });
    expect(risk.probability).toBeCloseTo(0.2525, 4);
    expect(risk).toMatchObject({ usableDay: 30, gapDays: 0, lostUnits: 0 });
  });
  it('counts supply that comes before', () => {
    const two = outlook({
      receipts: [
        { day: 5, units: 30 },
        { day: 20, units: 100 },
      ],
    });
    // 100 + 30 last 13 days; the second receipt ends a gap of 7 days.
    expect(replenishmentRisk(two, { atp: 100, leadDays: 30 })).toMatchObject({
      usableDay: 20,
      gapDays: 7,
      lostUnits: 70,
    });
  });
  it('counts on an order of today where nothing is under way', () => {
    expect(replenishmentRisk(outlook(), { atp: 100, leadDays: 12 })).toMatchObject({
      usableDay: 12,
      gapDays: 2,
      lostUnits: 20,
      probability: 1,
    });
  });
  it('counts low demand as a count', () => {
    // Mean 2 until then, Poisson: P(X > 6) = 0.0045338.
    const slow = outlook({ opening: 6, dailyUnits: 0.2, dailySd: Math.sqrt(0.2) });
    const risk = replenishmentRisk(slow, { atp: 6, leadDays: 10 });
    expect(risk.probability).toBeCloseTo(0.0045338, 7);
  });
  it('is none without demand', () => {
    const still = outlook({ dailyUnits: 0 });
    expect(replenishmentRisk(still, { atp: 0, leadDays: 10 }).probability).toBe(0);
  });
});
