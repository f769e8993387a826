/** The rules of the floor: each fires on its incident, not on its near miss, and ends when it should. */
import { describe, expect, test } from 'vitest';
import type { RuleCode } from '../../../contracts/rules.ts';
import * as facts from '../../support/facts.ts';
import * as floor from '../../support/floor.ts';
import { event, T0, type Given } from '../../support/given.ts';
import { ReducerBench } from '../../support/reducers.ts';

const MINUTE = 60_000;
const HOUR = 60;
const DAY = 24 * HOUR;

/** An item of class B that costs 10. */
const bench = () => new ReducerBench(['floor']).given(floor.item('A', '10'));
const raised = (on: ReducerBench, code: RuleCode, subtype?: string) =>
  on.findings.filter((one) => one.code === code && (subtype ?? one.subtype) === one.subtype);
const ended = (on: ReducerBench, code: RuleCode) => on.ended.filter((one) => one.code === code);
/** Findings that were raised and not cleared. */
const standing = (on: ReducerBench, code: RuleCode) => {
  const over = new Set(on.ended.map(({ findingId }) => findingId));
  return raised(on, code).filter(({ findingId }) => !over.has(findingId));
};
const policy = (code: RuleCode, value: Record<string, unknown>, scope = {}): Given =>
  event('policy.set', {
    ...{ policy: `rule.${code}`, scope, value: { parameters: {}, ...value } },
    ...{ actor: 'u1', reason: 'test' },
  } as Given['data']);

/** What each rule fires on, what it just does not, and what ends it; times are minutes. */
interface Case {
  readonly code: RuleCode;
  readonly incident: readonly Given[];
  readonly nearMiss: readonly Given[];
  readonly finding: object;
  readonly remedy: readonly Given[];
  readonly until?: number;
  readonly endedAt: number;
}

const scans = (...minutes: number[]) => minutes.map((at) => floor.scanFailed({}, { at }));
const errors = (...minutes: number[]) => minutes.map((at) => floor.locationError({}, { at }));
/** Picks of SKU Z in a bin, one a minute. */
const picks = (count: number, bin: string, from: number) =>
  Array.from({ length: count }, (_, n) =>
    floor.pick(
      { asked: 1, picked: 1 },
      { order_id: `${bin}-${n}`, sku_id: 'Z', location_id: bin },
      { at: from + n },
    ),
  );
const shorts = (count: number, from: number) =>
  Array.from({ length: count }, (_, n) =>
    floor.pick({ asked: 1, picked: 0 }, { order_id: `s${n}`, sku_id: 'Z' }, { at: from + n }),
  );
const cleanPicks = (count: number, from: number) =>
  Array.from({ length: count }, (_, n) =>
    floor.pick({ asked: 1, picked: 1 }, { order_id: `c${n}` }, { at: from + n }),
  );
const place = () => ({ sku_id: 'A', node_id: 'dc' });
const DAMAGED = { condition_code: 'damaged' } as const;
const damaged = (qty: number, at: number) =>
  facts.stateChanged(qty, { from: 'available', to: 'damaged' }, { at });

const CASES: readonly Case[] = [
  {
    code: 'SHORT_PICK',
    incident: [floor.pick({ asked: 5, picked: 2 }, {}, { at: 10 })],
    nearMiss: [floor.pick({ asked: 5, picked: 5 }, {}, { at: 10 })],
    finding: {
      entity: 'sku/A/node/dc',
      ...{ orderId: 'o1', locationId: 'B1', units: 3, amount: '30' },
      conditionAtMs: T0 + 10 * MINUTE,
    },
    remedy: [floor.pick({ asked: 3, picked: 3 }, { task_id: 't2' }, { at: 30 })],
    endedAt: 30,
  },
  {
    code: 'UNSCANNABLE_ITEM',
    incident: scans(0, DAY - 1),
    nearMiss: scans(0, DAY),
    finding: { subtype: 'location', entity: 'sku/A/node/dc', locationId: 'B1' },
    remedy: cleanPicks(20, 2 * DAY),
    endedAt: 2 * DAY + 19,
  },
  {
    code: 'LOCATION_ERROR',
    incident: errors(5),
    nearMiss: scans(5),
    finding: { subtype: 'empty', entity: 'location/dc/B1', skuId: 'A' },
    remedy: [floor.counted({ book: 5, counted: 5 }, {}, { at: 50 })],
    endedAt: 50,
  },
  {
    code: 'LOCATION_ERROR_REPEAT',
    // Three within 14 days; two are no repetition in a bin that is picked from so often.
    incident: [...picks(100, 'B1', 0), ...errors(DAY, 7 * DAY, 15 * DAY - 1)],
    nearMiss: [...picks(100, 'B1', 0), ...errors(DAY, 7 * DAY, 21 * DAY)],
    finding: { entity: 'location/dc/B1', conditionAtMs: T0 + (15 * DAY - 1) * MINUTE },
    remedy: [],
    until: 29 * DAY,
    endedAt: 29 * DAY - 1,
  },
  {
    code: 'COUNT_VARIANCE',
    // Tolerated of 100 in class B: 3. Three units at 10 are worth 30; four that cost 6 would be 24.
    incident: [floor.counted({ book: 100, counted: 96 }, {}, { at: 5 })],
    nearMiss: [floor.counted({ book: 100, counted: 97 }, {}, { at: 5 })],
    finding: { entity: 'sku/A/node/dc', locationId: 'B1', units: -4, amount: '40' },
    remedy: [floor.counted({ book: 100, counted: 100 }, { count_type: 'recount' }, { at: 60 })],
    endedAt: 60,
  },
  {
    code: 'COUNT_VARIANCE_REPEAT',
    incident: [
      floor.counted({ book: 100, counted: 90 }, {}, { at: 1 }),
      floor.counted({ book: 100, counted: 100 }, { location_id: 'B2' }, { at: 2 }),
      floor.counted({ book: 100, counted: 108 }, { location_id: 'B3' }, { at: 3 }),
    ],
    nearMiss: [
      floor.counted({ book: 100, counted: 90 }, {}, { at: 1 }),
      floor.counted({ book: 100, counted: 100 }, { location_id: 'B2' }, { at: 2 }),
      floor.counted({ book: 100, counted: 100 }, { location_id: 'B4' }, { at: 3 }),
      floor.counted({ book: 100, counted: 108 }, { location_id: 'B3' }, { at: 4 }),
    ],
    finding: { subtype: 'sku', entity: 'sku/A/node/dc', units: -10, amount: '100' },
    remedy: [floor.counted({ book: 100, counted: 100 }, { location_id: 'B3' }, { at: 9 })],
    endedAt: 9,
  },
  {
    code: 'UNAPPROVED_ADJUSTMENT',
    // 25 units at 10 are 250.
    incident: [floor.adjustment(-25, {}, { at: 1, id: 'wrong' })],
    nearMiss: [floor.adjustment(-24, {}, { at: 1 })],
    finding: { entity: 'adjustment/a1', actor: 'u1', units: -25, amount: '250' },
    remedy: [facts.corrected({ id: 'wrong' }, { at: 20 })],
    endedAt: 20,
  },
  {
    code: 'DAMAGED_STOCK',
    incident: [damaged(2, 4), damaged(1, 6)],
    nearMiss: [facts.stateChanged(2, { from: 'available', to: 'on_hold' }, { at: 4 })],
    finding: { entity: 'sku/A/node/dc', units: 2, amount: '20' },
    remedy: [
      facts.stateChanged(2, { from: 'damaged', to: 'scrapped' }, { at: 40 }),
      floor.adjustment(-1, { state: 'damaged', reason_code: 'damaged' }, { at: 41 }),
    ],
    endedAt: 41,
  },
];

describe.each(CASES)('$code', ({ code, endedAt, finding, incident, nearMiss, remedy, until }) => {
  test('fires on its incident', () => {
    const found = raised(bench().given(...incident), code);
    expect(found).toHaveLength(1);
    expect(found).toMatchObject([{ ...finding, rule: { version: 0 } }]);
    expect(found[0]?.evidence).not.toEqual([]);
  });

  test('does not fire on its near miss', () => {
    expect(raised(bench().given(...nearMiss), code)).toEqual([]);
  });

  test('ends when it should, under the id of its finding', () => {
    const on = bench().given(...incident);
    expect(ended(on, code)).toEqual([]);
    on.given(...remedy.slice(0, -1));
    expect(ended(on, code)).toEqual([]);
    on.given(...remedy.slice(-1));
    if (until !== undefined) on.tick(until);
    const [{ entity, findingId } = { entity: '', findingId: '' }] = raised(on, code);
    expect(ended(on, code)).toMatchObject([
      { findingId, entity, clearedAtMs: T0 + endedAt * MINUTE },
    ]);
  });

  test('is silent when a policy switches it off', () => {
    const on = bench().given(policy(code, { enabled: false }), ...incident);
    expect(raised(on, code)).toEqual([]);
  });

  test('a restart in the middle changes nothing', async () => {
    const whole = bench().given(...incident, ...remedy);
    if (until !== undefined) whole.tick(until);
    const first = bench().given(...incident.slice(0, -1));
    const second = (await first.restarted()).given(...incident.slice(-1));
    const third = (await second.restarted()).given(...remedy);
    if (until !== undefined) third.tick(until);
    expect(third.findings).toEqual(whole.findings);
    expect(third.ended).toEqual(whole.ended);
  });

  test('the last event of the incident, declared wrong, takes it back', () => {
    const last = incident.at(-1) as Given;
    const on = bench().given(...incident.slice(0, -1), { ...last, id: 'last' });
    on.given(facts.corrected({ id: 'last' }));
    const before = standing(bench().given(...incident.slice(0, -1)), code);
    expect(standing(on, code)).toHaveLength(before.length);
  });
});

describe('SHORT_PICK', () => {
  const short = floor.pick({ asked: 5, picked: 2 }, {}, { at: 10 });
  const line = { at: 20, order: 'o1', line: '1', sku: 'A' };

  test('ends when what is missing is allocated again, at whatever node', () => {
    const on = bench().given(short, facts.allocated(2, { ...line, node: 'elsewhere' }));
    expect(ended(on, 'SHORT_PICK')).toEqual([]);
    on.given(facts.allocated(1, { ...line, at: 21 }));
    expect(ended(on, 'SHORT_PICK')).toMatchObject([{ clearedAtMs: T0 + 21 * MINUTE }]);
  });

  test('ends when what is missing is cancelled', () => {
    const on = bench().given(short, facts.cancelled(3, line));
    expect(ended(on, 'SHORT_PICK')).toHaveLength(1);
  });

  test('is not raised by a short pick that comes after the pick that made up for it', () => {
    const again = floor.pick({ asked: 3, picked: 3 }, {}, { at: 15 });
    expect(raised(bench().given(again, short), 'SHORT_PICK')).toEqual([]);
  });

  test('comes back under another id when what ended it is declared wrong', () => {
    const again = floor.pick({ asked: 3, picked: 3 }, {}, { at: 15, id: 'again' });
    const on = bench().given(short, again, facts.corrected({ id: 'again' }));
    const found = raised(on, 'SHORT_PICK');
    expect(found).toHaveLength(2);
    expect(found[0]?.findingId).not.toBe(found[1]?.findingId);
    expect(standing(on, 'SHORT_PICK')).toEqual([found[1]]);
  });

  // P(X ≥ 2) of 2 in n picks, beta-binomial of strength 200 around 1/1200 (scipy): n 20 gives 0.00081 and
  // n 30 0.00174.
  test.each([
    [20, 1],
    [30, 0],
  ])('two short of %i picks, where 1,000 elsewhere were not: %i alarm', (n, alarms) => {
    const on = bench().given(...picks(1_000, 'B2', 0), ...picks(n - 2, 'B1', 1_000));
    on.given(...shorts(2, 1_100));
    const rate = raised(on, 'SHORT_PICK', 'rate');
    expect(rate).toHaveLength(alarms);
    if (alarms === 0) return;
    expect(rate).toMatchObject([
      { entity: 'location/dc/B1', statistic: { value: 2, expected: 20 / 1_200, limit: 0.001 } },
    ]);
    expect(rate[0]?.statistic?.p).toBeCloseTo(0.00081154, 7);
    on.tick(12 * DAY);
    expect(standing(on, 'SHORT_PICK')).toContainEqual(rate[0]);
    // Two weeks later the short picks count no more.
    on.tick(15 * DAY);
    expect(standing(on, 'SHORT_PICK')).not.toContainEqual(rate[0]);
  });
});

describe('UNSCANNABLE_ITEM', () => {
  const at = (bin: string, minutes: number) =>
    floor.scanFailed({ location_id: bin }, { at: minutes });

  test('three of a node within a week, wherever, are more severe than two of a bin', () => {
    const on = bench().given(at('B1', 0), at('B2', 3 * DAY));
    expect(raised(on, 'UNSCANNABLE_ITEM')).toEqual([]);
    on.given(at('B3', 7 * DAY - 1));
    expect(raised(on, 'UNSCANNABLE_ITEM')).toMatchObject([{ subtype: 'node', floor: 'SEV3' }]);
  });

  test('a failure begins the clean picks anew', () => {
    const on = bench().given(...scans(0, 1), ...cleanPicks(19, 10), at('B1', 40));
    on.given(...cleanPicks(19, 50));
    expect(ended(on, 'UNSCANNABLE_ITEM').length).toBe(raised(on, 'UNSCANNABLE_ITEM').length - 1);
    on.given(...cleanPicks(1, 80));
    expect(standing(on, 'UNSCANNABLE_ITEM')).toEqual([]);
  });
});

describe('LOCATION_ERROR_REPEAT', () => {
  // The prior is one error, so that P(X ≥ 2) in n picks is (n / (b + n))²; 1,000 picks elsewhere without an
  // error make b 2,000: 0.00099 at n 65, 0.00102 at n 66.
  test.each([
    [65, 1],
    [66, 0],
  ])('two errors in %i picks: %i alarm', (n, alarms) => {
    const on = bench().given(...picks(1_000, 'B2', 0), ...picks(n, 'B1', 1_000));
    on.given(...errors(1_100, 1_200));
    const found = raised(on, 'LOCATION_ERROR_REPEAT');
    expect(found).toHaveLength(alarms);
    if (alarms === 0) return;
    expect(found[0]?.statistic?.p).toBeCloseTo((65 / 2_065) ** 2, 9);
    expect(found[0]?.statistic?.expected).toBeCloseTo(65 / 2_000, 9);
  });

  test('of fewer than 30 picks there is no rate: two errors in 29 are none', () => {
    const of = (n: number) => {
      const on = bench().given(...picks(n, 'B1', 0), ...errors(1_000, 1_100));
      return raised(on, 'LOCATION_ERROR_REPEAT');
    };
    expect(of(29)).toEqual([]);
    expect(of(30)).toHaveLength(1);
  });

  test('one error is none; the count is policy', () => {
    const once = bench().given(...errors(1));
    expect(raised(once, 'LOCATION_ERROR_REPEAT')).toEqual([]);
    const often = policy('LOCATION_ERROR_REPEAT', { parameters: { count: 4, rate_p: 0 } });
    const on = bench().given(often, ...errors(1, 2, 3));
    expect(raised(on, 'LOCATION_ERROR_REPEAT')).toEqual([]);
    on.given(...errors(4));
    expect(raised(on, 'LOCATION_ERROR_REPEAT')).toMatchObject([{ rule: { version: 2 } }]);
  });
});

describe('COUNT_VARIANCE', () => {
  test('is not raised below the amount at cost, nor without a cost', () => {
    const off = (sku: string) => floor.counted({ book: 100, counted: 96 }, { sku_id: sku });
    // Four units that cost 6.24 are worth 24.96.
    const on = bench().given(floor.item('C', '6.24'), off('C'), off('unknown'));
    expect(raised(on, 'COUNT_VARIANCE')).toEqual([]);
    const at25 = bench().given(floor.item('C', '6.25'), off('C'));
    expect(raised(at25, 'COUNT_VARIANCE')).toMatchObject([{ skuId: 'C', amount: '25' }]);
  });

  test('twice as much is news, under one case', () => {
    const on = new ReducerBench(['floor', 'cases']).given(
      floor.item('A', '10'),
      floor.counted({ book: 100, counted: 95 }, {}, { at: 1 }),
      floor.counted({ book: 100, counted: 90 }, {}, { at: 2 }),
    );
    expect(raised(on, 'COUNT_VARIANCE')).toMatchObject([{ units: -5 }, { units: -10 }]);
    expect(standing(on, 'COUNT_VARIANCE')).toHaveLength(1);
    on.settle();
    expect(on.net('cases').filter((one) => one['code'] === 'COUNT_VARIANCE')).toHaveLength(1);
  });

  test('three of a bin within 90 days repeat, whatever the SKU; a fourth month does not count', () => {
    const off = (sku: string, at: number) =>
      floor.counted({ book: 100, counted: 90 }, { sku_id: sku }, { at });
    const items = ['C', 'D'].map((sku) => floor.item(sku, '10'));
    const on = bench().given(...items, off('A', 0), off('C', 40 * DAY), off('D', 89 * DAY));
    expect(raised(on, 'COUNT_VARIANCE_REPEAT', 'location')).toMatchObject([
      { entity: 'location/dc/B1' },
    ]);
    const late = bench().given(...items, off('A', 0), off('C', 40 * DAY), off('D', 90 * DAY));
    expect(raised(late, 'COUNT_VARIANCE_REPEAT', 'location')).toEqual([]);
  });
});

describe('UNAPPROVED_ADJUSTMENT', () => {
  const of = (delta: number, it: Parameters<typeof floor.adjustment>[1] = {}, at = 1) =>
    raised(bench().given(floor.adjustment(delta, it, { at })), 'UNAPPROVED_ADJUSTMENT');

  test.each([
    ['a second person', { approved_by: 'u2' }, 0],
    ['oneself', { approved_by: 'u1' }, 1],
    ['nobody', {}, 1],
    ['nobody, of an opening balance', { reason_code: 'opening_balance' as const }, 0],
  ])('approved by %s', (_who, it, found) => {
    expect(of(-25, it)).toHaveLength(found);
  });

  test('so many units are enough, whatever they cost; what costs much is critical', () => {
    expect(of(50, { sku_id: 'unknown' })).toMatchObject([{ units: 50, amount: '0' }]);
    expect(of(49, { sku_id: 'unknown' })).toEqual([]);
    expect(of(-499)[0]?.floor).toBeUndefined();
    expect(of(-500)).toMatchObject([{ floor: 'SEV1' }]);
  });

  test('parts of a day that are too much together', () => {
    const part = (n: number, at: number, actor = 'u1') =>
      floor.adjustment(-10, { adjustment_id: `a${n}`, actor }, { at });
    const on = bench().given(part(1, 1), part(2, 2), part(3, 3, 'u2'), part(4, 20 * HOUR));
    expect(raised(on, 'UNAPPROVED_ADJUSTMENT')).toEqual([]);
    on.given(part(5, 5));
    expect(raised(on, 'UNAPPROVED_ADJUSTMENT')).toMatchObject([
      { subtype: 'split', entity: 'sku/A/node/dc', actor: 'u1', units: 30, amount: '300' },
    ]);
  });

  test('ends when another person approves its case, not by who adjusted', () => {
    const on = new ReducerBench(['floor', 'cases']).given(
      floor.item('A', '10'),
      floor.adjustment(-25, {}, { at: 1 }),
    );
    on.settle();
    const caseId = String(on.net('cases')[0]?.['exception_id']);
    const approve = (actor: string): Given =>
      event('case.commanded', {
        ...{ command: 'approve', case_id: caseId, actor, approved: true, reason: 'seen' },
      } as Given['data']);
    on.given(approve('u1'));
    expect(standing(on, 'UNAPPROVED_ADJUSTMENT')).toHaveLength(1);
    on.given(approve('u2'));
    expect(standing(on, 'UNAPPROVED_ADJUSTMENT')).toEqual([]);
  });
});

describe('DAMAGED_STOCK', () => {
  test.each([
    ['a receipt', event('receipt.line.received', { ...place(), ...DAMAGED, qty_received: 3 })],
    [
      'an inspection',
      event('quality.inspected', { ...place(), qty_fail: 3, fail_state: 'damaged' }),
    ],
    [
      'a disposition',
      event('return.dispositioned', {
        ...{ ...place(), rma_id: 'r1', qty: 3, to_state: 'damaged', disposition: 'not_restocked' },
      }),
    ],
    ['an adjustment', floor.adjustment(3, { state: 'damaged', reason_code: 'damaged' })],
  ])('enters by %s', (_how, given) => {
    expect(raised(bench().given(given), 'DAMAGED_STOCK')).toMatchObject([{ units: 3 }]);
  });

  test('of several entries the oldest leaves first; what leaves beyond them is of before the log', () => {
    const leave = (qty: number, at: number) =>
      facts.stateChanged(qty, { from: 'damaged', to: 'scrapped' }, { at });
    const on = bench().given(leave(5, 1), damaged(2, 2), damaged(1, 3), leave(2, 4));
    expect(standing(on, 'DAMAGED_STOCK')).toHaveLength(1);
    on.given(leave(1, 5));
    expect(standing(on, 'DAMAGED_STOCK')).toEqual([]);
  });

  // Weeks of 2, 1, 3 and 2 entries: mean 2, less spread than Poisson. At 0.001 the limit is 9 (REFERENCE §5.1).
  const WEEK = 7 * DAY;
  const weeks = [2, 1, 3, 2].flatMap((entries, week) =>
    Array.from({ length: entries }, (_, n) => damaged(1, week * WEEK + n)),
  );
  const thisWeek = (entries: number) =>
    Array.from({ length: entries }, (_, n) => damaged(1, 4 * WEEK + n));

  test.each([
    [8, 0],
    [9, 1],
  ])('%i entries in a week after weeks of two: %i alarm, until the week is over', (n, alarms) => {
    const on = bench().given(...weeks, ...thisWeek(n));
    const rate = raised(on, 'DAMAGED_STOCK', 'rate');
    expect(rate).toHaveLength(alarms);
    if (alarms === 0) return;
    expect(rate).toMatchObject([{ entity: 'node/dc', statistic: { value: 9, expected: 2 } }]);
    // T0 is a Monday at eight: the week ends in 16 hours and six days.
    on.tick(4 * WEEK + 6 * DAY + 15 * HOUR);
    expect(standing(on, 'DAMAGED_STOCK')).toContainEqual(rate[0]);
    on.tick(4 * WEEK + 6 * DAY + 16 * HOUR);
    expect(standing(on, 'DAMAGED_STOCK')).not.toContainEqual(rate[0]);
  });

  test('three weeks are too few to know', () => {
    const on = bench().given(...weeks.slice(2), ...thisWeek(20));
    expect(raised(on, 'DAMAGED_STOCK', 'rate')).toEqual([]);
  });
});

test('a bin that is not as recorded, the short pick there and the count are one case', () => {
  const on = new ReducerBench(['floor', 'cases']).given(
    floor.item('A', '10'),
    floor.locationError({}, { at: 1 }),
    floor.pick({ asked: 5, picked: 2 }, {}, { at: 2 }),
    floor.counted({ book: 100, counted: 90 }, {}, { at: 3 }),
  );
  on.settle();
  expect(on.net('cases').map((one) => one['code'])).toEqual(['LOCATION_ERROR']);
});
