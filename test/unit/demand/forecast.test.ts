/** Forecasts of daily demand, against the vectors of REFERENCE §6 and arithmetic by hand. */
import { describe, expect, it, test } from 'vitest';
import { classify, croston, forecast, sba, ses, tsb } from '../../../processors/demand/forecast.ts';

const SERIES = [0, 0, 3, 0, 0, 0, 5, 0, 2, 0];

describe('the vector of REFERENCE §6', () => {
  test('Croston', () => {
    const smoothed = croston(SERIES, 0.1);
    expect(smoothed?.size).toBeCloseTo(3.08, 10);
    expect(smoothed?.interval).toBeCloseTo(2.99, 10);
    expect((smoothed?.size ?? 0) / (smoothed?.interval ?? 1)).toBeCloseTo(1.0301, 4);
  });
  test('SBA', () => expect(sba(SERIES, 0.1)).toBeCloseTo(0.9786, 4));
  test('TSB', () => expect(tsb(SERIES, 0.1)).toBeCloseTo(0.99278, 5));
});

describe('class', () => {
  it.each([
    // ADI 1, CV² of 4, 5, 6 is 1 ÷ 25.
    ['smooth', [4, 5, 6], 1, 0.04],
    // 1, 1, 10: mean 4, variance 27, CV² 27 ÷ 16.
    ['erratic', [1, 1, 10], 1, 1.6875],
    // Two of four days; equal sizes.
    ['intermittent', [2, 0, 2, 0], 2, 0],
    // 1 and 9 on two of four days: mean 5, variance 32, CV² 32 ÷ 25.
    ['lumpy', [1, 0, 9, 0], 2, 1.28],
  ] as const)('%s', (demandClass, series, adi, cv2) => {
    const found = classify(series);
    expect(found.demandClass).toBe(demandClass);
    expect(found.adi).toBeCloseTo(adi, 10);
    expect(found.cv2).toBeCloseTo(cv2, 10);
  });
  it('is regular just below an interval of 1.32', () => {
    const days = (zeros: number) => [...Array<number>(25).fill(1), ...Array<number>(zeros).fill(0)];
    // 32 ÷ 25 = 1.28; 33 ÷ 25 = 1.32.
    expect(classify(days(7)).demandClass).toBe('smooth');
    expect(classify(days(8)).demandClass).toBe('intermittent');
  });
  it('is none without demand', () => {
    expect(classify([0, 0])).toEqual({ demandClass: 'none', adi: null, cv2: 0 });
  });
});

describe('mean demand', () => {
  it('smooths exponentially from the first day on', () => {
    // 10 → 10 + 0.2 × (20 − 10) = 12 → 12 + 0.2 × (2 − 12) = 10
    expect(ses([10, 20, 2], 0.2)).toBeCloseTo(10, 10);
    expect(forecast([10, 20, 12]).dailyUnits).toBeCloseTo(12, 10);
  });
  it('has the standard deviation of the days', () => {
    expect(forecast([4, 5, 6]).dailySd).toBeCloseTo(1, 10);
  });
  it('takes the bias out of an intermittent series', () => {
    // Every second day 2: size 2, interval 2 (the first after 1 day: 1 + 0.1 × (2 − 1) = 1.1).
    expect(forecast([2, 0, 2, 0]).dailyUnits).toBeCloseTo((0.95 * 2) / 1.1, 10);
  });
  it('falls while an intermittent series stays silent', () => {
    const alive = [2, 0, 2, 0, 2, 0];
    const silent = (days: number) => [...alive, ...Array<number>(days).fill(0)];
    // ADI of 3 in 40 days is 13.3: 34 silent days are not yet three of them; of 3 in 60 days it is 20.
    expect(forecast(silent(34)).dailyUnits).toBeCloseTo(sba(alive, 0.1), 10);
    const dying = [2, 2, 0, 2, 0, 2, 0, 2, 0, 2, 0, 2, ...Array<number>(10).fill(0)];
    // 7 in 22 days: an interval of 3.14; 10 silent days are more than three of them.
    expect(forecast(dying).dailyUnits).toBeCloseTo(tsb(dying, 0.1), 10);
    expect(forecast(dying).dailyUnits).toBeLessThan(sba(dying, 0.1) / 2);
  });
  it('is nothing without demand', () => {
    expect(forecast([0, 0, 0])).toMatchObject({ dailyUnits: 0, dailySd: 0 });
    expect(forecast([])).toMatchObject({ dailyUnits: 0, dailySd: 0, demandClass: 'none' });
  });
});
