/** Pages of numbers: a frozen copy stays what it was, and its bytes give the same rows back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeRows,
  encodePages,
  Pages,
  type FrozenPages,
} from '../../../processors/stock/pages.ts';

const STRIDE = 3;

function filled(rows: number): Pages {
  const pages = new Pages(STRIDE);
  pages.grow(rows);
  for (let row = 0; row < rows; row++) pages.set(row, row % STRIDE, row + 1);
  return pages;
}

function decoded(frozen: FrozenPages): Pages {
  const pages = new Pages(STRIDE);
  for (const bytes of encodePages(frozen, STRIDE)) decodeRows(pages, bytes);
  return pages;
}

const contents = (pages: Pages) =>
  Array.from({ length: pages.rows }, (_, row) =>
    Array.from({ length: STRIDE }, (__, column) => pages.get(row, column)),
  );

describe('pages', () => {
  it('begin at 0 and keep what is set and added', () => {
    const pages = new Pages(STRIDE);
    pages.grow(2);
    pages.set(1, 2, -7);
    expect(pages.add(1, 2, 10)).toBe(3);
    expect(contents(pages)).toEqual([
      [0, 0, 0],
      [0, 0, 3],
    ]);
  });

  it.each([0, 1, 511, 512, 513, 1_500, 40_000])('round-trip %i rows', (rows) => {
    const pages = filled(rows);
    expect(contents(decoded(pages.freeze()))).toEqual(contents(pages));
  });

  it('give back every double exactly', () => {
    const values = [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 52 + 1, -1, 0.5];
    const pages = new Pages(STRIDE);
    pages.grow(values.length);
    for (const [row, value] of values.entries()) pages.set(row, 0, value);
    expect(contents(decoded(pages.freeze())).map(([value]) => value)).toEqual(values);
  });

  it('frozen stay as they were, whatever is written, grown or frozen again', () => {
    const write = fc.record({ row: fc.nat({ max: 1_599 }), value: fc.integer() });
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.record({ kind: fc.constant('write' as const), write }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('freeze' as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('release' as const) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const pages = filled(1_000);
        const frozen: { copy: FrozenPages; expected: number[][] }[] = [];
        for (const one of steps) {
          if (one.kind === 'freeze') {
            frozen.push({ copy: pages.freeze(), expected: contents(pages) });
          } else if (one.kind === 'release') {
            const oldest = frozen.shift();
            if (oldest === undefined) continue;
            expect(contents(decoded(oldest.copy))).toEqual(oldest.expected);
            oldest.copy.release();
          } else {
            pages.grow(one.write.row + 1);
            pages.set(one.write.row, 1, one.write.value);
          }
        }
        for (const { copy, expected } of frozen) expect(contents(decoded(copy))).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });
});
