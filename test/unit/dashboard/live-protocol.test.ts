import { describe, expect, test } from 'vitest';
import { applyMessage, reconnectWaitMs } from '../../../dashboard/src/lib/live-protocol.ts';

const value = { stream: 's1', n: 4, data: { atp: 7, afs: 5 } };

describe('a message', () => {
  test('a snapshot replaces whatever was there', () => {
    const snapshot = { op: 'snapshot', topic: 't', stream: 's2', n: 0, data: { atp: 1 } } as const;
    expect(applyMessage(value, snapshot)).toEqual({ stream: 's2', n: 0, data: { atp: 1 } });
    expect(applyMessage(null, snapshot)).toEqual({ stream: 's2', n: 0, data: { atp: 1 } });
  });

  test('the next delta replaces the fields that it names', () => {
    const next = applyMessage(value, { op: 'delta', topic: 't', n: 5, data: { atp: 6 } });
    expect(next).toEqual({ stream: 's1', n: 5, data: { atp: 6, afs: 5 } });
  });

  test.each([3, 4, 6])('delta %i does not follow number 4', (n) => {
    expect(applyMessage(value, { op: 'delta', topic: 't', n, data: {} })).toBeNull();
  });

  test('a delta without a value means nothing', () => {
    expect(applyMessage(null, { op: 'delta', topic: 't', n: 1, data: {} })).toBeNull();
  });
});

describe('the wait before the next attempt', () => {
  test('doubles up to a limit', () => {
    const middle = [1, 2, 3, 4, 5, 6, 7].map((attempt) => reconnectWaitMs(attempt, 0.5));
    expect(middle).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
  });

  test('is spread by a quarter either way', () => {
    expect(reconnectWaitMs(2, 0)).toBe(750);
    expect(reconnectWaitMs(2, 0.999)).toBe(1250);
  });
});
