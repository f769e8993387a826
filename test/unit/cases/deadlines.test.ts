/** Deadlines of cases by severity and calendar (REFERENCE §4.1). T0 is Monday 2026-03-02, 08:00 UTC. */
import { expect, test } from 'vitest';
import { deadlinesOf } from '../../../processors/cases/deadlines.ts';
import { calendarOf, DEFAULT_CALENDAR } from '../../../processors/facts/calendar.ts';

const WEEKDAYS = calendarOf(DEFAULT_CALENDAR);
const OPEN = { open_min: 480, close_min: 1_200 };
const CLOSED = { open_min: 0, close_min: 0 };

const dates = (severity: 'SEV1' | 'SEV2' | 'SEV3' | 'SEV4', from: string, days = WEEKDAYS) => {
  const { ackDueMs, resolveDueMs } = deadlinesOf(severity, Date.parse(from), days);
  return [ackDueMs, resolveDueMs].map((ms) => new Date(ms).toISOString().slice(0, 16));
};

test.each([
  // Monday.
  ['SEV1', '2026-03-02T08:00Z', '2026-03-02T08:15', '2026-03-02T12:00'],
  ['SEV2', '2026-03-02T08:00Z', '2026-03-02T09:00', '2026-03-03T08:00'],
  ['SEV3', '2026-03-02T08:00Z', '2026-03-02T12:00', '2026-03-05T08:00'],
  ['SEV4', '2026-03-02T08:00Z', '2026-03-03T08:00', '2026-03-16T08:00'],
  // Friday: the weekend does not count.
  ['SEV2', '2026-03-06T15:00Z', '2026-03-06T16:00', '2026-03-09T15:00'],
  ['SEV3', '2026-03-06T15:00Z', '2026-03-06T19:00', '2026-03-11T15:00'],
  // Saturday: Monday is the first business day.
  ['SEV2', '2026-03-07T10:00Z', '2026-03-07T11:00', '2026-03-09T10:00'],
  // Before 1970: a Thursday.
  ['SEV3', '1969-01-02T10:00Z', '1969-01-02T14:00', '1969-01-07T10:00'],
] as const)('%s, opened %s', (severity, from, ack, resolve) => {
  expect(dates(severity, from)).toEqual([ack, resolve]);
});

test('the calendar says which days are open, in local time', () => {
  const week = [OPEN, OPEN, OPEN, OPEN, OPEN, OPEN, CLOSED];
  const sixDays = calendarOf({ utc_offset_min: 120, week });
  expect(dates('SEV2', '2026-03-06T15:00Z', sixDays)[1]).toBe('2026-03-07T15:00');
  // Saturday 23:00 UTC is Sunday there, and closed; Sunday 23:00 UTC is Monday.
  expect(dates('SEV2', '2026-03-06T23:00Z', sixDays)[1]).toBe('2026-03-08T23:00');
});

test('a calendar that is never open counts every day', () => {
  const never = calendarOf({ utc_offset_min: 0, week: Array.from({ length: 7 }, () => CLOSED) });
  expect(dates('SEV2', '2026-03-07T10:00Z', never)[1]).toBe('2026-03-08T10:00');
});
