/**
 * Inbound supply: the order of arrival makes no difference, units are conserved, a correction equals never
 * sent, and a restart is not noticed.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { event, at, tickAt, type Given } from '../support/given.ts';
import { ReducerBench, type Row } from '../support/reducers.ts';
import {
  answered,
  arrived,
  changed,
  inspected,
  issued,
  notice,
  receipt,
  stored,
  wrong,
} from '../support/supply.ts';
import { runs } from './histories.ts';

const TABLES = ['po_lines', 'asn_lines', 'receipts', 'durations'] as const;
const qty = fc.integer({ min: 1, max: 12 });
const po = fc.constantFrom('p1', 'p2');
const asn = fc.constantFrom('n1', 'n2');
const sku = fc.constantFrom('A', 'B');
const name = fc.constantFrom('r1', 'r2', 'r3');
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Anything that may happen to inbound; when it happens is set by its place. */
const fact: fc.Arbitrary<Given> = fc.oneof(
  fc
    .record({ qty, po, sku, due: fc.integer({ min: 0, max: 400 }) })
    .map((it) => issued(it.qty, it)),
  fc.record({ qty, po, sku }).map((it) => changed(it.qty, it)),
  fc.record({ qty, po, sku }).map((it) => answered(it.qty, it)),
  fc
    .record({ qty, asn, sku, po: fc.option(po), supplier: maybe(fc.constant('bolt')) })
    .map(({ supplier, ...it }) => notice(it.qty, { ...it, ...(supplier ? { supplier } : {}) })),
  fc
    .record({
      qty,
      po: fc.option(po),
      asn: maybe(asn),
      sku,
      receipt: name,
      condition: fc.constantFrom('good', 'inspect', 'damaged'),
    })
    .map(({ asn: named, ...it }) =>
      receipt(it.qty, { ...it, ...(named === undefined ? {} : { asn: named }) }),
    ),
  fc.record({ qty, sku, receipt: name }).map((it) => stored(it.qty, it)),
  fc
    .record({ pass: qty, fail: fc.integer({ min: 0, max: 3 }), sku, receipt: name })
    .map((it) => inspected(it, it)),
  fc.record({ asn, dock: fc.integer({ min: 0, max: 300 }) }).map(arrived),
  fc.record({ po, dock: fc.integer({ min: 0, max: 300 }) }).map(arrived),
  asn.map((id) => event('receipt.closed', { asn_id: id, closed_at: at(5) })),
);

/** Facts that happen ten minutes apart. */
const history = fc
  .array(fact, { minLength: 1, maxLength: 24 })
  .map((facts) => facts.map((one, index): Given => ({ ...one, at: index * 10, id: `f${index}` })));

const supply = (events: readonly Given[]) => new ReducerBench(['supply']).given(...events);
const net = (bench: ReducerBench) =>
  TABLES.map((table) =>
    bench
      .net(table)
      .map((row) => JSON.stringify(row))
      .sort(),
  );

describe('inbound supply', () => {
  it('comes out the same in whatever order it is heard of', () => {
    const arbitrary = history.chain((facts) =>
      fc.tuple(fc.constant(facts), fc.shuffledSubarray(facts, { minLength: facts.length })),
    );
    fc.assert(
      fc.property(arbitrary, ([facts, shuffled]) => {
        expect(net(supply(shuffled))).toEqual(net(supply(facts)));
      }),
      runs(120),
    );
  });

  it('conserves units: ordered = open + received − over, and receipts add up', () => {
    fc.assert(
      fc.property(history, fc.array(fc.nat(), { maxLength: 4 }), (facts, picks) => {
        const wrongIds = new Set(picks.map((pick) => `f${pick % facts.length}`));
        const corrections = [...wrongIds].map((id) => wrong(id, { at: 500 }));
        const bench = supply([...facts, ...corrections]);
        const receipts = bench.net('receipts');
        for (const line of bench.net('po_lines')) {
          const { open, ordered, over, received } = line as Record<string, number>;
          expect(ordered).toBe(Number(open) + Number(received) - Number(over));
          const own = receipts.filter(
            (row) => row['po_id'] === line['po_id'] && row['sku_id'] === line['sku_id'],
          );
          expect(received).toBe(sum(own, 'received'));
        }
        const sent = facts.filter(
          ({ id = '', name: type }) => type === 'receipt.line.received' && !wrongIds.has(id),
        );
        expect(sum(receipts, 'received')).toBe(
          sent.reduce((units, { data }) => units + Number(data['qty_received']), 0),
        );
        expect(receipts).toHaveLength(sent.length);
      }),
      runs(100),
    );
  });

  it('variances of receipt lines sum to received less announced, for each ASN line', () => {
    fc.assert(
      fc.property(history, (facts) => {
        const bench = supply(facts);
        const receipts = bench.net('receipts').filter((row) => row['expected_from'] === 'asn');
        for (const line of bench.net('asn_lines')) {
          const own = receipts.filter(
            (row) => row['asn_id'] === line['asn_id'] && row['sku_id'] === line['sku_id'],
          );
          expect(sum(own, 'received')).toBe(line['received']);
          if (own.length === 0) continue;
          expect(sum(own, 'variance')).toBe(Number(line['received']) - Number(line['announced']));
        }
      }),
      runs(100),
    );
  });

  it('a correction equals never sent, before or after its event', () => {
    fc.assert(
      fc.property(history, fc.nat(), fc.boolean(), (facts, pick, before) => {
        const index = pick % facts.length;
        const id = `f${index}`;
        const without = facts.filter((one) => one.id !== id);
        const correction = wrong(id, { at: before ? 0 : 600, id: 'correction' });
        const all = before ? [correction, ...facts] : [...facts, correction];
        expect(net(supply(all))).toEqual(net(supply(without)));
      }),
      runs(120),
    );
  });

  it('a restart anywhere changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.nat(), async (facts, pick) => {
        const events = [...facts, wrong('f0', { at: 290, id: 'c' }), tickAt(400), tickAt(100_000)];
        const cut = pick % events.length;
        const once = supply(events);
        const restarted = await supply(events.slice(0, cut)).restarted();
        restarted.given(...events.slice(cut));
        for (const table of TABLES) expect(restarted.rows(table)).toEqual(once.rows(table));
        expect(restarted.findings).toEqual(once.findings);
        expect(restarted.ended).toEqual(once.ended);
      }),
      runs(80),
    );
  });
});

const sum = (rows: readonly Row[], column: string) =>
  rows.reduce((total, row) => total + Number(row[column]), 0);
