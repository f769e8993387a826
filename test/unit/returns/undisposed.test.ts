/** RETURN_UNDISPOSITIONED: returned goods that wait for 48 hours, and SEV2 from 120 hours on. */
import { describe, expect, test } from 'vitest';
import type { Cases } from '../../../processors/cases/facts.ts';
import { event, T0, type Given } from '../../support/given.ts';
import { ReducerBench } from '../../support/reducers.ts';
import {
  authorised,
  costing,
  decided,
  ordered,
  received,
  shipped,
  wrong,
} from '../../support/returned.ts';

/** Came back at minute 200; 48 and 120 hours later. */
const AGE = 200 + 2_880;
const HIGH = 200 + 7_200;
const bought = [ordered(), shipped(60), authorised(100, { qty: 2 })];
const back = received(200, { rma_id: 'r1', qty: 2 }, { id: 'back' });
const bench = (...events: readonly Given[]) => new ReducerBench(['returns']).given(...events);
const ofCode = <T extends { readonly code: string }>(all: readonly T[]) =>
  all.filter(({ code }) => code === 'RETURN_UNDISPOSITIONED');
/** Raised and ended so far. */
const said = ({ ended, findings }: ReducerBench) =>
  [ofCode(findings).length, ofCode(ended).length].join(' ');
const rule = (value: object, scope: object = {}): Given =>
  event('policy.set', {
    ...{ policy: 'rule.RETURN_UNDISPOSITIONED', scope, value, actor: 'ana', reason: 'r' },
  } as never);

describe('a return that nobody decides on', () => {
  test('is found after 48 hours, with what it is worth at cost', () => {
    const it = bench(costing('MUG', '4.25'), ...bought, back).tick(AGE - 1);
    expect(said(it)).toBe('0 0');
    it.tick(AGE);
    expect(ofCode(it.findings)).toEqual([
      {
        findingId: expect.stringContaining('RETURN_UNDISPOSITIONED/return/r1/') as string,
        ...{ code: 'RETURN_UNDISPOSITIONED', entity: 'return/r1', orderId: 'o1', skuId: 'MUG' },
        ...{ nodeId: 'dc-1', conditionAtMs: T0 + AGE * 60_000, units: 2, amount: '8.5' },
        detail: '2 returned units wait at dc-1 for 48 hours, since 2026-03-02T11:20:00.000Z',
        rule: { enabled: true, version: 0, parameters: expect.anything() as object },
        evidence: [{ source: 'urn:test:wms', id: 'back' }],
      },
    ]);
  });

  test('is worth its price while its cost is not known', () => {
    const it = bench(...bought, back).tick(AGE);
    expect(ofCode(it.findings)).toMatchObject([{ amount: '20' }]);
  });

  test('is SEV2 after 120 hours, in the same case', () => {
    const it = new ReducerBench(['returns', 'cases'])
      .given(...bought, back)
      .tick(AGE)
      .settle();
    const engine = (it.slice.hosted[1]?.processor as Cases).engine;
    expect(engine.open()).toMatchObject([{ entity: 'return/r1', severity: 'SEV3' }]);
    it.tick(HIGH - 1);
    expect(said(it)).toBe('1 0');
    it.tick(HIGH).settle();
    expect(said(it)).toBe('2 1');
    expect(engine.open()).toMatchObject([{ severity: 'SEV2', openings: 1 }]);
    it.given(decided(8_000, { qty: 2 })).settle();
    expect(engine.open()).toEqual([]);
  });

  test('ends with the last decision, not before', () => {
    const it = bench(...bought, back).tick(AGE);
    it.given(decided(AGE + 10));
    expect(said(it)).toBe('1 0');
    it.given(decided(AGE + 20, { to_state: 'scrapped' }));
    expect(said(it)).toBe('1 1');
    expect(ofCode(it.ended)[0]).toMatchObject({
      findingId: ofCode(it.findings)[0]?.findingId,
      clearedAtMs: T0 + (AGE + 20) * 60_000,
    });
    it.tick(HIGH + 10_000);
    expect(said(it)).toBe('1 1');
  });

  test('is none when it was decided on in time, though that is heard of late', () => {
    const decision = decided(AGE - 5, { qty: 2 });
    expect(said(bench(...bought, back, decision).tick(HIGH))).toBe('0 0');
    expect(
      said(
        bench(...bought, back)
          .tick(AGE + 5)
          .given(decision)
          .tick(HIGH),
      ),
    ).toBe('1 1');
  });

  test('never was one when its receipt is taken back', () => {
    const it = bench(...bought, back)
      .tick(AGE)
      .given(wrong('back', AGE + 1))
      .tick(HIGH);
    expect(said(it)).toBe('1 1');
  });

  test('is the same one when its order is heard of late', () => {
    const it = bench(back).tick(AGE);
    expect(ofCode(it.findings)).toMatchObject([{ entity: 'return/r1', amount: '0' }]);
    it.given(...bought).tick(AGE + 60);
    expect(said(it)).toBe('1 0');
    it.given(decided(AGE + 70, { qty: 2 }));
    expect(said(it)).toBe('1 1');
  });

  test('that came without an authorisation is named by its receipt', () => {
    const it = bench(received(200, {}, { id: 'b1' }), received(300, {}, { id: 'b2' })).tick(AGE);
    expect(ofCode(it.findings)).toMatchObject([{ entity: 'return/b1' }]);
    it.tick(AGE + 100);
    expect(ofCode(it.findings)).toMatchObject([{}, { entity: 'return/b2' }]);
  });

  test('is measured by the policy of its node, at once, and not when the rule is off', () => {
    const it = bench(...bought, back).tick(200 + 600);
    it.given(rule({ parameters: { age_h: 10 } }, { node_id: 'dc-2' }));
    expect(said(it)).toBe('0 0');
    it.given(rule({ parameters: { age_h: 10 } }, { node_id: 'dc-1' }));
    expect(said(it)).toBe('1 0');
    it.given(rule({ enabled: false, parameters: {} }, { node_id: 'dc-1' })).tick(HIGH);
    expect(said(it)).toBe('1 1');
  });
});

test('a restart in the middle makes no difference', async () => {
  const begin = () => bench(...bought, back, received(300, {}, { id: 'b1' })).tick(AGE);
  const end = (it: ReducerBench) =>
    it
      .tick(AGE + 200)
      .given(decided(AGE + 300, { qty: 2 }))
      .tick(HIGH + 200);
  const straight = end(begin());
  const restarted = end(await begin().restarted());
  expect(restarted.findings).toEqual(straight.findings);
  expect(restarted.ended).toEqual(straight.ended);
  expect(said(straight)).toBe('3 2');
});
