/** What holds of orders whatever is reported of them, and in whatever order that is heard. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Orders } from '../../processors/orders/orders.ts';
import { T0 } from '../support/given.ts';
import { ReducerBench, type Row } from '../support/reducers.ts';
import { runs } from './histories.ts';
import { messagesOf, orderHistory, REPORTED, shuffled, takenBack } from './order-histories.ts';

const TABLES = ['order_stages', 'orders', 'order_lines', 'shipments', 'shipment_lines'] as const;
const choices = fc.array(fc.nat(), { minLength: 1, maxLength: 90 });

const bench = () => new ReducerBench(['orders']);
/** Rows that hold in the end, table by table. */
const held = (of: ReducerBench) =>
  TABLES.map((table) =>
    of
      .net(table)
      .map((row) => JSON.stringify(row))
      .sort(),
  );
const processorOf = (of: ReducerBench) => of.slice.hosted[0]?.processor as Orders;
const count = (rows: readonly Row[], column: string) =>
  rows.reduce((sum, row) => sum + Number(row[column]), 0);

describe('orders', () => {
  it('the order of arrival makes no difference', () => {
    fc.assert(
      fc.property(orderHistory, choices, (history, places) => {
        const messages = messagesOf(history);
        const straight = bench().feed(...messages);
        const mixed = bench().feed(...shuffled(messages, places));
        expect(held(mixed)).toEqual(held(straight));
      }),
      runs(150),
    );
  });

  it('units are conserved: ordered and over-shipped are cancelled, shipped or open', () => {
    fc.assert(
      fc.property(orderHistory, (history) => {
        const one = bench();
        for (const message of messagesOf(history)) {
          one.feed(message);
          const left = one.net('shipment_lines');
          for (const line of one.net('order_lines')) {
            const cancelled = ['customer', 'seller', 'system'].map((by) =>
              Number(line[`cancelled_${by}`]),
            );
            expect(Number(line['ordered']) + Number(line['over_shipped'])).toBe(
              cancelled.reduce((sum, units) => sum + units, 0) +
                Number(line['shipped']) +
                Number(line['open']),
            );
            const own = left.filter(
              (leg) => leg['order_id'] === line['order_id'] && leg['line_id'] === line['line_id'],
            );
            expect(count(own, 'units')).toBe(line['shipped']);
          }
        }
      }),
      runs(40),
    );
  });

  it('stage facts add up to the orders of the ledger at every hour', () => {
    fc.assert(
      fc.property(orderHistory, choices, (history, places) => {
        const one = bench().feed(...shuffled(messagesOf(history), places));
        const stages = one.rows('order_stages');
        for (let minute = 0; minute <= REPORTED; minute += 60) {
          const atMs = T0 + minute * 60_000;
          const sums: Record<string, number> = {};
          for (const row of stages) {
            if (Number(row['at']) > atMs) continue;
            const stage = String(row['stage']);
            sums[stage] = (sums[stage] ?? 0) + Number(row['delta']) * Number(row['sign']);
          }
          const standing = Object.entries(sums).filter(([, orders]) => orders !== 0);
          expect(Object.fromEntries(standing)).toEqual(processorOf(one).byStage(atMs));
          // Both orders were placed at T0, and each is somewhere ever since.
          expect(standing.reduce((sum, [, orders]) => sum + orders, 0)).toBe(2);
        }
      }),
      runs(150),
    );
  });

  it('a restart anywhere changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(orderHistory, choices, fc.nat(), async (history, places, where) => {
        const messages = shuffled(messagesOf(history), places);
        const cut = where % messages.length;
        const straight = bench()
          .feed(...messages)
          .tick(REPORTED + 30);
        const first = bench().feed(...messages.slice(0, cut));
        const restarted = await first.restarted();
        // What was left behind goes on, and must not be seen by the one that was started from it.
        first.feed(...messages.slice(cut, cut + 5));
        restarted.feed(...messages.slice(cut)).tick(REPORTED + 30);
        for (const table of TABLES) expect(restarted.rows(table)).toEqual(straight.rows(table));
        expect(restarted.findings).toEqual(straight.findings);
      }),
      runs(60),
    );
  });

  it('a snapshot is the state of its instant, though events go on while it is written', () => {
    fc.assert(
      fc.property(orderHistory, fc.nat(), (history, where) => {
        const messages = messagesOf(history);
        const cut = where % messages.length;
        const text = (parts: Iterable<{ name: string; bytes: Uint8Array }>) =>
          [...parts].map(({ bytes, name }) => `${name} ${Buffer.from(bytes).toString()}`);
        const one = bench().feed(...messages.slice(0, cut));
        const still = text(processorOf(one).snapshot());
        const taken = processorOf(one).snapshot();
        one.feed(...messages.slice(cut));
        expect(text(taken)).toEqual(still);
      }),
      runs(60),
    );
  });

  it('a correction leaves what there would be without its event', () => {
    fc.assert(
      fc.property(orderHistory, fc.nat(), fc.nat(), (history, which, when) => {
        const wrong = history[which % history.length];
        fc.pre(wrong !== undefined);
        const without = held(bench().feed(...messagesOf(history.filter((one) => one !== wrong))));
        const correction = takenBack(wrong ?? { name: 'order.created', data: {} }, REPORTED);
        const at = when % (history.length + 1);
        const early = [...history.slice(0, at), { ...correction, at: 0 }, ...history.slice(at)];
        expect(held(bench().feed(...messagesOf(early)))).toEqual(without);
        expect(held(bench().feed(...messagesOf([...history, correction])))).toEqual(without);
      }),
      runs(120),
    );
  });
});
