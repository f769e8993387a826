/** The rules of inbound: each fires on its incident, not on its near-miss, and ends when it should. */
import { describe, expect, it } from 'vitest';
import { at, event, T0, type Given } from '../../support/given.ts';
import { ReducerBench } from '../../support/reducers.ts';
import { arrived, changed, issued, notice, receipt, wrong } from '../../support/supply.ts';

const HOUR = 60;
const DAY = 1_440;
const ms = (minutes: number) => T0 + minutes * 60_000;

const given = (...events: readonly Given[]) => new ReducerBench(['supply']).given(...events);
const closed = (receiptId: string, minutes: number) =>
  event('receipt.closed', { receipt_id: receiptId, closed_at: at(minutes) }, { at: minutes });
const policy = (code: string, value: object, scope: object = {}) =>
  event(
    'policy.set',
    { policy: `rule.${code}`, scope, value, actor: 'u1', reason: 'agreed' } as never,
    { at: 0 },
  );
const raised = (bench: ReducerBench, code: string) =>
  bench.findings
    .filter((finding) => finding.code === code)
    .map(({ entity, subtype }) => `${entity} ${subtype}`);
const standing = (bench: ReducerBench, code: string) => {
  const ended = new Set(bench.ended.map(({ findingId }) => findingId));
  return bench.findings.filter((finding) => finding.code === code && !ended.has(finding.findingId));
};
/** An order whose lines cost something. */
const priced = (qty: number, cost: string) =>
  event(
    'purchaseorder.issued',
    {
      po_id: 'p1',
      supplier_id: 'acme',
      node_id: 'dc',
      lines: [{ sku_id: 'A', qty, due_at: at(10 * DAY), unit_cost: cost }],
    },
    { at: 0 },
  );

describe('INBOUND_QTY_MISMATCH', () => {
  const CODE = 'INBOUND_QTY_MISMATCH';
  const order = issued(100, { at: 0 });
  const got = (units: number, it: Parameters<typeof receipt>[1] = {}) =>
    receipt(units, { at: 10, ...it });

  it.each<[string, Given[], string[]]>([
    ['two units and 2 % short', [order, got(98)], []],
    ['three units short', [order, got(97)], ['receipt/r1/sku/A short']],
    ['two units and 2 % over', [order, got(102)], []],
    ['three units over', [order, got(103)], ['receipt/r1/sku/A over']],
    ['one unit of ten short', [issued(10, { at: 0 }), got(9)], []],
    ['two units of ten short', [issued(10, { at: 0 }), got(8)], ['receipt/r1/sku/A short']],
    ['a SKU that was not ordered', [order, got(1, { sku: 'B' })], ['receipt/r1/sku/B unexpected']],
    [
      'a SKU that the ASN does not have',
      [notice(5, { at: 0, po: null, supplier: 'acme' }), got(1, { po: null, asn: 'n1', sku: 'B' })],
      ['receipt/r1/sku/B unexpected'],
    ],
    ['goods without PO or ASN', [got(5, { po: null })], ['receipt/r1/sku/A blind']],
    ['nothing, and expected by nothing', [got(0, { po: null })], []],
    [
      'what the ASN says, though less than was ordered',
      [order, notice(60, { at: 1 }), got(60, { asn: 'n1' })],
      [],
    ],
  ])('a closed receipt brought %s', (_what, events, expected) => {
    const bench = given(...events, closed('r1', 20)).tick(29);
    expect(raised(bench, CODE)).toEqual([]);
    expect(raised(bench.tick(30), CODE)).toEqual(expected);
  });

  it('a receipt that nothing closes is judged a day after its last line', () => {
    const bench = given(order, got(40), receipt(50, { at: 20 })).tick(20 + DAY - 1);
    expect(raised(bench, CODE)).toEqual([]);
    expect(raised(bench.tick(20 + DAY), CODE)).toEqual(['receipt/r1/sku/A short']);
  });

  it('has its value at the cost of the PO', () => {
    const bench = given(priced(100, '2.50'), got(90), closed('r1', 20)).tick(31);
    expect(bench.findings).toMatchObject([
      {
        units: 10,
        amount: '25',
        supplierId: 'acme',
        nodeId: 'dc',
        skuId: 'A',
        conditionAtMs: ms(10),
        evidence: [{ source: 'urn:test:wms', id: 'e3' }],
        rule: { version: 0, parameters: { units: 1, share: 0.02 } },
      },
    ]);
  });

  it.each<[string, Given[]]>([
    ['the order was changed to it', [changed(90, { at: 40 })]],
    ['the rest has come with another receipt', [receipt(10, { at: 40, receipt: 'r2' })]],
    ['the receipt was booked wrong', [wrong('x', { at: 40 })]],
    [
      'a recount blames the receiver',
      [
        event(
          'inventory.adjusted',
          {
            ...{ adjustment_id: 'a1', sku_id: 'A', node_id: 'dc', state: 'available' },
            ...{ qty_delta: 10, reason_code: 'correction', raw_code: 'AY', actor: 'u1' },
            note: 'receipt r1',
          },
          { at: 40 },
        ),
      ],
    ],
  ])('ends when %s', (_why, events) => {
    const bench = given(order, got(90, { id: 'x' }), closed('r1', 20)).tick(31);
    const [finding] = standing(bench, CODE);
    expect(finding?.subtype).toBe('short');
    bench.given(...events);
    expect(bench.ended).toMatchObject([
      { findingId: finding?.findingId, code: CODE, subtype: 'short', clearedAtMs: ms(40) },
    ]);
  });

  it('turns from short to over as another finding', () => {
    const bench = given(order, got(90), closed('r1', 20))
      .tick(31)
      .given(changed(80, { at: 40 }));
    expect(raised(bench, CODE)).toEqual(['receipt/r1/sku/A short', 'receipt/r1/sku/A over']);
    expect(standing(bench, CODE).map(({ subtype }) => subtype)).toEqual(['over']);
  });

  it('follows its policy', () => {
    const story = [order, got(90), closed('r1', 20)];
    const judged = (value: object, scope: object) =>
      raised(given(policy(CODE, value, scope), ...story).tick(31), CODE);
    expect(judged({ parameters: { units: 10 } }, { supplier_id: 'acme' })).toEqual([]);
    expect(judged({ parameters: { units: 9 } }, { supplier_id: 'acme' })).toHaveLength(1);
    expect(judged({ parameters: { units: 10 } }, { supplier_id: 'bolt' })).toHaveLength(1);
    expect(judged({ enabled: false, parameters: {} }, {})).toEqual([]);
  });
});

describe('INBOUND_LATE', () => {
  const CODE = 'INBOUND_LATE';
  const order = issued(10, { at: 0, due: 5 * DAY });
  const announced = notice(10, { at: 1, po: null, supplier: 'acme', eta: 5 * DAY });

  it.each<[string, Given[], number, string]>([
    ['a PO', [order], 6 * DAY, 'po/p1 late'],
    ['an ASN', [announced], 5 * DAY + 4 * HOUR, 'asn/n1 late'],
  ])('%s is late once its grace is over', (_what, events, until, expected) => {
    const bench = given(...events).tick(until);
    expect(raised(bench, CODE)).toEqual([]);
    bench.tick(until + 1);
    expect(raised(bench, CODE)).toEqual([expected]);
    expect(bench.findings).toMatchObject([{ units: 10, conditionAtMs: ms(until), evidence: [] }]);
  });

  it.each<[string, Given[]]>([
    ['was received', [order, receipt(10, { at: 2 * DAY })]],
    ['is at the dock', [order, arrived({ po: 'p1', dock: 2 * DAY })]],
    [
      'is at the dock with its ASN',
      [order, notice(10, { at: 1, eta: 5 * DAY }), arrived({ asn: 'n1', dock: 2 * DAY })],
    ],
    ['was ordered no more', [order, changed(0, { at: 2 * DAY, due: 5 * DAY })]],
    ['was put off', [order, changed(10, { at: 2 * DAY, due: 30 * DAY })]],
    [
      'was put off by its carrier',
      [announced, event('inbound.eta.changed', { asn_id: 'n1', eta_at: at(30 * DAY) }, { at: 2 })],
    ],
  ])('nothing is late that %s', (_why, events) => {
    expect(raised(given(...events).tick(10 * DAY), CODE)).toEqual([]);
  });

  it('is late again by the date that holds when a change of it was wrong', () => {
    const bench = given(order, changed(10, { at: 60, due: 30 * DAY, id: 'x' })).tick(10 * DAY);
    expect(raised(bench, CODE)).toEqual([]);
    bench.given(wrong('x', { at: 10 * DAY })).tick(10 * DAY + 11);
    expect(raised(bench, CODE)).toEqual(['po/p1 late']);
  });

  it.each<[string, Given]>([
    ['it is received', receipt(10, { at: 8 * DAY })],
    ['it arrives', arrived({ po: 'p1', dock: 8 * DAY })],
    ['its date is changed', changed(10, { at: 8 * DAY, due: 20 * DAY })],
  ])('ends when %s', (_why, then) => {
    const bench = given(order).tick(7 * DAY);
    const [finding] = standing(bench, CODE);
    expect(finding?.entity).toBe('po/p1');
    bench.given(then);
    expect(bench.ended).toMatchObject([
      { findingId: finding?.findingId, subtype: 'late', clearedAtMs: ms(8 * DAY) },
    ]);
  });

  it('a PO is at risk when its ASN is expected after the due date, and only then', () => {
    const punctual = given(order, notice(10, { at: 1, eta: 5 * DAY })).tick(20);
    expect(raised(punctual, CODE)).toEqual([]);
    const bench = given(order, notice(10, { at: 1, eta: 5 * DAY + 1 })).tick(20);
    expect(raised(bench, CODE)).toEqual(['po/p1 at_risk']);
    bench.given(event('inbound.eta.changed', { asn_id: 'n1', eta_at: at(4 * DAY) }, { at: 30 }));
    expect(bench.ended).toMatchObject([{ subtype: 'at_risk', clearedAtMs: ms(30) }]);
  });

  it('is late, and no longer at risk, when the time has come', () => {
    const bench = given(order, notice(10, { at: 1, eta: 9 * DAY }))
      .tick(20)
      .tick(6 * DAY + 1);
    expect(raised(bench, CODE)).toEqual(['po/p1 at_risk', 'po/p1 late']);
    expect(standing(bench, CODE).map(({ subtype }) => subtype)).toEqual(['late']);
  });

  it('follows its policy, also one that is set when it is late', () => {
    const bench = given(order).tick(7 * DAY);
    expect(standing(bench, CODE)).toHaveLength(1);
    bench.given(policy(CODE, { parameters: { po_grace_d: 3 } })).tick(7 * DAY + 2);
    expect(standing(bench, CODE)).toEqual([]);
    expect(standing(bench.tick(8 * DAY + 1), CODE)).toHaveLength(1);
    const off = given(policy(CODE, { enabled: false, parameters: {} }), order).tick(9 * DAY);
    expect(raised(off, CODE)).toEqual([]);
  });
});

describe('SUPPLIER_VARIANCE_TREND', () => {
  const CODE = 'SUPPLIER_VARIANCE_TREND';

  /** Receipts of 1,000 units, one a day, each off by so many; judged in the night after. */
  const delivered = (variances: readonly number[], from = 0) =>
    variances.flatMap((variance, index) => {
      const day = from + index;
      const minute = day * DAY;
      return [
        issued(1_000, { at: minute, po: `p${day}`, due: minute + DAY }),
        receipt(1_000 + variance, {
          at: minute + 10,
          po: `p${day}`,
          receipt: `r${day}`,
          id: `x${day}`,
        }),
        closed(`r${day}`, minute + 20),
        event('clock.ticked', { tick: at(minute + 40), clock: 'feed' }, { at: minute + 40 }),
      ];
    });

  it.each<[string, number[], string | null]>([
    ['exact', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], null],
    ['off now and then', [2, -3, 0, 1, -2, 4, -1, 0, 3, -4, 2, -1], null],
    ['off grossly once', [0, 0, 0, 0, -600, 0, 0, 0], null],
    ['short by 3 % once', [0, 0, 0, 0, -30], null],
    ['short by 3 % twice', [0, 0, 0, 0, -30, -30], 'bias'],
    ['over by 3 % twice', [30, 30], 'bias'],
    ['short by half a percent each time', [-5, -5, -5, -5, -5, -5, -5, -5], null],
    ['short by the percent that is tolerated', Array<number>(20).fill(-10), null],
    ['worse, by less than half a percent each time', [12, 8, 4, 0, -4, -8, -12, -16], null],
  ])('a supplier whose receipts are %s', (_what, variances, subtype) => {
    const bench = given(...delivered(variances));
    expect(raised(bench, CODE)).toEqual(subtype === null ? [] : [`supplier/acme ${subtype}`]);
  });

  it.each<[string, number[], string[]]>([
    ['eight', [300, 200, 100, 0, -100, -200, -300, -400], ['supplier/acme trend']],
    ['seven', [300, 200, 100, 0, -100, -200, -300], []],
  ])('a drift over %s receipts, where the CUSUM is out of the way', (_what, variances, found) => {
    const out = policy(CODE, { parameters: { cusum_h: 1_000, sku_cusum_h: 1_000 } });
    expect(raised(given(out, ...delivered(variances)), CODE)).toEqual(found);
  });

  it('shows the figure behind it', () => {
    const bias = standing(given(...delivered([-20, -20, -19])), CODE)[0];
    // Σ (m ln 3 + (1,000 − m) ln(0.97/0.99)) / (1 + 999 × 0.001) over m = 20, 20 and 19.
    expect(bias?.statistic).toMatchObject({ name: 'cusum_short', expected: 0, limit: 2 });
    expect(bias?.statistic?.value).toBeCloseTo(2.399016, 6);
    expect(bias).toMatchObject({ entity: 'supplier/acme', supplierId: 'acme', units: 59 });
    const out = policy(CODE, { parameters: { cusum_h: 1_000, sku_cusum_h: 1_000 } });
    const drifting = delivered([300, 200, 100, 0, -100, -200, -300, -400]);
    const trend = standing(given(out, ...drifting), CODE);
    // Monotone: one order of 8! at either end.
    expect(trend[0]?.statistic).toMatchObject({
      name: 'theil_sen_slope',
      expected: 0,
      limit: -0.005,
    });
    expect(trend[0]?.statistic?.value).toBeCloseTo(-0.1, 12);
    expect(trend[0]?.statistic?.p).toBeCloseTo(2 / 40_320, 12);
  });

  it('ends after four clear receipts in a row', () => {
    const bench = given(...delivered([-30, -30, 0, 0, -30, -30, 0, 0, 0]));
    expect(bench.ended.filter(({ code }) => code === CODE)).toEqual([]);
    expect(standing(bench, CODE)).toHaveLength(1);
    bench.given(...delivered([0], 9));
    const ended = bench.ended.filter(({ code }) => code === CODE);
    expect(ended.map(({ entity }) => entity)).toEqual(['supplier/acme']);
    expect(standing(bench, CODE)).toEqual([]);
  });

  it('of a SKU is not raised by clean receipts, once the supplier is told of no more', () => {
    // The supplier's other goods are clean from the third day on; those of A come seldom, and few at a time.
    const few = (n: number, day: number) => [
      issued(10, { at: day * DAY, po: `few${n}`, due: day * DAY + DAY }),
      receipt(10, { at: day * DAY + 10, po: `few${n}`, receipt: `few${n}`, id: `few${n}` }),
      closed(`few${n}`, day * DAY + 20),
      event('clock.ticked', { tick: at(day * DAY + 40), clock: 'feed' }, { at: day * DAY + 40 }),
    ];
    const others = [2, 3, 4, 5, 6].flatMap((day) => [
      issued(1_000, { at: day * DAY + 1, po: `o${day}`, sku: 'B' }),
      receipt(1_000, { at: day * DAY + 9, po: `o${day}`, sku: 'B', receipt: `o${day}` }),
      closed(`o${day}`, day * DAY + 20),
      event('clock.ticked', { tick: at(day * DAY + 40), clock: 'feed' }, { at: day * DAY + 40 }),
    ]);
    const bench = given(...delivered([-60, -60]), ...others, ...few(1, 7), ...few(2, 8));
    expect(raised(bench, CODE)).toEqual(['supplier/acme bias']);
    expect(standing(bench, CODE)).toEqual([]);
  });

  it('ends at once when what showed it was wrong', () => {
    const bench = given(...delivered([-30, -30]));
    expect(standing(bench, CODE)).toHaveLength(1);
    expect(standing(bench.given(wrong('x1', { at: 4 * DAY })), CODE)).toEqual([]);
  });

  it('of one SKU is not yet one of the supplier', () => {
    const others = ['B', 'C', 'D'].flatMap((sku, index) =>
      Array.from({ length: 4 }, (_, n) => [
        issued(1_000, { at: n * DAY + 1, po: `${sku}${n}`, sku }),
        receipt(1_000 + index, { at: n * DAY + 12, po: `${sku}${n}`, sku, receipt: `${sku}${n}` }),
        closed(`${sku}${n}`, n * DAY + 20),
      ]).flat(),
    );
    const all = [...delivered([-30, -30, -30]), ...others].sort(
      (a, b) => (a.at ?? 0) - (b.at ?? 0),
    );
    const entities = standing(given(...all).tick(5 * DAY), CODE).map(({ entity }) => entity);
    expect(entities).toEqual(['supplier/acme/sku/A']);
  });

  it('of several SKUs of one receipt counts once, by all its units', () => {
    const lines = (n: number) =>
      ['A', 'B'].flatMap((sku) => [
        issued(100, { at: n * DAY + 1, po: `q${n}`, sku }),
        receipt(sku === 'A' ? 96 : 100, { at: n * DAY + 9, po: `q${n}`, sku, receipt: `q${n}` }),
      ]);
    const story = [0, 1, 2, 3].flatMap((n) =>
      [...lines(n), closed(`q${n}`, n * DAY + 20)].sort((a, b) => (a.at ?? 0) - (b.at ?? 0)),
    );
    const [found] = standing(given(...story).tick(5 * DAY), CODE);
    // 4 of 200 units are the 2 % of the level, which says nothing; 4 of 100 are twice that.
    expect(found?.entity).toBe('supplier/acme/sku/A');
  });

  it('follows its policy', () => {
    const wide = { cusum_h: 20, sku_cusum_h: 20 };
    const limits = policy(CODE, { parameters: wide }, { supplier_id: 'acme' });
    expect(raised(given(limits, ...delivered([-30, -30, -30])), CODE)).toEqual([]);
    const off = policy(CODE, { enabled: false, parameters: {} });
    expect(raised(given(off, ...delivered([-30, -30, -30])), CODE)).toEqual([]);
  });

  it('a restart at any event changes nothing', async () => {
    const story = [...delivered([-30, -30, -30, 0, 0, 0, 0]), wrong('x1', { at: 9 * DAY })];
    const once = given(...story).tick(20 * DAY);
    expect(once.ended.length).toBeGreaterThan(0);
    for (let cut = 0; cut < story.length; cut += 3) {
      const restarted = await given(...story.slice(0, cut)).restarted();
      restarted.given(...story.slice(cut)).tick(20 * DAY);
      expect(restarted.findings).toEqual(once.findings);
      expect(restarted.ended).toEqual(once.ended);
    }
  });
});
