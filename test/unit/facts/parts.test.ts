/** Values as snapshot parts and back: each part is made in one turn of the loop, so that its size is bounded. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonParts, mapParts, parseJson, restoreMap } from '../../../processors/facts/parts.ts';

const KIB = 1024;

test.each([
  ['many small values', 50_000, 10],
  ['few large ones', 300, 20 * KIB],
])('%s make parts of one size, and come back in order', (_name, count, chars) => {
  const values = Array.from({ length: count }, (_, n) => `${n}`.padEnd(chars));
  const parts = [...jsonParts('lines', values)];
  const sizes = parts.map(({ bytes }) => bytes.byteLength);
  expect(Math.max(...sizes)).toBeLessThan(128 * KIB);
  expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThanOrEqual(64 * KIB);
  expect(parts.every(({ name }) => name === 'lines')).toBe(true);
  expect(parts.flatMap(({ bytes }) => parseJson<string>(bytes))).toEqual(values);
});

test('nothing makes no part', () => {
  expect([...jsonParts('lines', [])]).toEqual([]);
});

test('a map is written as it was when it was asked for, and comes back', () => {
  const entries = fc.array(fc.tuple(fc.string(), fc.jsonValue()));
  fc.assert(
    fc.property(entries, (pairs) => {
      const map = new Map(pairs);
      const before = new Map(map);
      const parts = mapParts('map', map);
      map.clear();
      const restored = new Map<string, unknown>();
      for (const { bytes } of parts) restoreMap(restored, bytes);
      expect(JSON.stringify([...restored])).toBe(JSON.stringify([...before]));
    }),
  );
});
