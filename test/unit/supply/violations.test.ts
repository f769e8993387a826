/** Inbound that does not follow from what came before it: applied, and reported after the watermark. */
import { describe, expect, it } from 'vitest';
import type { Given } from '../../support/given.ts';
import { ReducerBench } from '../../support/reducers.ts';
import { changed, issued, notice, receipt, stored, wrong } from '../../support/supply.ts';

const given = (...events: Given[]) => new ReducerBench(['supply']).given(...events);
const reported = (bench: ReducerBench) =>
  bench.findings
    .filter(({ code }) => code === 'FLOW_VIOLATION')
    .map(({ code, entity, subtype, units }) => [code, subtype, entity, units]);

describe('is reported once, ten minutes after it was met', () => {
  it.each<[string, Given[], string, number]>([
    ['a receipt without PO or ASN', [receipt(3, { po: null })], 'receipt/r1/sku/A', 3],
    ['a receipt of an unknown PO', [receipt(3)], 'po/p1/sku/A', 3],
    ['a receipt of an unknown ASN', [receipt(3, { po: null, asn: 'n1' })], 'asn/n1/sku/A', 3],
    ['a SKU that the PO has not', [issued(9, { sku: 'B' }), receipt(3)], 'po/p1/sku/A', 3],
    ['more than was ordered', [issued(9), receipt(11, { at: 1 })], 'po/p1/sku/A', 2],
    [
      'more than an ASN without a PO announced',
      [notice(9, { po: null }), receipt(11, { at: 1, po: null, asn: 'n1' })],
      'asn/n1/sku/A',
      2,
    ],
    ['an ASN larger than its PO', [issued(9), notice(12, { at: 1 })], 'po/p1/sku/A', 3],
    ['a receipt before its PO', [receipt(3, { at: 0 }), issued(9, { at: 5 })], 'po/p1/sku/A', 3],
    ['a change of a PO that was never issued', [changed(4)], 'po/p1/sku/A', 4],
  ])('%s', (what, events, entity, units) => {
    const subtype = {
      'a receipt without PO or ASN': 'blind_receipt',
      'a receipt of an unknown PO': 'unknown_po',
      'a receipt of an unknown ASN': 'unknown_asn',
      'a SKU that the PO has not': 'unexpected_sku',
      'more than was ordered': 'over_receipt',
      'more than an ASN without a PO announced': 'over_receipt',
      'an ASN larger than its PO': 'asn_over_po',
      'a receipt before its PO': 'receipt_before_po',
      'a change of a PO that was never issued': 'change_before_issue',
    }[what];
    const bench = given(...events);
    expect(bench.findings).toEqual([]);
    bench.tick(9);
    expect(bench.findings).toEqual([]);
    bench.tick(20).tick(40);
    expect(reported(bench)).toEqual([['FLOW_VIOLATION', subtype, entity, units]]);
  });
});

describe('is not reported', () => {
  it('when the PO comes within the watermark', () => {
    const bench = given(receipt(3, { at: 5 }), issued(9, { at: 0 })).tick(60);
    expect(bench.findings).toEqual([]);
  });

  it('when the receipt was taken back', () => {
    const bench = given(receipt(3, { po: null, id: 'ghost' }), wrong('ghost', { at: 1 })).tick(60);
    expect(bench.findings).toEqual([]);
  });
});

describe('what is forgotten', () => {
  const DAY = 1_440;

  it('is what is settled and long untouched; what is open stays', () => {
    const bench = given(
      issued(10, { po: 'done' }),
      receipt(10, { po: 'done', at: 1 }),
      stored(10, { at: 2 }),
      issued(10, { po: 'overdue' }),
      notice(4, { po: 'overdue', at: 1 }),
    );
    const supply = bench.slice.hosted[0]?.processor;
    expect(supply?.size()).toBe(3);
    bench.tick(401 * DAY);
    expect(supply?.size()).toBe(2);
    bench.tick(1_000 * DAY);
    expect(supply?.size()).toBe(2);
    // It is still followed.
    bench.given(receipt(10, { po: 'overdue', at: 1_001 * DAY, receipt: 'r2' }));
    expect(bench.net('po_lines').map((row) => [row['po_id'], row['open']])).toEqual([
      ['done', 0],
      ['overdue', 0],
    ]);
  });

  it('is taken for unknown when a fact of it comes even later, and said to be', () => {
    const bench = given(issued(10), receipt(10, { at: 1 })).tick(401 * DAY);
    bench.given(receipt(2, { at: 402 * DAY, receipt: 'r2' })).tick(403 * DAY);
    expect(reported(bench)).toEqual([['FLOW_VIOLATION', 'unknown_po', 'po/p1/sku/A', 2]]);
    expect(bench.net('receipts').map(({ received }) => received)).toEqual([10, 2]);
  });
});
