/** Absolute counts are compared with the ledger as of their capture time (law 5, REFERENCE §3.4). */
import { describe, expect, it } from 'vitest';
import { CLOCK_SKEW_MS } from '../../../processors/stock/counts.ts';
import { type Given } from '../../support/given.ts';
import { LedgerBench } from '../../support/ledger.ts';
import {
  adjusted,
  allocated,
  ordered,
  snapshot,
  stateChanged,
  stocked,
} from '../../support/facts.ts';

const SKEW = CLOCK_SKEW_MS / 60_000;
const given = (...events: Given[]) => new LedgerBench().given(...events);
const reconciled = (bench: LedgerBench) =>
  bench
    .rows('stock_reconciliations')
    .map(({ book, measure, revision, stated, status, variance }) => [
      measure,
      revision,
      stated,
      book,
      variance,
      status,
    ]);

describe('a count', () => {
  it("gives IBM's figures: sync 100, then −1 is 99, and an earlier −2 revises the variance", () => {
    const bench = given(...snapshot({ asOf: 60, at: 60 }, { qty: 100 }));
    expect(reconciled(bench)).toEqual([['available', 0, 100, 0, 100, 'applied']]);

    bench.given(adjusted(-1, { at: 70 }));
    expect(bench.accounts('A', 'dc')).toEqual({ available: 99 });

    bench.given(adjusted(-2, { at: 50 }));
    expect(bench.accounts('A', 'dc')).toEqual({ available: 99 });
    expect(reconciled(bench).slice(1)).toEqual([['available', 1, 100, -2, 102, 'revised']]);
    expect(bench.movements().slice(-2)).toEqual(['available→outside 2', 'outside→available 2']);
  });

  it('is compared with the book as of its instant, and later movements are applied again', () => {
    const bench = given(
      stocked(50, { at: 0 }),
      adjusted(-5, { at: 20 }),
      adjusted(-10, { at: 40 }),
      adjusted(3, { at: 50 }),
      ...snapshot({ asOf: 30, at: 60 }, { qty: 44 }),
    );
    // Book as of 30: 45. 44 − 10 + 3.
    expect(reconciled(bench)).toEqual([['available', 0, 44, 45, -1, 'applied']]);
    expect(bench.accounts('A', 'dc')).toEqual({ available: 37 });
    expect(bench.rows('stock_movements').at(-1)).toMatchObject({
      kind: 'reconciliation',
      time: Date.parse('2026-03-02T08:30:00Z'),
      ref: 'f1',
      late: 0,
      illegal: 0,
    });
  });

  it('that agrees changes nothing, and later still keeps out what it had seen', () => {
    const bench = given(stocked(50, { at: 0 }), ...snapshot({ asOf: 30, at: 30 }, { qty: 50 }));
    expect(reconciled(bench)).toEqual([]);
    bench.given(adjusted(-4, { at: 20 }));
    expect(bench.accounts('A', 'dc')).toEqual({ available: 50 });
    expect(reconciled(bench)).toEqual([['available', 1, 50, 46, 4, 'revised']]);
  });

  it('takes in a movement of its very instant', () => {
    const bench = given(...snapshot({ asOf: 30, at: 30 }, { qty: 50 }), adjusted(-4, { at: 30 }));
    expect(bench.accounts('A', 'dc')).toEqual({ available: 50 });
  });

  it('older than the last one is ignored', () => {
    const bench = given(
      ...snapshot({ snapshot: 'f2', asOf: 60, at: 60 }, { qty: 80 }),
      ...snapshot({ snapshot: 'f1', asOf: 30, at: 90 }, { qty: 10 }),
    );
    expect(bench.accounts('A', 'dc')).toEqual({ available: 80 });
    expect(reconciled(bench)).toHaveLength(1);
  });

  it('said twice says nothing new; said otherwise, it is revised', () => {
    const bench = given(
      stocked(50, { at: 0 }),
      ...snapshot({ asOf: 30, at: 31 }, { qty: 60 }),
      ...snapshot({ asOf: 30, at: 32 }, { qty: 60 }),
    );
    expect(reconciled(bench)).toEqual([['available', 0, 60, 50, 10, 'applied']]);
    bench.given(...snapshot({ asOf: 30, at: 33 }, { qty: 57 }));
    expect(bench.accounts('A', 'dc')).toEqual({ available: 57 });
    expect(reconciled(bench).at(-1)).toEqual(['available', 1, 57, 60, -3, 'applied']);
  });

  it('of a row can have an instant of its own', () => {
    const bench = given(
      stocked(50, { at: 0 }),
      adjusted(-5, { at: 20 }),
      ...snapshot({ asOf: 30, at: 30 }, { qty: 48, asOf: 10 }),
    );
    expect(bench.accounts('A', 'dc')).toEqual({ available: 43 });
  });
});

describe('clock skew', () => {
  const sale = (at: number) => adjusted(-4, { at, source: 'urn:test:shop' });
  const fromErp = { source: 'urn:test:erp' };

  it('explains a difference by a movement of another clock within five minutes', () => {
    for (const when of [60 - SKEW + 1, 60 + SKEW]) {
      const stated = when > 60 ? 46 : 50;
      const bench = given(
        stocked(50, { at: 0 }),
        sale(when),
        ...snapshot({ ...fromErp, asOf: 60, at: 70 }, { qty: stated, ...fromErp }),
      );
      expect([when, reconciled(bench)]).toEqual([
        when,
        [['available', 0, stated, when > 60 ? 50 : 46, when > 60 ? -4 : 4, 'within_skew']],
      ]);
      expect(bench.accounts('A', 'dc')).toEqual({ available: 46 });
    }
  });

  it('does not explain what is further away, another quantity, or the own clock', () => {
    const count = snapshot({ ...fromErp, asOf: 60, at: 70 }, { qty: 46, ...fromErp });
    const status = (...events: Given[]) => reconciled(given(stocked(50, { at: 0 }), ...events));
    expect(status(sale(60 + SKEW + 1), ...count)).toEqual([
      ['available', 0, 46, 50, -4, 'applied'],
    ]);
    expect(status(adjusted(-3, { at: 62, source: 'urn:test:shop' }), ...count)).toEqual([
      ['available', 0, 46, 50, -4, 'applied'],
    ]);
    expect(status(adjusted(-4, { at: 62, ...fromErp }), ...count)).toEqual([
      ['available', 0, 46, 50, -4, 'applied'],
    ]);
  });

  it('agrees afterwards: a late movement is compensated as for any count', () => {
    const bench = given(
      stocked(50, { at: 0 }),
      sale(62),
      ...snapshot({ ...fromErp, asOf: 60, at: 70 }, { qty: 46, ...fromErp }),
      adjusted(-1, { at: 30 }),
    );
    expect(bench.accounts('A', 'dc')).toEqual({ available: 46 });
    expect(reconciled(bench).at(-1)).toEqual(['available', 1, 46, 45, 1, 'revised']);
  });
});

describe('what a count measures', () => {
  /** 100 on hand: 80 available, 15 allocated, 5 damaged. */
  const stock = [
    stocked(100, { at: 0 }),
    ordered(15, { at: 0 }),
    allocated(15, { at: 0 }),
    stateChanged(5, { from: 'available', to: 'damaged' }, { at: 0 }),
  ];

  it.each([
    ['17', 97, { available: 77, allocated: 15, damaged: 5 }],
    ['26', 97, { available: 77, allocated: 15, damaged: 5 }],
    ['33', 81, { available: 81, allocated: 15, damaged: 5 }],
    ['27', 12, { available: 80, allocated: 12, damaged: 5 }],
    ['20', 9, { available: 80, allocated: 15, damaged: 5, on_hold: 4 }],
    ['19', 2, { available: 80, allocated: 15, damaged: 5, pending_putaway: 2 }],
  ] as const)('X12 846 qualifier %s: %i units', (qualifier, qty, expected) => {
    const bench = given(...stock, ...snapshot({ asOf: 30, at: 30 }, { qty, qualifier }));
    expect(bench.accounts('A', 'dc')).toEqual(expected);
  });

  it('takes a state over a qualifier', () => {
    const count = snapshot({ asOf: 30, at: 30 }, { qty: 7, state: 'damaged', qualifier: '17' });
    expect(given(...stock, ...count).accounts('A', 'dc')).toMatchObject({ damaged: 7 });
  });

  it('on hand and available of one instant: the difference is not in what is available', () => {
    for (const rows of [
      [
        { qty: 98, qualifier: '17' as const },
        { qty: 79, qualifier: '33' as const },
      ],
      [
        { qty: 79, qualifier: '33' as const },
        { qty: 98, qualifier: '17' as const },
      ],
    ]) {
      const bench = given(...stock, ...snapshot({ asOf: 30, at: 30 }, ...rows));
      const accounts = bench.accounts('A', 'dc');
      expect(accounts).toEqual({ available: 79, allocated: 15, damaged: 5, on_hold: -1 });
    }
  });

  it('all of one instant, and consistent: each state gets its own difference', () => {
    const bench = given(
      ...stock,
      ...snapshot(
        { asOf: 30, at: 30 },
        { qty: 98, qualifier: '17' },
        { qty: 79, qualifier: '33' },
        { qty: 14, qualifier: '27' },
        { qty: 5, qualifier: '20' },
      ),
    );
    expect(bench.accounts('A', 'dc')).toEqual({ available: 79, allocated: 14, damaged: 5 });
    expect(reconciled(bench)).toEqual([
      ['available', 0, 79, 80, -1, 'applied'],
      ['committed', 0, 14, 15, -1, 'applied'],
    ]);
  });

  it('of two instants the later one stands, for what it covers', () => {
    const counts = [
      snapshot({ snapshot: 'f1', asOf: 30, at: 50 }, { qty: 97, qualifier: '17' }),
      snapshot({ snapshot: 'f2', asOf: 40, at: 50 }, { qty: 82, qualifier: '33' }),
    ];
    const inOrder = given(...stock, ...counts.flat());
    const reversed = given(...stock, ...counts.reverse().flat());
    for (const bench of [inOrder, reversed]) {
      expect(bench.accounts('A', 'dc')).toEqual({ available: 82, allocated: 15, damaged: 5 });
    }
  });

  it('a late movement within the states of a count leaves that count alone', () => {
    const bench = given(
      ...stock,
      ...snapshot({ asOf: 30, at: 30 }, { qty: 100, qualifier: '17' }),
      stateChanged(3, { from: 'available', to: 'damaged' }, { at: 20 }),
    );
    expect(bench.accounts('A', 'dc')).toEqual({ available: 77, allocated: 15, damaged: 8 });
    expect(reconciled(bench)).toEqual([]);
  });

  it('a late entry is compensated once, though two counts cover it', () => {
    const bench = given(
      ...stock,
      ...snapshot({ asOf: 30, at: 30 }, { qty: 100, qualifier: '17' }, { qty: 80 }),
      adjusted(6, { at: 20 }),
    );
    expect(bench.accounts('A', 'dc')).toEqual({ available: 80, allocated: 15, damaged: 5 });
    expect(bench.movements().slice(-2)).toEqual(['outside→available 6', 'available→outside 6']);
  });
});
