/** Windows of questions about KPIs, and what is said to those that make no sense. */
import { describe, expect, test } from 'vitest';
import { windowOf, type AskedWindow } from '../../../api/kpi/windows.ts';
import { ProblemError, type Problem } from '../../../platform/http/problem.ts';

const NOW = Date.parse('2025-03-10T15:40:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const read = (asked: AskedWindow, bySku = false) => windowOf(asked, NOW, bySku);
const iso = (ms: number) => new Date(ms).toISOString().slice(0, 19);

function problemOf(asked: AskedWindow): Problem {
  try {
    read(asked);
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  throw new Error('the question was taken');
}

describe('a named window', () => {
  test('is a day when nothing is said, and what happens now is in it', () => {
    const window = read({});
    expect(window).toMatchObject({ name: '1d', toMs: NOW + 1, fromMs: NOW + 1 - DAY });
    expect(window).toMatchObject({ previousFromMs: NOW + 1 - 2 * DAY, stepMs: HOUR });
    expect(window.rollup).toBe('minute');
  });

  test('of 28 days has 28 of them, today included, and the 28 before', () => {
    const window = read({ window: '28d' });
    expect(iso(window.fromMs)).toBe('2025-02-11T00:00:00');
    expect(window.toMs).toBe(NOW + 1);
    expect(iso(window.previousFromMs)).toBe('2025-01-14T00:00:00');
    expect(window).toMatchObject({ stepMs: DAY, rollup: 'day' });
  });

  test('of a SKU is made of whole days', () => {
    const window = read({ window: '7d' }, true);
    expect([iso(window.fromMs), iso(window.toMs)]).toEqual([
      '2025-03-04T00:00:00',
      '2025-03-11T00:00:00',
    ]);
    const hour = read({ window: '1h' }, true);
    expect([iso(hour.fromMs), iso(hour.toMs)]).toEqual([
      '2025-03-10T00:00:00',
      '2025-03-11T00:00:00',
    ]);
  });

  test('can begin at from or end at to', () => {
    const from = '2025-03-01T00:00:00Z';
    expect(read({ window: '1h', from })).toMatchObject({
      fromMs: Date.parse(from),
      toMs: Date.parse(from) + HOUR,
    });
    expect(read({ window: '1h', to: from })).toMatchObject({ fromMs: Date.parse(from) - HOUR });
  });
});

describe('from … to', () => {
  test('is taken as it is when it is short', () => {
    const window = read({ from: '2025-03-01T10:15:00Z', to: '2025-03-01T12:00:00Z', step: '15m' });
    expect(window).toMatchObject({ stepMs: 15 * MINUTE, rollup: 'minute' });
    expect(window.toMs - window.fromMs).toBe(105 * MINUTE);
  });

  test('is widened to the whole day that it begins in when it is long', () => {
    const window = read({ from: '2025-02-01T10:15:00Z', to: '2025-03-01T12:00:00Z', step: '6h' });
    expect(iso(window.fromMs)).toBe('2025-02-01T00:00:00');
    expect(iso(window.toMs)).toBe('2025-03-01T12:00:00');
    expect(window).toMatchObject({ stepMs: DAY, rollup: 'day' });
  });

  test('ends now when only from is said', () => {
    expect(read({ from: '2025-03-10T00:00:00Z' }).toMs).toBe(NOW + 1);
  });
});

describe('a question that makes no sense names what would', () => {
  test('from after to', () => {
    const problem = problemOf({ from: '2025-03-02T00:00:00Z', to: '2025-03-01T00:00:00Z' });
    expect(problem).toMatchObject({ status: 400, field: 'from', value: '2025-03-02T00:00:00Z' });
    expect(problem.detail).toContain('2025-03-01T00:00:00.000Z');
  });

  test('from after now', () => {
    expect(problemOf({ from: '2025-03-11T00:00:00Z' }).field).toBe('from');
  });

  test('a step that is no length', () => {
    for (const step of ['0m', '1y', '15', '-1h', '1.5h']) {
      expect(problemOf({ step })).toMatchObject({ field: 'step', value: step });
    }
  });

  test('a step that makes too many points says which would do', () => {
    // 7 d of 1 min: 10,080 points. Of 15 min: 672.
    const problem = problemOf({ window: '7d', step: '1m' });
    expect(problem).toMatchObject({ field: 'step', value: '1m' });
    expect(problem.detail).toBe('it makes 10080 points; 15m makes 672');
  });

  test('two windows at once', () => {
    const [from, to] = ['2025-03-01T00:00:00Z', '2025-03-02T00:00:00Z'];
    expect(problemOf({ window: '1d', from, to }).field).toBe('window');
  });
});
