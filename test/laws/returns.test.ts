/**
 * What holds of returns, refunds and costs whatever happens on the way: the order of arrival, repeats,
 * corrections and restarts change nothing in the end, and neither units nor money get lost.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell, TableName } from '../../processors/processor.ts';
import { amountOf, micros } from '../../processors/facts/money.ts';
import { SIGNED_COLUMNS } from '../../processors/facts/signed.ts';
import { Reduction } from '../../processors/runtime/reduction.ts';
import { createSlice, type SliceSpec } from '../../processors/runtime/slices.ts';
import { event, type Given } from '../support/given.ts';
import { ReducerBench, type Row } from '../support/reducers.ts';
import {
  authorised,
  costing,
  DAY,
  ordered,
  received,
  recorded,
  refunded,
  shipped,
  wrong,
} from '../support/returned.ts';
import { runs } from './histories.ts';

const TABLES: readonly TableName[] = ['returns', 'refunds', 'costs', 'durations'];
const SKUS = ['MUG', 'CUP'] as const;
const STATES = ['available', 'damaged', 'scrapped', 'lost', 'on_hold'] as const;
/** Long after every refund is due. */
const LATER = 60 * DAY;

const order = fc.constantFrom('o1', 'o2');
const sku = fc.constantFrom(...SKUS);
const rma = fc.constantFrom('r1', 'r2');
const shipment = fc.constantFrom('s1', 's2', 's3');
const qty = fc.integer({ min: 1, max: 4 });
const price = fc.integer({ min: 1, max: 9_999 }).map((cents) => (cents / 100).toFixed(2));

type Step = (at: number, id: string) => Given;

/** Anything that may happen after a sale, legal or not. */
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ order, qty, shipment, sku, freight_cost: price }).map(
      (data): Step =>
        (at, id) =>
          shipped(at, data, { id }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record({ order, qty, rma, sku }).map(
      (data): Step =>
        (at, id) =>
          authorised(at, data, { id }),
    ),
  },
  {
    weight: 5,
    arbitrary: fc
      .record(
        { rma_id: rma, order_id: order, shipment_id: shipment, sku_id: sku, qty },
        { requiredKeys: ['sku_id', 'qty'] },
      )
      .map(
        (data): Step =>
          (at, id) =>
            received(at, data, { id }),
      ),
  },
  {
    weight: 5,
    arbitrary: fc
      .record(
        { rma_id: rma, order_id: order, sku_id: sku, qty, to_state: fc.constantFrom(...STATES) },
        { requiredKeys: ['sku_id', 'qty', 'to_state'] },
      )
      .map(
        ({ rma_id, ...data }): Step =>
          (at, id) =>
            event(
              'return.dispositioned',
              { node_id: 'dc-1', ...data, ...(rma_id === undefined ? {} : { rma_id }) },
              { at, id },
            ),
      ),
  },
  {
    weight: 3,
    arbitrary: fc
      .record(
        { order_id: order, amount: price, rma_id: rma, sku_id: sku, qty },
        { requiredKeys: ['order_id', 'amount'] },
      )
      .map(
        (data): Step =>
          (at, id) =>
            refunded(at, { ...data, refund_id: id }, { id }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({
        order_id: order,
        cost_type: fc.constantFrom('L1', 'L2', 'L4', 'L5'),
        amount: price,
        ref: shipment,
      })
      .map(
        (data): Step =>
          (at, id) =>
            recorded(at, data, { id }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ order_id: order, shipment_id: shipment }, { requiredKeys: ['shipment_id'] })
      .map(
        (data): Step =>
          (at, id) =>
            event('shipment.voided', data, { at, id }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.record({ order, units: qty }).map(
      ({ order: order_id, units }): Step =>
        (at, id) =>
          event(
            'order.cancelled',
            {
              ...{ order_id, initiator: 'seller', reason: 'out of stock' },
              lines: [{ line_id: 'l1', qty: units }],
            },
            { at, id },
          ),
    ),
  },
);

/** Master data first: costs of units are as known when something happens. */
const ITEMS = [costing('MUG', '4.25'), costing('CUP', '0.1')];

/** Two orders and what happens to them, each event at a time of its own. */
const history = fc
  .tuple(price, price, fc.array(step, { minLength: 1, maxLength: 14 }))
  .map(([first, second, steps]) => [
    ordered({ price: first, qty: 4 }, { at: 1, id: 'o1' }),
    ordered({ order: 'o2', price: second, qty: 4, sku: 'CUP' }, { at: 2, id: 'o2' }),
    ...steps.map((make, index) => make(10 + 7 * index, `x${index}`)),
  ]);

const bench = (events: readonly Given[], processors: readonly string[] = ['returns']) =>
  new ReducerBench(processors).given(...ITEMS, ...events).tick(LATER);

/** Rows that hold, in no particular order. */
const held = (it: ReducerBench) =>
  TABLES.map((table) =>
    it
      .net(table)
      .map((row) => JSON.stringify(row))
      .sort(),
  );

const sum = (rows: readonly Row[], column: string) =>
  rows.reduce((total, row) => total + Number(row[column]), 0);
const money = (rows: readonly Row[], column = 'amount') =>
  amountOf(rows.reduce((total, row) => total + micros(String(row[column])), 0n));

describe('returns', () => {
  it('the order of arrival, and repeats, make no difference', () => {
    const choices = fc.array(fc.nat(), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(history, choices, (events, chosen) => {
        const shuffled = events
          .map((one, index) => ({ one, place: chosen[index] ?? 0 }))
          .sort((a, b) => a.place - b.place)
          .map(({ one }) => one);
        expect(held(bench([...shuffled, ...events]))).toEqual(held(bench(events)));
      }),
      runs(200),
    );
  });

  it('what is corrected is as if it had never been sent', () => {
    fc.assert(
      fc.property(history, fc.nat(), fc.boolean(), (events, chosen, isBefore) => {
        const victim = events[chosen % events.length] as Given;
        const correction = wrong(String(victim.id), isBefore ? 3 : 500);
        const told = isBefore ? [correction, ...events] : [...events, correction];
        expect(held(bench(told))).toEqual(held(bench(events.filter((one) => one !== victim))));
      }),
      runs(200),
    );
  });

  it('a restart anywhere changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.nat(), async (events, chosen) => {
        const all = [...ITEMS, ...events, wrong('x0', 400)];
        const at = chosen % all.length;
        const before = await new ReducerBench(['returns']).given(...all.slice(0, at)).restarted();
        const after = await before.given(...all.slice(at)).restarted();
        after.tick(LATER);
        const plain = new ReducerBench(['returns']).given(...all).tick(LATER);
        for (const table of TABLES) expect(after.rows(table)).toEqual(plain.rows(table));
        expect(after.findings).toEqual(plain.findings);
      }),
      runs(200),
    );
  });

  it('slices together write what one writes', () => {
    fc.assert(
      fc.property(history, (events) => {
        const whole = bench(events);
        const parts = [
          [0, 4],
          [5, 15],
        ].map(([lo = 0, hi = 0]) => sliceRows(whole, { name: 'returns', lo, hi }));
        for (const table of TABLES) {
          const rows = parts.flatMap((part) => part.get(table) ?? []);
          expect(netOf(rows)).toEqual(netOf(rowsOf(whole, table)));
        }
      }),
      runs(150),
    );
  });

  it('units: received = dispositioned + pending, line by line, and nothing is cut off', () => {
    fc.assert(
      fc.property(history, (events) => {
        const rows = bench(events).net('returns');
        const columns = 'available,on_hold,damaged,rtv_pending,scrapped,lost,other'.split(',');
        for (const row of rows) {
          const decidedOn = columns.reduce((total, to) => total + Number(row[`to_${to}`]), 0);
          expect(Number(row['pending'])).toBe(Number(row['qty']) - decidedOn);
          // Only what was never received can be below zero, and says so.
          if (Number(row['pending']) < 0) expect(row).toMatchObject({ qty: 0, received_at: null });
        }
        const told = (name: Given['name']) =>
          events
            .filter((one) => one.name === name)
            .reduce((total, { data }) => total + Number(data['qty']), 0);
        expect(sum(rows, 'qty')).toBe(told('return.received'));
        expect(sum(rows, 'qty') - sum(rows, 'pending')).toBe(told('return.dispositioned'));
      }),
      runs(200),
    );
  });

  it('money: shipped less refunded is what is left of each order', () => {
    fc.assert(
      fc.property(history, (events) => {
        const it = bench(events, ['orders', 'returns']);
        for (const [id, created] of [
          ['o1', events[0]],
          ['o2', events[1]],
        ] as const) {
          const mine = (table: TableName) => it.net(table).filter((row) => row['order_id'] === id);
          expect(money(mine('shipment_lines'), 'sales')).toBe(
            shippedValue(id, created as Given, events),
          );
          const back = events.filter((one) => one.name === 'refund.issued');
          const amounts = back.filter(({ data }) => data['order_id'] === id);
          expect(money(mine('refunds'))).toBe(
            money(amounts.map(({ data }) => ({ amount: data['amount'] }) as Row)),
          );
        }
      }),
      runs(150),
    );
  });
});

const rowsOf = (it: ReducerBench, table: TableName) =>
  it.rows(table).map((row) => Object.values(row));

/** What a slice writes of the same log. */
function sliceRows(it: ReducerBench, spec: SliceSpec): Map<TableName, (readonly Cell[])[]> {
  const tables = new Map<TableName, (readonly Cell[])[]>();
  const { hosted } = createSlice([spec], { recentMovements: 16 });
  const reduction = new Reduction({
    hosted,
    recentIds: 1_000,
    effects: {
      row: (table, cells) => tables.set(table, [...(tables.get(table) ?? []), [...cells]]),
      finding: () => undefined,
      changed: () => undefined,
      cleared: () => undefined,
      signal: () => undefined,
      aside: ({ detail }) => {
        throw new Error(detail);
      },
    },
  });
  for (const [index, { raw, subject }] of it.log.entries()) {
    reduction.apply(index + 1, subject, raw);
  }
  return tables;
}

/** How often each row holds, whenever it became known. */
function netOf(rows: readonly (readonly Cell[])[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const key = JSON.stringify(row.slice(0, -SIGNED_COLUMNS.length));
    counts.set(key, (counts.get(key) ?? 0) + Number(row.at(-SIGNED_COLUMNS.length)));
  }
  return [...counts].filter(([, count]) => count !== 0).sort();
}

/** Units that left and were not voided, at the price of the order's only line. */
function shippedValue(order: string, created: Given, events: readonly Given[]): string {
  const [line] = created.data['lines'] as { sku_id: string; unit_price: string }[];
  const cents = Math.round(Number(line?.unit_price) * 100);
  const units = events.reduce((total, one) => {
    const { data } = one;
    if (one.name !== 'shipment.dispatched' || data['order_id'] !== order) return total;
    const isVoided = events.some(
      (it) => it.name === 'shipment.voided' && it.data['shipment_id'] === data['shipment_id'],
    );
    const [shippedLine] = data['lines'] as { qty: number }[];
    return total + (isVoided ? 0 : (shippedLine?.qty ?? 0));
  }, 0);
  return amountOf(BigInt(cents * units) * 10_000n);
}
