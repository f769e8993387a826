import { describe, expect, test } from 'vitest';
import { explainPosition } from '../../../api/explain.ts';
import type { AccountMovement, AccountSum } from '../../../api/clickhouse/movements.ts';
import type { PositionAnswer } from '../../../contracts/atp.ts';
import { ACCOUNTS, type Account } from '../../../contracts/states.ts';

/** A position with the given balances, and 0 in every other account. */
function position(balances: Partial<Record<Account, number>>, safetyStock = 0): PositionAnswer {
  return {
    known: true,
    accounts: Object.fromEntries(
      ACCOUNTS.map((account) => [account, balances[account] ?? 0]),
    ) as PositionAnswer['accounts'],
    safetyStock,
    safetyStockScope: 'SKU A at dc-01',
    now: '2025-03-01T10:00:00.000Z',
    lastSeq: 42,
  };
}

const sumsOf = (balances: Partial<Record<Account, number>>): AccountSum[] =>
  Object.entries(balances).map(([account, units]) => ({
    account: account as Account,
    units,
    movements: 1,
  }));

const balances = {
  available: 100,
  allocated: 12,
  picked: 3,
  packed: 1,
  damaged: 4,
  pending_putaway: 30,
  open_demand: 20,
  soft_reserved: 10,
  on_order: 500,
  outside: -680,
};

const explain = (ledger: PositionAnswer, sums: AccountSum[], movements: AccountMovement[] = []) =>
  explainPosition({ sku: 'A', node: 'dc-01', position: ledger, sums, movements });

describe('the explanation of a position', () => {
  // REFERENCE §2.4: QOH 150 − unsellable 34 − committed 16 − open demand 20 = 80.
  test('adds up to ATP, and from there to AFS', () => {
    const explanation = explain(position(balances, 50), sumsOf(balances));

    const signed = (names: string[], sign: number) =>
      explanation.terms
        .filter((term) => term.sign === sign && names.includes(term.term))
        .reduce((sum, term) => sum + term.units, 0);
    expect(signed(ACCOUNTS.slice(), 1)).toBe(150);
    expect(signed(['damaged', 'pending_putaway'], -1)).toBe(34);
    expect(signed(['allocated', 'picked', 'packed'], -1)).toBe(16);
    expect(explanation).toMatchObject({ atp: 80, afs: 20, agrees: true, differing: [] });
  });

  test('leaves out accounts that nothing ever touched, but for the ones that always matter', () => {
    const { terms } = explain(
      position({ available: 5, outside: -5 }),
      sumsOf({ available: 5, outside: -5 }),
    );
    expect(terms.map((term) => term.term)).toEqual([
      'available',
      'open_demand',
      'safety_stock',
      'soft_reserved',
    ]);
  });

  test('AFS is never below 0, ATP is', () => {
    const short = { available: 2, open_demand: 9, outside: -11 };
    expect(explain(position(short, 5), sumsOf(short))).toMatchObject({ atp: -7, afs: 0 });
  });

  test('says which account differs, whether it is a term of ATP or not', () => {
    const explanation = explain(
      position(balances),
      sumsOf({ ...balances, available: 99, on_order: 501 }),
    );
    expect(explanation.agrees).toBe(false);
    expect(explanation.differing).toEqual([
      { account: 'on_order', ledger: 500, clickhouse: 501 },
      { account: 'available', ledger: 100, clickhouse: 99 },
    ]);
    expect(explanation.terms.find((term) => term.term === 'available')).toMatchObject({
      units: 100,
      clickhouse_units: 99,
      agrees: false,
    });
  });

  test('an account that ClickHouse has and the ledger has not differs too', () => {
    const explanation = explain(position({}), sumsOf({ damaged: 1, outside: -1 }));
    expect(explanation.differing.map((one) => one.account)).toEqual(['damaged', 'outside']);
  });

  test('a policy has no movements to compare with', () => {
    const { terms } = explain(position({}, 7), []);
    expect(terms.find((term) => term.term === 'safety_stock')).toMatchObject({
      label: 'Safety stock (SKU A at dc-01)',
      units: 7,
      clickhouse_units: null,
      agrees: true,
    });
  });

  test('each term has its own events', () => {
    const movement: AccountMovement = {
      account: 'available',
      delta: -2,
      seq: 41,
      timeMs: Date.parse('2025-03-01T09:59:00Z'),
      type: 'stocktide.order.line.allocated.v1',
      source: 'https://oms.example',
      eventId: 'e41',
      from: 'available',
      to: 'allocated',
      ref: 'SO-1',
      reason: '',
    };
    const explanation = explain(position(balances), sumsOf(balances), [
      movement,
      { ...movement, account: 'allocated', delta: 2 },
    ]);
    const eventsOf = (name: string) =>
      explanation.terms.find((term) => term.term === name)?.events ?? [];
    expect(eventsOf('available')).toEqual([
      {
        seq: 41,
        time: '2025-03-01T09:59:00.000Z',
        type: 'stocktide.order.line.allocated.v1',
        source: 'https://oms.example',
        id: 'e41',
        from: 'available',
        to: 'allocated',
        delta: -2,
        ref: 'SO-1',
        reason: '',
      },
    ]);
    expect(eventsOf('allocated')).toMatchObject([{ delta: 2 }]);
    expect(eventsOf('picked')).toEqual([]);
  });
});
