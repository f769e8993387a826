/** Comparing and explaining, with a difference planted on each side. */
import { describe, expect, test } from 'vitest';
import { A } from '../../../processors/stock/accounts.ts';
import { Ledger } from '../../../processors/stock/ledger.ts';
import {
  comparePositions,
  merged,
  type Sides,
} from '../../../processors/runtime/verify/compare.ts';
import { explain, type Movement } from '../../../processors/runtime/verify/explain.ts';

type Post = [sku: string, node: string, from: keyof typeof A, to: keyof typeof A, units: number];

function books(posts: readonly Post[]): Ledger {
  const ledger = new Ledger();
  for (const [sku, node, from, to, units] of posts) {
    ledger.move(ledger.row(sku, node), A[from], A[to], units);
  }
  return ledger;
}

const POSTS: readonly Post[] = [
  ['mug', 'dc-1', 'outside', 'available', 10],
  ['mug', 'dc-1', 'available', 'allocated', 4],
  ['mug', 'dc-2', 'outside', 'available', 3],
  ['vase', 'dc-1', 'outside', 'on_hold', 2],
];
const equal = (): Sides => ({
  ledger: books(POSTS),
  clickhouse: books(POSTS),
  replay: books(POSTS),
});

describe('comparePositions', () => {
  test('three equal accounts differ nowhere', () => {
    expect(comparePositions(equal())).toEqual({ positions: 3, differing: 0, first: null });
  });

  test('the order in which positions became known does not matter', () => {
    const sides = { ...equal(), clickhouse: books([...POSTS].reverse()) };
    expect(comparePositions(sides).differing).toBe(0);
  });

  test('a position that one side does not know has nothing there', () => {
    const empty = books(POSTS);
    empty.row('bowl', 'dc-1');
    expect(comparePositions({ ...equal(), ledger: empty })).toEqual({
      positions: 4,
      differing: 0,
      first: null,
    });
    expect(comparePositions({ ...equal(), clickhouse: books(POSTS.slice(0, 3)) })).toMatchObject({
      positions: 3,
      differing: 1,
      first: { sku: 'vase', node: 'dc-1', account: 'on_hold', ledger: 2, clickhouse: 0, replay: 2 },
    });
  });

  test.each(['ledger', 'clickhouse', 'replay'] as const)(
    'a difference planted in %s is found, with what each side has',
    (side) => {
      const off = books([...POSTS, ['mug', 'dc-2', 'available', 'damaged', 1]]);
      const { differing, first, positions } = comparePositions({ ...equal(), [side]: off });
      expect({ positions, differing }).toEqual({ positions: 3, differing: 1 });
      const units = { ledger: 3, clickhouse: 3, replay: 3, [side]: 2 };
      expect(first).toEqual({ sku: 'mug', node: 'dc-2', account: 'available', ...units });
    },
  );

  test.each(['clickhouse', 'replay'] as const)('a position that only %s knows is found', (side) => {
    const more = books([...POSTS, ['bowl', 'dc-9', 'outside', 'available', 5]]);
    expect(comparePositions({ ...equal(), [side]: more })).toMatchObject({
      positions: 4,
      differing: 1,
      first: { sku: 'bowl', node: 'dc-9', account: 'available', [side]: 5, ledger: 0 },
    });
  });

  test('of several slices the sums, and the first difference by SKU and node', () => {
    const off = books([...POSTS, ['mug', 'dc-2', 'available', 'damaged', 1]]);
    const late = books([...POSTS, ['vase', 'dc-1', 'on_hold', 'damaged', 1]]);
    const all = [
      comparePositions({ ...equal(), clickhouse: late }),
      comparePositions({ ...equal(), clickhouse: off }),
      comparePositions(equal()),
    ];
    expect(merged(all)).toMatchObject({
      positions: 9,
      differing: 2,
      first: { sku: 'mug', node: 'dc-2' },
    });
  });
});

describe('explain', () => {
  const where = { sku: 'mug', node: 'dc-1', account: 'available' } as const;
  const movement = (seq: number, units: number): Movement => ({
    ...{ seq, idx: 0, from: 'outside', to: 'available', units, kind: 'adjustment' },
    eventId: `e${seq}`,
  });
  const [one, two, three] = [movement(1, 5), movement(2, 7), movement(3, 1)];

  test('ClickHouse off: what is doubled', () => {
    const text = explain(
      { ...where, ledger: 13, replay: 13, clickhouse: 20 },
      { stored: [one, two, two, three], replayed: [one, two, three] },
    );
    expect(text).toMatch(/^ClickHouse is off by \+7 units in available of mug at dc-1: /);
    expect(text).toContain(
      'it holds seq 2/0 (adjustment 7 outside→available, event e2) more than once',
    );
    expect(text).toContain('newest movements in ClickHouse: seq 3/0');
  });

  test('ClickHouse off: what is missing', () => {
    const text = explain(
      { ...where, ledger: 13, replay: 13, clickhouse: 6 },
      { stored: [one, three], replayed: [one, two, three] },
    );
    expect(text).toContain('off by -7 units');
    expect(text).toContain('it lacks seq 2/0');
  });

  test('ClickHouse off: what the log does not give, and what was changed', () => {
    const difference = { ...where, ledger: 12, replay: 12, clickhouse: 13 };
    expect(explain(difference, { stored: [one, two, three], replayed: [one, two] })).toContain(
      'seq 3/0 (adjustment 1 outside→available, event e3), which the log does not give',
    );
    expect(
      explain(difference, { stored: [one, { ...two, units: 8 }], replayed: [one, two] }),
    ).toContain('otherwise than the log gives it');
  });

  test('the ledger off: the snapshot is likely, and how to rebuild', () => {
    const text = explain(
      { ...where, ledger: 11, replay: 13, clickhouse: 13 },
      { stored: [one, two, three], replayed: null },
    );
    expect(text).toMatch(/^the living ledger is off by -2 units/);
    expect(text).toContain('SNAPSHOTS');
  });

  test('the replay off: code or bounds have changed', () => {
    const text = explain(
      { ...where, ledger: 13, replay: 14, clickhouse: 13 },
      { stored: [], replayed: null },
    );
    expect(text).toMatch(/^a replay of the log is off by \+1 units/);
    expect(text).toContain('ClickHouse holds no movement of this account');
  });

  test('no two agree', () => {
    const difference = { ...where, ledger: 1, replay: 2, clickhouse: 3 };
    expect(explain(difference, { stored: [one], replayed: null })).toMatch(/^no two of/);
  });
});
