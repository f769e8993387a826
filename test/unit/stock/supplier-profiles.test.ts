/** What is learned of suppliers from their receipts, and what time-phased ATP makes of it. */
import { describe, expect, it } from 'vitest';
import { acknowledged, announced, corrected, purchased, received } from '../../support/facts.ts';
import { at, event, T0, type Given } from '../../support/given.ts';
import { LedgerBench } from '../../support/ledger.ts';

const DAY = 1_440;
const HOUR = 60;
const putAway = (qty: number, receipt: string, minutes: number) =>
  event(
    'putaway.completed',
    { receipt_id: receipt, sku_id: 'A', node_id: 'dc', qty },
    { at: minutes },
  );

/** A delivery of day `day`: announced for 00:00 of it, so much late, so long from dock to stock, 10 units less `short`. */
function delivery(day: number, it: { lateH: number; dockH: number; short?: number }): Given[] {
  const eta = day * DAY;
  const receipt = eta + it.lateH * HOUR;
  const units = 10 - (it.short ?? 0);
  const asn = `n${day}`;
  return [
    announced(10, { asn, po: null, eta, at: eta - 100 }),
    {
      ...received(units, { asn, at: receipt, id: `receipt-${day}` }),
      data: { ...received(units, { asn }).data, receipt_id: `r${day}` },
    },
    putAway(units, `r${day}`, receipt + it.dockH * HOUR),
  ];
}
const closed = (asn: string, minutes: number) =>
  event('receipt.closed', { asn_id: asn, closed_at: at(minutes) }, { at: minutes });

/** What an ASN and an acknowledged PO of tomorrow add, and on which terms. */
function ahead(bench: LedgerBench, day: number) {
  const due = (day + 1) * DAY;
  bench.given(
    purchased(100, { at: day * DAY, due }),
    acknowledged(100, { at: day * DAY + 1, promised: due }),
  );
  const node = bench.view('A').nodes[0];
  const point = node?.time_phased.find(({ refs }) => refs.includes('p1'));
  return {
    delayH: (Date.parse(point?.at ?? '') - (T0 + due * 60_000)) / 3_600_000,
    units: point?.receipts,
    basis: node?.supply_terms?.[0]?.basis,
  };
}

describe('a supplier', () => {
  it('that nothing is known of is on time, a day from dock to stock, and complete', () => {
    expect(ahead(new LedgerBench(), 0)).toEqual({ delayH: 24, units: 100, basis: 'default' });
  });

  it('is counted on as its last receipts were: p90 of lateness and dock to stock, mean fill', () => {
    const bench = new LedgerBench();
    // Ten deliveries 1 … 10 h late, 2 h from dock to stock but for one of 9; half of them 2 units short.
    for (let n = 1; n <= 10; n++) {
      const dockH = n === 3 ? 9 : 2;
      bench.given(...delivery(n, { lateH: n, dockH, short: n % 2 === 0 ? 2 : 0 }));
      bench.given(closed(`n${n}`, n * DAY + 1_300));
    }
    // Nine in ten are at most 9 h late and at most 2 h in the dock; (5 × 1 + 5 × 0.8) / 10 = 0.9.
    expect(ahead(bench, 12)).toEqual({
      delayH: 11,
      units: 90,
      basis: 'learned from 10 receipt lines',
    });
  });

  it('is shrunk to the default while few receipts are known', () => {
    const bench = new LedgerBench();
    for (const n of [1, 2]) bench.given(...delivery(n, { lateH: 8, dockH: 16 }));
    // 2 of 8: a quarter of 8 h, and 24 h less a quarter of the way to 16 h.
    expect(ahead(bench, 12)).toMatchObject({ delayH: 2 + 22, units: 100 });
  });

  it('is remembered by its last twenty receipt lines', () => {
    const bench = new LedgerBench();
    for (let n = 1; n <= 10; n++) bench.given(...delivery(n, { lateH: 20, dockH: 4 }));
    for (let n = 11; n <= 30; n++) bench.given(...delivery(n, { lateH: 0, dockH: 4 }));
    expect(ahead(bench, 32)).toEqual({
      delayH: 4,
      units: 100,
      basis: 'learned from 20 receipt lines',
    });
  });

  it('that someone has decided about is counted on as decided', () => {
    const bench = new LedgerBench();
    for (let n = 1; n <= 10; n++) bench.given(...delivery(n, { lateH: 20, dockH: 4 }));
    bench.given(
      event('policy.set', {
        policy: 'supply',
        scope: { supplier_id: 'sup' },
        value: { lateness_p90_h: 1, dock_to_stock_p90_h: 2, fill_rate: 0.5 },
        actor: 'ann',
        reason: 'contract',
      }),
    );
    expect(ahead(bench, 12)).toEqual({ delayH: 3, units: 50, basis: 'policy' });
  });

  it('is not judged by a receipt that did not occur', () => {
    const bench = new LedgerBench();
    for (let n = 1; n <= 8; n++) bench.given(...delivery(n, { lateH: n === 8 ? 20 : 0, dockH: 4 }));
    bench.given(corrected({ id: 'receipt-8' }, { at: 9 * DAY }));
    const without = new LedgerBench();
    for (let n = 1; n <= 7; n++) without.given(...delivery(n, { lateH: 0, dockH: 4 }));
    expect(ahead(bench, 12)).toEqual(ahead(without, 12));
  });

  it('is known as well after a restart', async () => {
    const bench = new LedgerBench();
    for (let n = 1; n <= 9; n++) bench.given(...delivery(n, { lateH: n, dockH: 4 }));
    const restarted = await bench.restarted();
    expect(ahead(restarted, 12)).toEqual(ahead(bench, 12));
  });
});
