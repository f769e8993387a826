/** Returned goods: what they came from, what became of them, and what is odd about them. */
import { describe, expect, test } from 'vitest';
import { event, T0 } from '../../support/given.ts';
import { ReducerBench } from '../../support/reducers.ts';
import { authorised, decided, ordered, received, shipped, wrong } from '../../support/returned.ts';

const ms = (minutes: number) => T0 + minutes * 60_000;
const bench = () => new ReducerBench(['returns']);
const subtypes = ({ findings }: ReducerBench) => findings.map(({ subtype }) => subtype);

describe('a return', () => {
  test('is decided on step by step', () => {
    const it = bench().given(
      ordered(),
      shipped(60),
      authorised(100, { qty: 2 }),
      received(200, { rma_id: 'r1', qty: 2 }),
      decided(300),
    );
    const open = { qty: 2, to_available: 1, to_scrapped: 0, pending: 1, dispositioned_at: null };
    expect(it.net('returns')).toMatchObject([{ ...open, available_at: ms(300) }]);
    it.given(decided(400, { to_state: 'scrapped' }));
    expect(it.net('returns')).toEqual([
      {
        ...{ order_id: 'o1', rma_id: 'r1', line_id: 'l1', shipment_id: 's1', sku_id: 'MUG' },
        ...{ node_id: 'dc-1', channel_id: 'web', sla_class: 'standard', reason: 'too small' },
        ...{ blind: 0, qty: 2, amount: '20', to_available: 1, to_on_hold: 0, to_damaged: 0 },
        ...{ to_rtv_pending: 0, to_scrapped: 1, to_lost: 0, to_other: 0, pending: 0 },
        ...{ received_at: ms(200), authorised_at: ms(100), dispositioned_at: ms(400) },
        ...{ available_at: ms(300), matures_from: ms(60) },
      },
    ]);
    // 400 − 200 and 300 − 200 minutes.
    expect(it.net('durations')).toMatchObject([
      { measure: 'return_to_stock', at: ms(200), hours: 100 / 60, ref: 'r1' },
      { measure: 'return_cycle', at: ms(200), hours: 200 / 60, dim: 'too small' },
    ]);
  });

  test('that names nothing stays counted, however many of its SKU came before', () => {
    const it = bench();
    for (let at = 10; at <= 1_500; at += 10) {
      const goods = { sku_id: 'MUG', node_id: 'dc-1', qty: 2 };
      it.given(
        received(at, { qty: 2 }),
        event('return.dispositioned', { ...goods, to_state: 'available' }, { at: at + 5 }),
      );
    }
    expect(it.net('returns').reduce((units, row) => units + Number(row['qty']), 0)).toBe(300);
  });

  test('of units that left on two days counts on both', () => {
    const it = bench().given(
      ordered({ qty: 3 }),
      shipped(60, { qty: 1 }),
      shipped(2_000, { qty: 2, shipment: 's2' }),
      received(5_000, { order_id: 'o1', qty: 2 }),
    );
    expect(it.net('returns')).toMatchObject([
      { shipment_id: 's1', qty: 1, matures_from: ms(60) },
      { shipment_id: 's2', qty: 1, matures_from: ms(2_000) },
    ]);
  });

  test('that names only its RMA belongs to the order that authorised it, whenever that is heard of', () => {
    const it = bench().given(received(200), decided(205), ordered(), shipped(60));
    expect(it.net('returns')).toMatchObject([{ order_id: '', blind: 1, matures_from: ms(200) }]);
    it.given(authorised(100));
    expect(it.net('returns')).toMatchObject([
      { order_id: 'o1', blind: 0, to_available: 1, pending: 0, matures_from: ms(60) },
    ]);
    it.tick(1_000);
    expect(subtypes(it)).toEqual([]);
  });

  test('of a refused shipment is not blind', () => {
    const it = bench()
      .given(ordered(), shipped(60), received(200, { shipment_id: 's1', qty: 2 }))
      .tick(300);
    expect(it.net('returns')).toMatchObject([{ order_id: 'o1', reason: 'refused', blind: 0 }]);
    expect(subtypes(it)).toEqual([]);
  });

  test('of a shipment that was voided came from nowhere', () => {
    const it = bench().given(ordered(), shipped(60), received(200, { order_id: 'o1' }));
    expect(it.net('returns')).toMatchObject([{ shipment_id: 's1', matures_from: ms(60) }]);
    it.given(event('shipment.voided', { shipment_id: 's1' }, { at: 70 })).tick(300);
    expect(it.net('returns')).toMatchObject([{ shipment_id: '', matures_from: ms(200) }]);
    expect(subtypes(it)).toEqual(['blind_return', 'return_over_shipped']);
  });
});

describe('what does not fit', () => {
  test.each([
    ['blind_return', [ordered(), shipped(60), received(200, { order_id: 'o1' })], 1],
    ['blind_return', [received(200, {})], 1],
    ['return_without_order', [authorised(100), received(200)], 1],
    [
      'return_over_shipped',
      [ordered(), shipped(60), authorised(90, { qty: 3 }), received(200, { rma_id: 'r1', qty: 3 })],
      1,
    ],
    [
      'return_over_authorised',
      [ordered(), shipped(60), authorised(90), received(200, { rma_id: 'r1', qty: 2 })],
      1,
    ],
    ['disposition_without_receipt', [ordered(), shipped(60), authorised(90), decided(200)], 1],
    [
      'disposition_before_receipt',
      [ordered(), shipped(60), authorised(90), decided(200), received(205)],
      1,
    ],
  ])('%s is applied, and said once the watermark has passed, once', (subtype, events, units) => {
    const it = bench().given(...events);
    expect(it.findings).toEqual([]);
    it.tick(209);
    expect(it.findings).toEqual([]);
    it.tick(221).tick(500);
    expect(subtypes(it)).toEqual([subtype]);
    expect(it.findings[0]).toMatchObject({ code: 'FLOW_VIOLATION', units });
    expect(it.findings[0]?.evidence).toHaveLength(1);
  });

  test('says nothing of what disorder explains', () => {
    const it = bench().given(ordered(), shipped(60), decided(200)).tick(205);
    it.given(authorised(100), received(150)).tick(400);
    expect(it.findings).toEqual([]);
    expect(it.net('returns')).toMatchObject([{ qty: 1, pending: 0 }]);
  });

  test('keeps decisions about goods that were not received in sight', () => {
    const it = bench().given(ordered(), shipped(60), authorised(90), decided(200, { qty: 3 }));
    it.given(received(205, { rma_id: 'r1', qty: 1 }));
    expect(it.net('returns')).toMatchObject([
      { qty: 1, to_available: 1, pending: 0 },
      { qty: 0, to_available: 2, pending: -2, received_at: null },
    ]);
  });
});

test('a corrected receipt leaves no trace in what holds', () => {
  const it = bench().given(ordered(), shipped(60), authorised(90));
  it.given(received(200, { rma_id: 'r1' }, { id: 'wrong-receipt' }), decided(250));
  it.given(wrong('wrong-receipt', 300), decided(320));
  expect(it.net('returns')).toMatchObject([
    { qty: 0, pending: -1 },
    { qty: 0, pending: -1 },
  ]);
});
