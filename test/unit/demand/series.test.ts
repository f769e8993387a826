/** Demand by day in its ring, the profile of the week and lead times: plain data in, arithmetic by hand. */
import { describe, expect, it, test } from 'vitest';
import { LeadTimes } from '../../../processors/demand/lead-times.ts';
import { DAY_MS, DAYS_KEPT, DemandSeries } from '../../../processors/demand/series.ts';
import { weekHour, WeekProfiles } from '../../../processors/demand/week.ts';

const HOUR_MS = 3_600_000;
/** 2026-03-02, a Monday. */
const MONDAY = Date.UTC(2026, 2, 2);
const on = (day: number, hours = 0) => MONDAY + day * DAY_MS + hours * HOUR_MS;

describe('a series', () => {
  const of = (...sales: readonly [day: number, units: number][]) => {
    const series = new DemandSeries();
    for (const [day, units] of sales) series.add(7, on(day, 12), units);
    return series;
  };
  it('has the complete days since the first demand', () => {
    const series = of([0, 3], [2, 4], [2, 1], [3, 9]);
    expect(series.history(series.of(7), on(3, 13)).units).toEqual([3, 0, 5]);
  });
  it('takes days that come late, and forgets those that are too old', () => {
    const series = of([10, 1], [8, 2], [10 - DAYS_KEPT, 50]);
    expect(series.history(series.of(7), on(11)).units).toEqual([2, 0, 1]);
  });
  it('forgets what leaves the ring', () => {
    const series = of([0, 50], [DAYS_KEPT, 1]);
    const { units } = series.history(series.of(7), on(DAYS_KEPT + 1));
    expect(units.length).toBe(DAYS_KEPT - 1);
    expect(units.reduce((sum, each) => sum + each, 0)).toBe(1);
    // Long silent: nothing of the ring is of those days.
    expect(series.history(series.of(7), on(3 * DAYS_KEPT)).units.every((each) => each === 0)).toBe(
      true,
    );
  });
  it('holds neighbouring days apart, and never goes below nothing', () => {
    const series = of([0, 262_143], [1, 5], [2, 1], [1, -9], [0, 1]);
    expect(series.history(series.of(7), on(3)).units).toEqual([262_143, 0, 1]);
  });
  it('makes a day with stock for most of it up to a whole one', () => {
    const series = of([0, 12]);
    series.setEmpty(series.of(7), true, on(0, 18));
    series.setEmpty(series.of(7), false, on(1));
    expect(series.history(series.of(7), on(1)).units).toEqual([16]);
  });
  it('leaves days without stock out, also while they go on, unless units were ordered', () => {
    const series = of([0, 12], [2, 5]);
    series.setEmpty(series.of(7), true, on(1));
    expect(series.history(series.of(7), on(4)).days.map((day) => day - MONDAY / DAY_MS)).toEqual([
      0, 2,
    ]);
    expect(series.history(series.of(7), on(4)).units).toEqual([12, 5]);
  });
  it('is that of its position', () => {
    const series = of([0, 1]);
    expect([series.of(7), series.of(3), series.of(8)]).toEqual([0, -1, -1]);
    expect(series.rowOf(0)).toBe(7);
  });
});

describe('the profile of a week', () => {
  test('hours are counted from Monday', () => {
    expect(weekHour(MONDAY)).toBe(0);
    expect(weekHour(on(6, 23))).toBe(167);
  });
  it('is even until a channel is known for four weeks', () => {
    const profiles = new WeekProfiles();
    profiles.add('web', on(0, 9), 500);
    expect(profiles.hourIndex('web', on(7, 9), on(20))).toBe(1);
    expect(profiles.hourIndex('web', on(7, 9), on(29))).toBeGreaterThan(50);
  });
  it('is lines of the hour over the mean of all hours, with a line in each beforehand', () => {
    const profiles = new WeekProfiles();
    profiles.add('web', on(0, 9), 167);
    profiles.add('web', on(0, 9), 1);
    // 168 lines in one hour: 1 in the mean. (168 + 1) ÷ (1 + 1), and 1 ÷ 2 elsewhere.
    expect(profiles.hourIndex('web', on(35, 9), on(28, 12))).toBe(84.5);
    expect(profiles.hourIndex('web', on(35, 10), on(28, 12))).toBe(0.5);
  });
  it('has weekdays, from what was known when the day began', () => {
    const profiles = new WeekProfiles();
    profiles.onTime(on(0));
    profiles.add('web', on(0, 9), 168);
    expect(profiles.dayIndex(MONDAY / DAY_MS)).toBe(1);
    profiles.onTime(on(28, 10));
    // What was counted fades: 168 × 0.9⁴ lines on Mondays.
    const lines = 168 * 0.9 ** 4;
    expect(profiles.dayIndex(MONDAY / DAY_MS + 7)).toBeCloseTo(
      (lines / 24 + 1) / (lines / 168 + 1),
      10,
    );
    expect(profiles.dayIndex(MONDAY / DAY_MS + 8)).toBeCloseTo(1 / (lines / 168 + 1), 10);
  });
});

describe('lead times', () => {
  it('are a fortnight until something was received', () => {
    expect(new LeadTimes().of('MUG')).toMatchObject({ days: 14, sd: 3, orderUnits: null });
  });
  it('are drawn towards those of the supplier', () => {
    const leads = new LeadTimes();
    for (let n = 0; n < 8; n++) leads.received('OTHER', 'acme', 20);
    for (let n = 0; n < 8; n++) leads.received('MUG', 'acme', 10);
    // The supplier has eight of 10 and eight of 20: a median of 15, and 20 at the 90th percentile. The
    // SKU's own eight weigh as much as those: (15 + 10) ÷ 2, and (20 + 10) ÷ 2.
    expect(leads.of('MUG').days).toBeCloseTo(12.5, 10);
    expect(leads.of('MUG').sd).toBeCloseTo(2.5 / 1.282, 10);
  });
  it('start anew with another supplier, and keep the newest twenty', () => {
    const leads = new LeadTimes();
    for (let n = 0; n < 30; n++) leads.received('MUG', 'acme', n < 10 ? 99 : 5);
    expect(leads.of('MUG')).toMatchObject({ supplier: 'acme', days: 5, sd: 0 });
    leads.ordered('MUG', 'bolt', 40);
    expect(leads.of('MUG')).toMatchObject({ supplier: 'bolt', days: 14, sd: 3, orderUnits: 40 });
  });
});
