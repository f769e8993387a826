/** Business time between instants, against counting it minute by minute, and back. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calendarOf, DEFAULT_CALENDAR } from '../../../processors/facts/calendar.ts';

const HOUR = 3_600_000;
const office = calendarOf(DEFAULT_CALENDAR);
const at = (text: string) => Date.parse(text);
const hoursBetween = (from: string, to: string) =>
  (office.businessMs(at(to)) - office.businessMs(at(from))) / HOUR;

describe('business time', () => {
  test('counts open hours only', () => {
    // Monday the 2nd of March 2026.
    expect(hoursBetween('2026-03-02T08:00:00Z', '2026-03-02T11:30:00Z')).toBe(2.5);
    expect(hoursBetween('2026-03-02T16:00:00Z', '2026-03-03T10:00:00Z')).toBe(2);
    // Friday afternoon to Monday morning: one hour and one hour.
    expect(hoursBetween('2026-03-06T16:00:00Z', '2026-03-09T10:00:00Z')).toBe(2);
    expect(hoursBetween('2026-03-07T00:00:00Z', '2026-03-08T23:00:00Z')).toBe(0);
    // Ten weeks of forty hours.
    expect(hoursBetween('2026-03-04T12:00:00Z', '2026-05-13T12:00:00Z')).toBe(400);
    expect(hoursBetween('1969-12-29T00:00:00Z', '1970-01-05T00:00:00Z')).toBe(40);
  });

  test('finds the instant again, and the first one when the node was closed', () => {
    expect(office.instantOf(office.businessMs(at('2026-03-04T12:34:56.789Z')))).toBe(
      at('2026-03-04T12:34:56.789Z'),
    );
    // On Sunday as much has passed as on Friday at five.
    expect(office.instantOf(office.businessMs(at('2026-03-08T12:00:00Z')))).toBe(
      at('2026-03-06T17:00:00Z'),
    );
  });

  test('a week that is never open counts all the time', () => {
    const off = { open_min: 0, close_min: 0 };
    const closed = calendarOf({ utc_offset_min: 60, week: Array.from({ length: 7 }, () => off) });
    expect(closed.businessMs(10 * HOUR) - closed.businessMs(3 * HOUR)).toBe(7 * HOUR);
    expect(closed.instantOf(closed.businessMs(at('2026-03-08T12:00:00Z')))).toBe(
      at('2026-03-08T12:00:00Z'),
    );
  });

  test('is what counting the open minutes one by one gives', () => {
    const day = fc
      .tuple(fc.integer({ min: 0, max: 1_440 }), fc.integer({ min: 0, max: 1_440 }))
      .map(([open_min, close_min]) => ({ open_min, close_min }));
    const calendars = fc.record({
      utc_offset_min: fc.integer({ min: -840, max: 840 }),
      week: fc.array(day, { minLength: 7, maxLength: 7 }),
    });
    const spans = fc.record({
      from: fc.integer({ min: -20_000, max: 30_000_000 }),
      minutes: fc.integer({ min: 0, max: 25_000 }),
    });
    fc.assert(
      fc.property(calendars, spans, (value, { from, minutes }) => {
        fc.pre(value.week.some(({ close_min, open_min }) => close_min > open_min));
        const calendar = calendarOf(value);
        let open = 0;
        for (let minute = from; minute < from + minutes; minute++) {
          const local = new Date((minute + value.utc_offset_min) * 60_000);
          // Sunday is 0 here and 6 there.
          const hours = value.week[(local.getUTCDay() + 6) % 7];
          const ofDay = local.getUTCHours() * 60 + local.getUTCMinutes();
          if (hours && ofDay >= hours.open_min && ofDay < hours.close_min) open += 1;
        }
        const passed = calendar.businessMs((from + minutes) * 60_000);
        expect(passed - calendar.businessMs(from * 60_000)).toBe(open * 60_000);
        const back = calendar.instantOf(passed);
        expect(calendar.businessMs(back)).toBe(passed);
        expect(back).toBeLessThanOrEqual((from + minutes) * 60_000);
      }),
      { numRuns: 100, seed: 20_260_302 },
    );
  });
});
