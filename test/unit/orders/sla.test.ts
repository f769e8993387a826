/** ORDER_SLA_RISK and ORDER_SLA_BREACH. Times are minutes after T0, a Monday, 8:00; due after a day. */
import { describe, expect, test } from 'vitest';
import type { Cases } from '../../../processors/cases/facts.ts';
import { at, event, T0, type Given } from '../../support/given.ts';
import {
  allocated,
  cancelled,
  changed,
  freed,
  held,
  pickStarted,
  placed,
  shipped,
  voided,
} from '../../support/orders.ts';
import { ReducerBench } from '../../support/reducers.ts';
import { wrong } from '../../support/returned.ts';

const DAY = 1_440;
/** Four fifths of a day. */
const RISK = 1_152;
const MUG = { 1: { sku: 'MUG', qty: 2, price: '12.50' } };
const mug = (id = 'A', more = {}) => placed(id, MUG, { node: 'dc-1', ...more });
const left = (minute: number, id = 'A') => shipped(id, `S-${id}`, { 1: 2 }, { at: minute });
const rule = (
  code: string,
  value: { enabled?: boolean; parameters: object },
  scope: object = {},
): Given =>
  event('policy.set', {
    ...{ policy: `rule.${code}`, scope, value, actor: 'ana', reason: 'r' },
  } as never);

const bench = (...events: readonly Given[]) => new ReducerBench(['orders']).given(...events);
/** What was raised and ended so far: `+CODE entity`, `-CODE entity`. */
const said = ({ ended, findings }: ReducerBench) =>
  [
    ...findings.map(({ code, entity }) => `+${code} ${entity}`),
    ...ended.map(({ code, entity }) => `-${code} ${entity}`),
  ].filter((one) => one.includes('ORDER_SLA'));
const RAISED = '+ORDER_SLA_RISK order/A';
const BROKEN = '+ORDER_SLA_BREACH order/A';
const minutesOf = (ms: number | undefined) => (Number(ms) - T0) / 60_000;

describe('an order at risk', () => {
  test('has used up four fifths of its promised time', () => {
    const it = bench(mug(), pickStarted('A', 60)).tick(RISK - 1);
    expect(said(it)).toEqual([]);
    it.tick(RISK);
    expect(it.findings).toMatchObject([
      {
        ...{ code: 'ORDER_SLA_RISK', entity: 'order/A', orderId: 'A', nodeId: 'dc-1' },
        ...{ channelId: 'web', conditionAtMs: T0 + RISK * 60_000 },
        ...{ units: 2, amount: '25', ordersAtRisk: 1, rule: { version: 0 } },
        detail: `order A has used 80 % of its promised time: picking, due at ${at(DAY)}`,
      },
    ]);
    expect(it.findings[0]?.evidence).toHaveLength(1);
  });

  test.each([
    ['leaves', left(1_200)],
    ['is cancelled', cancelled('A', { 1: 2 }, { at: 1_200 })],
    ['is promised for later', changed('A', { 1: 2 }, { at: 1_200, shipBy: 2 * DAY })],
  ])('is so no more when it %s', (_how, end) => {
    const it = bench(mug()).tick(RISK);
    it.given(end);
    expect(said(it)).toEqual([RAISED, '-ORDER_SLA_RISK order/A']);
    expect(it.ended[0]).toMatchObject({
      findingId: it.findings[0]?.findingId,
      clearedAtMs: T0 + 1_200 * 60_000,
    });
    // Four fifths of two days: 2,304.
    it.tick(2_303);
    expect(it.findings).toHaveLength(1);
  });

  test('never was one that left before, though it is heard of late', () => {
    const it = bench(mug(), left(RISK - 1)).tick(3 * DAY);
    expect(said(it)).toEqual([]);
    const late = bench(mug())
      .tick(RISK + 5)
      .given(left(RISK - 5));
    expect(said(late)).toEqual([RAISED, '-ORDER_SLA_RISK order/A']);
  });

  test('is one again, under another id, after its dispatch was undone', () => {
    const it = bench(mug()).tick(RISK).given(left(1_200), voided('S-A', 1_210));
    expect(said(it)).toEqual([RAISED, RAISED, '-ORDER_SLA_RISK order/A']);
    expect(new Set(it.findings.map(({ findingId }) => findingId)).size).toBe(2);
  });

  test('while part of it is open', () => {
    const it = bench(placed('A', { 1: { sku: 'MUG', qty: 1 }, 2: { sku: 'MUG', qty: 3 } }));
    it.given(shipped('A', 'S1', { 1: 1 }, { at: 60 })).tick(RISK);
    expect(it.findings).toMatchObject([{ units: 3, amount: '30' }]);
  });

  test('not while the customer holds it; the clock goes on where it stood', () => {
    const it = bench(mug(), held('A', 1_000), freed('A', 2_000)).tick(RISK + 999);
    expect(said(it)).toEqual([]);
    it.tick(RISK + 1_000);
    expect(said(it)).toEqual([RAISED]);
    const held1 = bench(mug(), held('A', 1_000)).tick(9 * DAY);
    expect(said(held1)).toEqual([]);
  });

  test('a hold of the seller stops no clock', () => {
    expect(said(bench(mug(), held('A', 1_000, 'fraud')).tick(RISK))).toEqual([RAISED]);
  });

  describe('for what is still to come', () => {
    /** Orders of a Monday in the morning that take 20 hours from their first pick to the truck. */
    const slow = (count: number, of: ReducerBench) => {
      for (let n = 0; n < count; n++) of.given(mug(`S${n}`), pickStarted(`S${n}`, 10 + n));
      for (let n = 0; n < count; n++) of.given(left(1_210 + n, `S${n}`));
      return of;
    };
    // Thursday at the same time, due after 16 hours.
    const next = 3 * DAY;
    const tight = (id: string) => mug(id, { at: next, shipBy: next + 960 });
    const about = (of: ReducerBench) =>
      of.findings.filter(({ entity }) => entity === 'order/N' || entity === 'order/T');

    test('is found as soon as less is left than that usually takes', () => {
      const it = slow(30, bench()).given(tight('N'));
      // 20 h, and a tenth at most: more than there ever was.
      expect(about(it)).toMatchObject([
        {
          ...{ code: 'ORDER_SLA_RISK', entity: 'order/N', conditionAtMs: T0 + next * 60_000 },
          statistic: { name: 'remaining_hours', value: 16 },
        },
      ]);
      const { limit = 0 } = about(it)[0]?.statistic ?? {};
      expect(limit).toBeGreaterThanOrEqual(20);
      expect(limit).toBeLessThanOrEqual(22);
      // It stays so until it leaves.
      it.given(pickStarted('N', next + 10)).tick(next + 60);
      expect(it.ended.filter(({ entity }) => entity === 'order/N')).toEqual([]);
      it.given(left(next + 120, 'N'));
      expect(it.ended.filter(({ entity }) => entity === 'order/N')).toHaveLength(1);
    });

    test.each([
      ['too few orders have shown it', slow(29, bench())],
      ['there is time enough', slow(30, bench()), mug('N', { at: next, shipBy: next + 2 * DAY })],
      [
        'it is another part of the day',
        slow(30, bench()),
        mug('N', { at: next + 300, shipBy: next + 300 + 960 }),
      ],
      [
        'it is another node',
        slow(30, bench()),
        mug('N', { at: next, shipBy: next + 960, node: 'dc-2' }),
      ],
      [
        'its policy goes by the clock alone',
        slow(30, bench(rule('ORDER_SLA_RISK', { parameters: { quantile: 0 } }))),
      ],
    ])('is none when %s', (_why, it, order = tight('N')) => {
      expect(about(it.given(order))).toEqual([]);
    });

    test('is the same after a restart', async () => {
      const it = (await slow(30, bench()).restarted()).given(tight('N'));
      expect(about(it)).toEqual(about(slow(30, bench()).given(tight('N'))));
    });
  });

  test('of wholesale by business time', () => {
    // Monday 9:00 to Tuesday 17:00 are 16 business hours; 12.8 of them are over on Tuesday at 13:48.
    const order = mug('A', { at: 60, shipBy: DAY + 540, sla: 'wholesale' });
    const it = bench(order).tick(DAY + 347);
    expect(said(it)).toEqual([]);
    it.tick(DAY + 348);
    expect(said(it)).toEqual([RAISED]);
    it.tick(DAY + 541);
    expect(said(it)).toContain(BROKEN);
  });

  test('in another currency is worth nothing in sums', () => {
    const dollars = mug('A', { currency: 'USD' });
    const it = bench(placed('B', MUG, { currency: 'EUR', shipBy: 9 * DAY }), dollars).tick(RISK);
    expect(it.findings.filter(({ code }) => code === 'ORDER_SLA_RISK')).toMatchObject([
      { units: 2, amount: '0' },
    ]);
  });

  test('never was one whose order was taken back', () => {
    const order = { ...mug(), id: 'o-1' };
    const it = bench(order).tick(RISK);
    it.given(wrong('o-1', 1_200));
    expect(said(it)).toEqual([RAISED, '-ORDER_SLA_RISK order/A']);
  });
});

describe('a late order', () => {
  test('has not left when it was due, and is not at risk any more', () => {
    const it = bench(mug(), allocated('A', '1', 2, 30))
      .tick(RISK)
      .tick(DAY);
    expect(said(it)).toEqual([RAISED]);
    it.tick(DAY + 1);
    expect(said(it)).toEqual([RAISED, BROKEN, '-ORDER_SLA_RISK order/A']);
    expect(it.findings[1]).toMatchObject({
      ...{ conditionAtMs: T0 + DAY * 60_000, units: 2, amount: '25', ordersAtRisk: 1 },
      detail: `order A was due at ${at(DAY)} and is still allocated`,
    });
    it.given(left(2_000));
    expect(said(it).slice(3)).toEqual(['-ORDER_SLA_BREACH order/A']);
  });

  test('is none that left just in time', () => {
    const it = bench(mug())
      .tick(RISK)
      .given(left(DAY))
      .tick(3 * DAY);
    expect(said(it)).toEqual([RAISED, '-ORDER_SLA_RISK order/A']);
  });
});

describe('the rules', () => {
  test('are set by policy, for the node, and at once', () => {
    const it = bench(mug(), placed('B', MUG, { node: 'dc-2' })).tick(720);
    it.given(rule('ORDER_SLA_RISK', { parameters: { consumption: 0.5 } }, { node_id: 'dc-1' }));
    expect(said(it)).toEqual([RAISED]);
    expect(it.findings[0]?.rule).toMatchObject({ parameters: { consumption: 0.5 } });
    expect(minutesOf(it.findings[0]?.conditionAtMs)).toBe(720);
  });

  test('are silent when they are off, and end what they said', () => {
    const off = { enabled: false, parameters: {} };
    const it = bench(mug()).tick(RISK).given(rule('ORDER_SLA_RISK', off));
    expect(said(it)).toEqual([RAISED, '-ORDER_SLA_RISK order/A']);
    it.given(rule('ORDER_SLA_BREACH', off)).tick(3 * DAY);
    expect(said(it)).toHaveLength(2);
  });
});

describe('many orders of a node', () => {
  const orders = (count: number, node = 'dc-1') =>
    Array.from({ length: count }, (_, n) => mug(`O${n}`, { node }));
  const whole = (count: number) => new ReducerBench(['orders', 'cases']).given(...orders(count));
  const openCases = (it: ReducerBench) => {
    const cases = it.slice.hosted.find(({ processor }) => processor.name === 'cases');
    return (cases?.processor as Cases).engine.open();
  };

  test('at risk at once are one case', () => {
    const it = whole(60).tick(RISK).settle();
    expect(openCases(it)).toMatchObject([
      { entity: 'node/dc-1', severity: 'SEV1', exposure: { amount: '1050', orders: 42 } },
    ]);
    // Late, they still are.
    it.tick(DAY + 1).settle();
    expect(openCases(it).map(({ entity }) => entity)).toEqual(['node/dc-1']);
  });

  test('are as many cases as orders up to twenty', () => {
    const it = whole(20).tick(RISK).settle();
    expect(openCases(it)).toHaveLength(20);
    expect(it.findings.every(({ parent }) => parent === undefined)).toBe(true);
  });

  test('are so no more when half of them are left; the case ends with the last', () => {
    const it = whole(21).tick(RISK).settle();
    const isOver = () => it.ended.some(({ entity }) => entity === 'node/dc-1');
    for (let n = 0; n < 10; n++) it.given(left(1_200 + n, `O${n}`)).settle();
    expect(isOver()).toBe(false);
    it.given(left(1_220, 'O10')).settle();
    expect(isOver()).toBe(true);
    expect(openCases(it)).toHaveLength(1);
    for (let n = 11; n < 21; n++) it.given(left(1_230 + n, `O${n}`)).settle();
    expect(openCases(it.tick(1_300))).toEqual([]);
  });

  test('once more within the day are the same case', () => {
    const it = whole(21).tick(RISK).settle();
    for (let n = 0; n < 21; n++) it.given(left(1_200, `O${n}`)).settle();
    expect(openCases(it.tick(1_210))).toEqual([]);
    for (let n = 0; n < 21; n++) it.given(voided(`S-O${n}`, 1_300)).settle();
    expect(openCases(it)).toMatchObject([{ entity: 'node/dc-1', openings: 2 }]);
  });

  test('of a node that nobody named are no wave', () => {
    const it = bench(...Array.from({ length: 30 }, (_, n) => placed(`O${n}`, MUG))).tick(RISK);
    expect(it.findings).toHaveLength(30);
  });
});

test('a restart in the middle makes no difference', async () => {
  const begin = () => bench(mug(), mug('B', { shipBy: 2 * DAY }), held('B', 100)).tick(RISK);
  const end = (it: ReducerBench) =>
    it
      .given(freed('B', RISK + 10), left(DAY + 60))
      .tick(3_400)
      .tick(3 * DAY);
  const straight = end(begin());
  const restarted = end(await begin().restarted());
  expect(said(restarted)).toEqual(said(straight));
  expect(restarted.findings).toEqual(straight.findings);
  expect(said(straight)).toHaveLength(7);
});
