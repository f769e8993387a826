import { describe, expect, test } from 'vitest';
import { age, createFormats, duration, utc } from '../../../dashboard/src/lib/format.ts';

const german = createFormats('de-DE', 'Europe/Berlin');
const english = createFormats('en-GB', 'UTC');
const at = new Date('2025-03-01T10:15:30Z');

describe('numbers', () => {
  test('are grouped as the viewer is used to, with a true minus sign', () => {
    expect(english.units(-12_345)).toBe('−12,345');
    expect(german.units(-12_345)).toBe('−12.345');
  });

  test('carry their sign where they are changes', () => {
    expect([3, 0, -3].map(english.signed)).toEqual(['+3', '0', '−3']);
  });

  test('a rate has a decimal only while it matters', () => {
    expect([0.44, 9.96, 1234.5].map(english.rate)).toEqual(['0.4', '10', '1,235']);
  });
});

describe('times', () => {
  test('are in the zone of the viewer', () => {
    expect(german.time(at, at)).toBe('11:15:30');
    expect(english.time(at, at)).toBe('10:15:30');
  });

  test('have a date on another day and a year in another year', () => {
    expect(english.time(at, new Date('2025-03-02T10:00:00Z'))).toBe('1 Mar, 10:15');
    expect(english.time(at, new Date('2026-03-01T10:00:00Z'))).toBe('1 Mar 2025, 10:15');
  });

  test('the day is that of the zone: before midnight UTC it is the next one in Berlin', () => {
    const late = new Date('2025-03-01T23:30:00Z');
    expect(german.time(late, new Date('2025-03-02T05:00:00Z'))).toBe('00:30:00');
  });

  test('UTC stands beside them', () => {
    expect(utc(at)).toBe('2025-03-01 10:15:30 UTC');
  });
});

test.each([
  [-5, '0 ms'],
  [340, '340 ms'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_600_000, '1 h'],
  [47 * 3_600_000, '47 h'],
  [48 * 3_600_000, '2 d'],
])('%i ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test('an age below a second is now', () => {
  expect([999, 1000].map(age)).toEqual(['just now', '1 s ago']);
});
