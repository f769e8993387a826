/** Signed rows, facts in order, corrections, money: what every processor of facts is made of. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { identityOf } from '../../../contracts/hash.ts';
import { Corrected } from '../../../processors/facts/corrected.ts';
import {
  amountOf,
  HouseCurrency,
  micros,
  times,
  written,
} from '../../../processors/facts/money.ts';
import { emitDifference, insertFact, type FactRow } from '../../../processors/facts/signed.ts';
import type { Cell } from '../../../processors/processor.ts';

const row = (key: string, ...cells: Cell[]): FactRow => ({
  table: 'levels',
  key,
  cells: [key, ...cells],
});
const at = { seq: 7, nowMs: 1_000 };

function difference(before: FactRow[], after: FactRow[]): (readonly Cell[])[] {
  const rows: (readonly Cell[])[] = [];
  emitDifference(before, after, at, { row: (_table, cells) => rows.push(cells) });
  return rows;
}

describe('emitDifference', () => {
  test('takes back what holds no more and states what is new, and nothing else', () => {
    expect(difference([row('a', 1), row('b', 2)], [row('b', 3), row('a', 1), row('c', 4)])).toEqual(
      [
        ['b', 2, -1, 1_000, 7],
        ['b', 3, 1, 1_000, 7],
        ['c', 4, 1, 1_000, 7],
      ],
    );
    expect(difference([row('a', 1)], [row('a', 1)])).toEqual([]);
    expect(difference([row('a', 1)], [])).toEqual([['a', 1, -1, 1_000, 7]]);
  });

  test('leaves, whatever the steps, exactly the last rows standing', () => {
    const rows = fc.uniqueArray(
      fc.tuple(fc.integer({ max: 5, min: 0 }), fc.integer({ max: 3, min: 0 })),
      {
        selector: ([key]) => key,
      },
    );
    fc.assert(
      fc.property(fc.array(rows, { maxLength: 8 }), (steps) => {
        const standing = new Map<string, number>();
        let before: FactRow[] = [];
        for (const step of steps) {
          const after = step.map(([key, value]) => row(String(key), value));
          for (const [key, value, sign] of difference(before, after)) {
            const name = `${key} ${value}`;
            standing.set(name, (standing.get(name) ?? 0) + Number(sign));
          }
          before = after;
        }
        const held = [...standing].filter(([, count]) => count !== 0);
        expect(new Map(held)).toEqual(new Map(before.map(({ cells: [k, v] }) => [`${k} ${v}`, 1])));
      }),
    );
  });
});

test('facts lie in the order of event time, then of the log', () => {
  const facts: { timeMs: number; seq: number; identity: number }[] = [];
  for (const [timeMs, seq] of [
    [5, 1],
    [3, 2],
    [5, 3],
    [4, 4],
  ] as const) {
    insertFact(facts, { timeMs, seq, identity: seq });
  }
  expect(facts.map(({ seq }) => seq)).toEqual([2, 4, 1, 3]);
});

describe('Corrected', () => {
  const wrong = {
    corrects: { source: 'urn:a', id: 'po-1' },
    reason: 'did_not_occur' as const,
    corrective_ids: [],
  };
  const applied = (id: string) =>
    ({ event: { source: 'urn:a', id }, identity: identityOf('urn:a', id) }) as Parameters<
      Corrected['voids']
    >[0];

  test('names the document and its lines once, and voids what comes after', () => {
    const corrected = new Corrected();
    const identities = corrected.note(wrong, 0);
    expect(identities.has(identityOf('urn:a', 'po-1'))).toBe(true);
    expect(identities.has(identityOf('urn:a', 'po-1/line/3'))).toBe(true);
    expect(corrected.note(wrong, 5).size).toBe(0);
    expect(corrected.voids(applied('po-1/line/2'))).toBe(true);
    expect(corrected.voids(applied('po-2'))).toBe(false);
  });

  test('is restored, and forgets after a week', () => {
    const corrected = new Corrected();
    corrected.note(wrong, 0);
    const restored = new Corrected();
    for (const part of corrected.snapshot()) restored.restore(part);
    expect(restored.voids(applied('po-1'))).toBe(true);
    restored.onTime(8 * 86_400_000);
    expect(restored.voids(applied('po-1'))).toBe(false);
  });
});

describe('money', () => {
  test('is exact', () => {
    expect(times('0.1', 3)).toBe('0.3');
    expect(times('999999999999999.999999', 2)).toBe('1999999999999999.999998');
    expect(amountOf(micros('-12.50'))).toBe('-12.5');
    expect(amountOf(micros('-0.000001'))).toBe('-0.000001');
    expect(amountOf(0n)).toBe('0');
  });

  test.each([
    ['12', '12.00'],
    ['-12.5', '-12.50'],
    ['0.125', '0.125'],
  ])('of %s is written %s', (amount, text) => {
    expect(written(amount)).toBe(text);
  });

  test('is in one house currency: the policy, or the first that came', () => {
    const house = new HouseCurrency();
    expect(house.counts(undefined)).toBe(true);
    expect(house.counts('EUR')).toBe(true);
    expect(house.counts('USD')).toBe(false);
    house.set({
      policy: 'measurement',
      scope: {},
      value: { house_currency: 'USD' },
      actor: 'cfo',
      reason: 'reporting currency',
    });
    const restored = new HouseCurrency();
    for (const part of house.snapshot()) restored.restore(part);
    expect(restored.counts('USD')).toBe(true);
    expect(restored.counts('EUR')).toBe(false);
  });
});
