import { expect, test } from 'vitest';
import type { AtpExplanation, ExplainTerm } from '../../../contracts/atp.ts';
import { equationOf } from '../../../dashboard/src/lib/explain.ts';

const term = (name: string, sign: 1 | -1, units: number, agrees = true) =>
  ({ term: name, label: name, sign, units, agrees }) as ExplainTerm;

// REFERENCE §2.4: 150 − 34 − 16 − 20 = 80; 80 − 50 − 10 = 20.
const terms = [
  term('available', 1, 100),
  term('allocated', 1, 16),
  term('damaged', 1, 34),
  term('damaged', -1, 34, false),
  term('allocated', -1, 16),
  term('open_demand', -1, 20),
  term('safety_stock', -1, 50),
  term('soft_reserved', -1, 10),
];

test('terms become the lines of the equation', () => {
  const equation = equationOf({ terms } as unknown as AtpExplanation);
  const read = (lines: typeof equation.atp) =>
    lines.map(({ label, sign, units, agrees }) => [label, sign * units, agrees]);
  expect(read(equation.atp)).toEqual([
    ['On hand', 150, true],
    ['Unsellable', -34, false],
    ['Committed', -16, true],
    ['Open demand', -20, true],
  ]);
  expect(read(equation.afs)).toEqual([
    ['Safety stock', -50, true],
    ['Soft reservations', -10, true],
  ]);
});

test('every term is in exactly one line', () => {
  const { atp, afs } = equationOf({ terms } as unknown as AtpExplanation);
  const placed = [...atp, ...afs].flatMap((line) => line.terms);
  expect(placed).toHaveLength(terms.length);
  expect(new Set(placed)).toEqual(new Set(terms));
});
