import { expect, test } from 'vitest';
import { identityHash } from '../../../contracts/hash.ts';
import { RecentIds } from '../../../processors/runtime/recent-ids.ts';
import type { SnapshotPart } from '../../../processors/processor.ts';

const id = (number: number) => identityHash('urn:test', `e-${number}`);

/** As the snapshot stream hands it back: bytes of its own. */
const copied = (parts: readonly SnapshotPart[]) =>
  parts.map(({ bytes, name }) => ({ name, bytes: bytes.slice() }));

test('an id is new once, then a duplicate, or a conflict when it carries something else', () => {
  const ids = new RecentIds(100);
  expect(ids.see(id(1), 7)).toBe('new');
  expect(ids.see(id(1), 7)).toBe('duplicate');
  expect(ids.see(id(1), 8)).toBe('conflict');
  expect(ids.has(id(1))).toBe(true);
  expect(ids.has(id(2))).toBe(false);
});

test('an id is known for at least half the capacity of later ones, and never for more than all of it', () => {
  const ids = new RecentIds(100);
  for (let number = 0; number < 1_000; number++) {
    expect(ids.see(id(number), number)).toBe('new');
    if (number >= 50) expect(ids.has(id(number - 50))).toBe(true);
    if (number >= 100) expect(ids.has(id(number - 100))).toBe(false);
  }
});

test('every bit pattern of an id is one, the empty one too', () => {
  const ids = new RecentIds(10);
  expect(ids.see({ hi: 0, lo: 0 }, 0)).toBe('new');
  expect(ids.see({ hi: 0, lo: 1 }, 0)).toBe('new');
  expect(ids.see({ hi: 0, lo: 0 }, 0)).toBe('duplicate');
  expect(ids.see({ hi: 0, lo: 1 }, 1)).toBe('conflict');
});

test('a snapshot is the ids of its instant, whatever is seen while it is being written', () => {
  const ids = new RecentIds(40_000);
  for (let number = 0; number < 35_000; number++) ids.see(id(number), number);
  const snapshot = ids.snapshot();
  for (let number = 35_000; number < 70_000; number++) ids.see(id(number), number);

  const restored = new RecentIds(40_000);
  for (const part of copied(snapshot)) restored.restore(part);
  for (let number = 0; number < 35_000; number++) {
    expect(restored.see(id(number), number)).toBe('duplicate');
  }
  expect(restored.see(id(35_000), 0)).toBe('new');
});

test('restored ids are forgotten at the same point as those that went on', () => {
  const ids = new RecentIds(10);
  for (let number = 0; number < 8; number++) ids.see(id(number), number);
  const restored = new RecentIds(10);
  for (const part of copied(ids.snapshot())) restored.restore(part);
  for (let number = 8; number < 30; number++) {
    ids.see(id(number), number);
    restored.see(id(number), number);
    for (let past = 0; past <= number; past++) {
      expect(restored.has(id(past))).toBe(ids.has(id(past)));
    }
  }
});

test('an empty one takes nothing in a snapshot', () => {
  expect(new RecentIds(1_000_000).snapshot()).toEqual([]);
});
