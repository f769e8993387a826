import { describe, expect, test } from 'vitest';
import { createRecentIds } from '../../../../ingest/door/recent-ids.ts';

describe('the ids that the door remembers', () => {
  test('a repeat is the same, other data is a conflict', () => {
    const ids = createRecentIds(100);
    expect(ids.claim(1, 2, 77)).toBe('new');
    expect(ids.claim(1, 2, 77)).toBe('same');
    expect(ids.claim(1, 2, 78)).toBe('conflict');
    expect(ids.claim(1, 2, 77)).toBe('same');
    expect(ids.claim(2, 1, 78)).toBe('new');
  });

  test('what did not reach the log may come with other data', () => {
    const ids = createRecentIds(100);
    ids.claim(1, 2, 77);
    ids.forget(1, 2);
    expect(ids.claim(1, 2, 78)).toBe('new');
    expect(ids.claim(1, 2, 77)).toBe('conflict');
  });

  test('the newest half is always there, and never more than the bound', () => {
    const maxIds = 1000;
    const ids = createRecentIds(maxIds);
    for (let i = 1; i <= 10_000; i++) {
      // Neighbours share the low bits that choose a slot.
      expect(ids.claim(i, i % 7, i)).toBe('new');
      expect(ids.size).toBeLessThanOrEqual(maxIds);
      if (i > maxIds / 2) expect(ids.claim(i - 499, (i - 499) % 7, i - 499)).toBe('same');
    }
    expect(ids.claim(1, 1, 999)).toBe('new');
  });

  test('forgetting holds when the generation changes', () => {
    const ids = createRecentIds(8);
    ids.claim(9, 9, 1);
    for (let i = 1; i < 4; i++) ids.claim(i, 0, 5);
    ids.forget(9, 9);
    for (let i = 4; i < 6; i++) ids.claim(i, 0, 5);
    expect(ids.claim(9, 9, 2)).toBe('new');
  });

  test('one id is a bound too', () => {
    const ids = createRecentIds(1);
    expect(ids.claim(1, 1, 1)).toBe('new');
    expect(ids.claim(2, 2, 2)).toBe('new');
    expect(ids.claim(2, 2, 3)).toBe('conflict');
  });
});
