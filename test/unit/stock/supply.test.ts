/** Purchase orders, ship notices and receipts, in any order; what time-phased ATP counts on. */
import { describe, expect, it } from 'vitest';
import { at, event, type Given } from '../../support/given.ts';
import { LedgerBench } from '../../support/ledger.ts';
import {
  acknowledged,
  announced,
  ordered,
  permutations,
  purchased,
  received,
  reserved,
  stocked,
} from '../../support/facts.ts';

const given = (...events: Given[]) => new LedgerBench().given(...events);
const accounts = (...events: Given[]) => given(...events).accounts('A', 'dc');
const closed = (asn: string) => event('receipt.closed', { asn_id: asn });

describe('inbound goods', () => {
  it('go from the order through the notice to the dock', () => {
    const bench = given(purchased(10));
    expect(bench.accounts('A', 'dc')).toEqual({ on_order: 10 });
    bench.given(announced(6));
    expect(bench.accounts('A', 'dc')).toEqual({ on_order: 4, in_transit_in: 6 });
    bench.given(received(6, { asn: 'n1' }));
    expect(bench.accounts('A', 'dc')).toEqual({ on_order: 4, pending_putaway: 6 });
  });

  it('come out the same in whatever order PO, notice and receipt arrive', () => {
    const facts = [
      purchased(10, { id: 'po' }),
      announced(6, { id: 'asn' }),
      received(6, { id: 'receipt', asn: 'n1' }),
      acknowledged(10, { id: 'ack' }),
    ];
    for (const order of permutations(facts)) {
      expect([order.map(({ id }) => id), accounts(...order)]).toEqual([
        order.map(({ id }) => id),
        { on_order: 4, pending_putaway: 6 },
      ]);
    }
  });

  it('received over what was announced: the rest comes from outside', () => {
    const bench = given(purchased(10), announced(10), received(12, { asn: 'n1' }));
    expect(bench.accounts('A', 'dc')).toEqual({ pending_putaway: 12 });
    expect(bench.movements().slice(-2)).toEqual([
      'in_transit_in→pending_putaway 10',
      'outside→pending_putaway 2',
    ]);
    expect(bench.findings).toEqual([]);
  });

  it('received blind, with neither PO nor ASN, come from outside', () => {
    const bench = given(received(3));
    expect(bench.accounts('A', 'dc')).toEqual({ pending_putaway: 3 });
    expect(bench.rows('stock_movements')[0]).toMatchObject({
      from_account: 'outside',
      reason: 'blind: neither PO nor ASN',
    });
  });

  it('announced and not received are not awaited once the receipt is closed', () => {
    const facts = [announced(10, { po: null }), received(8, { asn: 'n1' }), closed('n1')];
    for (const order of permutations(facts)) {
      expect(accounts(...order)).toEqual({ pending_putaway: 8 });
    }
  });

  it('follow a PO that is sent to another node', () => {
    const bench = given(
      purchased(10),
      event('purchaseorder.changed', {
        po_id: 'p1',
        node_id: 'store',
        lines: [{ sku_id: 'A', qty: 7, due_at: at(600) }],
      }),
    );
    expect(bench.accounts('A', 'dc')).toEqual({});
    expect(bench.accounts('A', 'store')).toEqual({ on_order: 7 });
  });

  it('take of two facts about a PO line the later one', () => {
    const changed = event(
      'purchaseorder.changed',
      { po_id: 'p1', lines: [{ sku_id: 'A', qty: 7, due_at: at(600) }] },
      { at: 10 },
    );
    expect(accounts(changed, purchased(10, { at: 0 }))).toEqual({ on_order: 7 });
  });

  it('are forgotten thirty days after they came, acknowledged ones without a PO too', () => {
    const MONTH = 30 * 24 * 60;
    const bench = given(
      purchased(10, { at: 0 }),
      received(10, { po: 'p1', at: 1 }),
      acknowledged(5, { po: 'p2', at: 1 }),
      announced(5, { po: null, at: 1 }),
    );
    const { asnLines, poLines } = bench.stock.books.records;
    bench.tick(MONTH);
    expect([poLines.entries.size, asnLines.entries.size]).toEqual([2, 1]);
    bench.tick(MONTH + 1);
    expect([poLines.entries.size, asnLines.entries.size]).toEqual([0, 1]);
  });
});

describe('time-phased ATP', () => {
  const points = (bench: LedgerBench) =>
    bench
      .view('A')
      .nodes[0]?.time_phased.map((point) => [
        (Date.parse(point.at) - Date.parse(at(0))) / 3_600_000,
        point.receipts,
        point.cumulative,
        point.promise,
      ]);
  const policy = (value: {
    lateness_p90_h: number;
    dock_to_stock_p90_h: number;
    fill_rate: number;
  }) =>
    event('policy.set', {
      policy: 'supply',
      scope: { supplier_id: 'sup' },
      value,
      actor: 'ann',
      reason: 'test',
    });

  it('begins with what ATP now leaves after safety stock and reservations', () => {
    const bench = given(
      stocked(20),
      ordered(5),
      reserved(2, { expires: 600 }),
      event('policy.set', {
        policy: 'safety_stock',
        scope: { sku_id: 'A' },
        value: { units: 3 },
        actor: 'ann',
        reason: 'test',
      }),
    );
    expect(points(bench)).toEqual([[0, 0, 10, 10]]);
  });

  it('counts an ASN in full from its ETA plus a day from dock to stock', () => {
    const bench = given(stocked(5), announced(10, { eta: 300 }));
    expect(points(bench)).toEqual([
      [0, 0, 5, 5],
      [29, 10, 15, 15],
    ]);
    expect(bench.view('A').nodes[0]?.time_phased[1]).toMatchObject({
      refs: ['n1'],
      overdue: false,
    });
  });

  it('counts an acknowledged PO with the haircut, lateness and dock time of its supplier', () => {
    const bench = given(
      stocked(5),
      policy({ lateness_p90_h: 6, dock_to_stock_p90_h: 12, fill_rate: 0.9 }),
      purchased(15),
      acknowledged(12, { promised: 600 }),
    );
    // 10 h + 6 h + 12 h; 0.9 × 12 = 10.8.
    expect(points(bench)).toEqual([
      [0, 0, 5, 5],
      [28, 10, 15, 15],
    ]);
  });

  it('does not count a PO that is not acknowledged, or was rejected', () => {
    expect(points(given(stocked(5), purchased(10)))).toEqual([[0, 0, 5, 5]]);
    const rejected = given(stocked(5), purchased(10), acknowledged(10, { status: 'rejected' }));
    expect(points(rejected)).toEqual([[0, 0, 5, 5]]);
    expect(rejected.accounts('A', 'dc')).toEqual({ available: 5, on_order: 10 });
  });

  it('counts of a PO only what is not announced yet', () => {
    const bench = given(purchased(10), acknowledged(10, { promised: 900 }), announced(6));
    expect(points(bench)).toEqual([
      [0, 0, 0, 0],
      [29, 6, 6, 6],
      [39, 4, 10, 10],
    ]);
  });

  it('takes of two answers of the supplier the later one', () => {
    const bench = given(
      purchased(10, { at: 0 }),
      acknowledged(8, { at: 10 }),
      acknowledged(10, { at: 5 }),
    );
    expect(points(bench)?.[1]?.[1]).toBe(8);
  });

  it('reserves earlier stock for a shortage: promises never fall over time', () => {
    const bench = given(stocked(5), ordered(12), announced(10, { eta: 300 }));
    expect(points(bench)).toEqual([
      [0, 0, -7, -7],
      [29, 10, 3, 3],
    ]);
  });

  it('still shows overdue supply, as if it came any moment, and says so', () => {
    const bench = given(stocked(5, { at: 0 }), announced(10, { at: 0, eta: 300 })).tick(420);
    expect(points(bench)).toEqual([
      [7, 0, 5, 5],
      [31, 10, 15, 15],
    ]);
    expect(bench.view('A').nodes[0]?.time_phased[1]?.overdue).toBe(true);
  });

  it('follows a changed ETA, the later word of two', () => {
    const eta = (minutes: number, at_: number) =>
      event('inbound.eta.changed', { asn_id: 'n1', eta_at: at(minutes) }, { at: at_ });
    const bench = given(announced(10, { at: 0, eta: 300 }), eta(900, 20), eta(600, 10));
    expect(points(bench)?.[1]?.[0]).toBe(39);
    expect(bench.changed).toContain('A');
  });

  it('adds supply that becomes usable at the same instant', () => {
    const bench = given(
      announced(10, { eta: 300 }),
      announced(4, { asn: 'n2', po: null, eta: 300 }),
    );
    expect(points(bench)?.slice(1)).toEqual([[29, 14, 14, 14]]);
    expect(bench.view('A').nodes[0]?.time_phased[1]?.refs).toEqual(['n1', 'n2']);
  });

  it('is the same after a restart', async () => {
    const bench = given(
      stocked(5),
      purchased(20),
      acknowledged(20, { promised: 900 }),
      announced(6),
    );
    expect((await bench.restarted()).view('A')).toEqual(bench.view('A'));
  });
});
