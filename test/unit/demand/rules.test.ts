/**
 * Rules of stock and demand: each fires on its incident, not on what falls just short of it, ends when it
 * should, and is as its policy says; a restart in the middle changes nothing.
 */
import { describe, expect, it, test } from 'vitest';
import type { RuleCode } from '../../../contracts/rules.ts';
import { shortageOf } from '../../../processors/demand/rules/oversell.ts';
import { daysOf, zeroRun } from '../../../processors/demand/rules/zero-run.ts';
import {
  acknowledged,
  adjusted,
  allocated,
  cancelled,
  ordered,
  picked,
  purchased,
  stocked,
} from '../../support/facts.ts';
import { at, event, type Given } from '../../support/given.ts';
import { ReducerBench } from '../../support/reducers.ts';

const bench = () => new ReducerBench(['stock']);
const item = (over: object = {}): Given =>
  event(
    'item.upserted',
    {
      sku_id: 'A',
      gtin: '',
      uom: 'EA',
      pack_qty: 1,
      abc_class: 'A',
      unit_cost: '2.5',
      currency: 'EUR',
      status: 'active',
      ...over,
    },
    { at: 0 },
  );
const told = (qty: number, minute: number, over: object = {}): Given =>
  event(
    'channel.availability.published',
    { channel_id: 'web', sku_id: 'A', qty, computed_at: at(minute), ...over },
    { at: minute, id: `told/${minute}/${JSON.stringify(over).length}` },
  );
const decided = (policy: string, value: object, scope: object, minute: number): Given => ({
  name: 'policy.set',
  data: { policy, scope, value, actor: 'u1', reason: 'as decided' },
  at: minute,
});
/** Goods can be used 12 hours after they arrive. */
const usableAfterHalfADay = decided(
  'supply',
  { lateness_p90_h: 0, dock_to_stock_p90_h: 12, fill_rate: 1 },
  {},
  0,
);
const policy = (code: RuleCode, value: object, scope: object = {}, minute = 0): Given =>
  decided(`rule.${code}`, value, scope, minute);
/** Time as it passes: something happens every minute. */
const minutes = (of: ReducerBench, from: number, to: number) => {
  for (let minute = from; minute <= to; minute++) of.tick(minute);
  return of;
};
const raised = (of: ReducerBench, code: RuleCode) =>
  of.findings.filter((finding) => finding.code === code);
const ended = (of: ReducerBench, code: RuleCode) => of.ended.filter((one) => one.code === code);

/** A story told up to some minute, and what holds then. */
interface Case {
  readonly name: string;
  readonly code: RuleCode;
  readonly given: readonly Given[];
  /** Minute up to which time passes. */
  readonly until: number;
  /** What is found; nothing when absent. */
  readonly finds?: object;
}

const STORIES: readonly Case[] = [
  // NEG_INVENTORY
  {
    name: 'stock below zero, at what it costs',
    code: 'NEG_INVENTORY',
    given: [item(), stocked(3, { at: 0 }), adjusted(-5, { at: 1, id: 'culprit' })],
    until: 11,
    finds: {
      entity: 'sku/A/node/dc',
      subtype: 'available',
      units: -2,
      amount: '5',
      conditionAtMs: Date.parse(at(1)),
      rule: { version: 0, parameters: { grace_min: 10, clear_min: 60 } },
    },
  },
  {
    name: 'stock below zero for less than the grace',
    code: 'NEG_INVENTORY',
    given: [stocked(3, { at: 0 }), adjusted(-5, { at: 1 })],
    until: 10,
  },
  {
    name: 'stock below zero for the grace that a node has',
    code: 'NEG_INVENTORY',
    given: [
      policy('NEG_INVENTORY', { parameters: { grace_min: 3 } }, { node_id: 'dc' }),
      stocked(3, { at: 0 }),
      adjusted(-5, { at: 1 }),
    ],
    until: 4,
    finds: { units: -2, rule: { parameters: { grace_min: 3, clear_min: 60 } } },
  },
  {
    name: 'stock below zero while nobody wants to know',
    code: 'NEG_INVENTORY',
    given: [
      policy('NEG_INVENTORY', { enabled: false, parameters: {} }),
      stocked(3, { at: 0 }),
      adjusted(-5, { at: 1 }),
    ],
    until: 60,
  },

  // OVERSELL
  {
    name: 'more was sold at a node than it has',
    code: 'OVERSELL',
    given: [
      item(),
      stocked(5, { at: 0 }),
      ordered(4, { at: 1, order: 'o1' }),
      ordered(3, { at: 2, order: 'o2', id: 'too-much' }),
    ],
    until: 7,
    finds: {
      entity: 'sku/A/node/dc',
      skuId: 'A',
      nodeId: 'dc',
      // 5 − 4 − 3: o2 gets one of its three.
      units: 2,
      amount: '5',
      ordersAtRisk: 1,
      conditionAtMs: Date.parse(at(2)),
      evidence: [{ source: 'urn:test:wms', id: 'too-much/line/1' }],
    },
  },
  {
    name: 'as much was sold as there is',
    code: 'OVERSELL',
    given: [stocked(5, { at: 0 }), ordered(5, { at: 1 })],
    until: 60,
  },
  {
    name: 'more was sold, for less than it takes',
    code: 'OVERSELL',
    given: [stocked(5, { at: 0 }), ordered(7, { at: 2 })],
    until: 6,
  },
  {
    name: 'what was sold too much comes in time',
    code: 'OVERSELL',
    given: [
      stocked(5, { at: 0 }),
      purchased(10, { at: 1, due: 30 }),
      acknowledged(10, { at: 1, promised: 30 }),
      usableAfterHalfADay,
      ordered(7, { at: 2 }),
    ],
    until: 60,
  },
  {
    name: 'what was sold too much comes too late',
    code: 'OVERSELL',
    // After 30 min, and usable a day later where no policy says otherwise; promised for 1,440.
    given: [
      stocked(5, { at: 0 }),
      purchased(10, { at: 1, due: 30 }),
      acknowledged(10, { at: 1, promised: 30 }),
      ordered(7, { at: 2 }),
    ],
    until: 7,
    finds: { units: 2, ordersAtRisk: 1 },
  },
  {
    name: 'orders without a node exceed what all nodes have',
    code: 'OVERSELL',
    given: [
      stocked(5, { at: 0 }),
      stocked(4, { at: 0, node: 'store' }),
      ordered(3, { at: 1, order: 'sourced' }),
      ordered(8, { at: 2, order: 'pool', sourced: false }),
    ],
    until: 7,
    // The nodes leave 2 and 4.
    finds: { entity: 'sku/A', units: 2, ordersAtRisk: 1 },
  },
  {
    name: 'orders without a node take what all nodes have',
    code: 'OVERSELL',
    given: [
      stocked(5, { at: 0 }),
      stocked(4, { at: 0, node: 'store' }),
      ordered(3, { at: 1, order: 'sourced' }),
      ordered(6, { at: 2, order: 'pool', sourced: false }),
    ],
    until: 60,
  },
  {
    name: 'stock below zero that nobody is promised',
    code: 'OVERSELL',
    given: [stocked(5, { at: 0 }), adjusted(-9, { at: 1 })],
    until: 60,
  },
  {
    name: 'more was sold, where the rule is switched off',
    code: 'OVERSELL',
    given: [
      policy('OVERSELL', { enabled: false, parameters: {} }, { sku_id: 'A' }),
      stocked(5, { at: 0 }),
      ordered(7, { at: 2 }),
    ],
    until: 60,
  },
  {
    name: 'more was sold, for as long as a policy says',
    code: 'OVERSELL',
    given: [
      policy('OVERSELL', { parameters: { hold_min: 30 } }),
      stocked(5, { at: 0 }),
      ordered(7, { at: 2 }),
    ],
    until: 32,
    finds: { units: 2, rule: { parameters: { hold_min: 30, clear_min: 5 } } },
  },

  // CHANNEL_CONFLICT
  {
    name: 'a channel is told more than there is',
    code: 'CHANNEL_CONFLICT',
    given: [item(), stocked(20, { at: 0 }), told(22, 1)],
    until: 11,
    finds: {
      subtype: 'overstated',
      entity: 'channel/web/sku/A',
      channelId: 'web',
      skuId: 'A',
      units: 2,
      amount: '5',
      floor: 'SEV2',
      evidence: [{ source: 'urn:test:wms', id: 'told/1/2' }],
    },
  },
  {
    name: 'a channel is told one unit more than there is',
    code: 'CHANNEL_CONFLICT',
    given: [stocked(20, { at: 0 }), told(21, 1)],
    until: 60,
  },
  {
    name: 'a channel is told a twentieth more than there is',
    code: 'CHANNEL_CONFLICT',
    given: [stocked(100, { at: 0 }), told(105, 1)],
    until: 60,
  },
  {
    name: 'a channel is told more than there is, for less than it takes',
    code: 'CHANNEL_CONFLICT',
    given: [stocked(20, { at: 0 }), told(22, 1)],
    until: 10,
  },
  {
    name: 'a channel is told more than there is, within what a policy tolerates',
    code: 'CHANNEL_CONFLICT',
    given: [
      policy('CHANNEL_CONFLICT', { parameters: { units: 5 } }, { channel_id: 'web' }),
      stocked(20, { at: 0 }),
      told(25, 1),
    ],
    until: 60,
  },
  {
    name: 'a channel is told nothing of what there is plenty of',
    code: 'CHANNEL_CONFLICT',
    given: [stocked(10, { at: 0 }), told(0, 1)],
    until: 31,
    finds: { subtype: 'understated', units: 10, floor: 'SEV3' },
  },
  {
    name: 'a channel is told nothing of what there is little of',
    code: 'CHANNEL_CONFLICT',
    given: [stocked(9, { at: 0 }), told(0, 1)],
    until: 90,
  },
  {
    name: 'a channel is told nothing of what is sold no more',
    code: 'CHANNEL_CONFLICT',
    given: [item({ status: 'discontinued' }), stocked(50, { at: 0 }), told(0, 1)],
    until: 90,
  },

  // STOCKOUT
  {
    name: 'nothing is left for sale',
    code: 'STOCKOUT',
    given: [
      item(),
      stocked(5, { at: 0 }),
      ordered(2, { at: 1 }),
      ordered(3, { at: 5, order: 'o2' }),
    ],
    until: 36,
    finds: {
      entity: 'sku/A',
      skuId: 'A',
      floor: 'SEV2',
      conditionAtMs: Date.parse(at(6)),
      detail: expect.stringContaining('web') as string,
    },
  },
  {
    name: 'nothing is left for sale, for less than it takes',
    code: 'STOCKOUT',
    given: [item(), stocked(5, { at: 0 }), ordered(5, { at: 5 })],
    until: 35,
  },
  {
    name: 'something is left for sale',
    code: 'STOCKOUT',
    given: [item(), stocked(5, { at: 0 }), ordered(4, { at: 5 })],
    until: 90,
  },
  {
    name: 'nothing is left of what is sold no more',
    code: 'STOCKOUT',
    given: [item({ status: 'blocked' }), stocked(5, { at: 0 }), ordered(5, { at: 5 })],
    until: 90,
  },
  {
    name: 'nothing is left for sale of a SKU of class C',
    code: 'STOCKOUT',
    given: [item({ abc_class: 'C' }), stocked(5, { at: 0 }), ordered(5, { at: 5 })],
    until: 36,
    finds: { floor: 'SEV4' },
  },
  {
    name: 'nothing is left for sale, for as long as a policy says',
    code: 'STOCKOUT',
    given: [
      policy('STOCKOUT', { parameters: { hold_min: 5 } }, { sku_id: 'A' }),
      item({ abc_class: 'B' }),
      stocked(5, { at: 0 }),
      ordered(5, { at: 5 }),
    ],
    until: 11,
    finds: { floor: 'SEV3', rule: { parameters: { hold_min: 5, clear_min: 240 } } },
  },
];

/** The bench after a story; time passes minute by minute from its last event on. */
function after({ given, until }: Case): ReducerBench {
  const last = Math.max(...given.map((one) => one.at ?? 0));
  return minutes(bench().given(...given), last + 1, until);
}

describe('a rule', () => {
  it.each(STORIES.filter(({ finds }) => finds !== undefined))('$code: $name', (story) => {
    const found = raised(after(story), story.code);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject(story.finds ?? {});
    // Not a minute before.
    expect(raised(after({ ...story, until: story.until - 1 }), story.code)).toEqual([]);
  });

  it.each(STORIES.filter(({ finds }) => finds === undefined))('$code is silent: $name', (story) => {
    expect(raised(after(story), story.code)).toEqual([]);
  });
});

describe('what was found ends', () => {
  const endings: readonly (Case & { readonly then: readonly Given[] })[] = [
    {
      name: 'stock is there again',
      code: 'NEG_INVENTORY',
      given: [stocked(3, { at: 0 }), adjusted(-5, { at: 1 })],
      until: 20,
      then: [stocked(2, { at: 21 })],
    },
    {
      name: 'a customer cancels',
      code: 'OVERSELL',
      given: [stocked(5, { at: 0 }), ordered(7, { at: 2 })],
      until: 20,
      then: [cancelled(2, { at: 21 })],
    },
    {
      name: 'goods come',
      code: 'OVERSELL',
      given: [stocked(5, { at: 0 }), ordered(7, { at: 2, sourced: false })],
      until: 20,
      then: [stocked(2, { at: 21, node: 'store' })],
    },
    {
      name: 'the channel is told the truth',
      code: 'CHANNEL_CONFLICT',
      given: [stocked(20, { at: 0 }), told(30, 1)],
      until: 20,
      then: [told(20, 21)],
    },
    {
      name: 'there is as much as the channel was told',
      code: 'CHANNEL_CONFLICT',
      given: [stocked(20, { at: 0 }), told(30, 1)],
      until: 20,
      then: [stocked(10, { at: 21 })],
    },
    {
      name: 'there is something to sell',
      code: 'STOCKOUT',
      given: [item(), stocked(5, { at: 0 }), ordered(5, { at: 5 })],
      until: 50,
      then: [stocked(1, { at: 51 })],
    },
    {
      name: 'the rule is switched off',
      code: 'STOCKOUT',
      given: [item(), stocked(5, { at: 0 }), ordered(5, { at: 5 })],
      until: 50,
      then: [policy('STOCKOUT', { enabled: false, parameters: {} }, {}, 51)],
    },
  ];

  it.each(endings)('$code when $name', (story) => {
    const brand = after(story);
    const [found] = raised(brand, story.code);
    expect(ended(brand, story.code)).toEqual([]);
    brand.given(...story.then);
    const minute = story.until + 1;
    minutes(brand, minute + 1, minute + 2);
    expect(ended(brand, story.code)).toMatchObject([
      { findingId: found?.findingId, entity: found?.entity },
    ]);
    // It is over: time brings nothing back.
    minutes(brand, minute + 3, minute + 60);
    expect(raised(brand, story.code)).toHaveLength(1);
  });

  it('is found again when it comes again, under another id', () => {
    const brand = minutes(bench().given(stocked(5, { at: 0 }), ordered(7, { at: 2 })), 3, 20);
    minutes(brand.given(cancelled(2, { at: 21 })), 22, 30);
    minutes(brand.given(ordered(4, { at: 31, order: 'o2' })), 32, 50);
    const found = raised(brand, 'OVERSELL');
    expect(found.map(({ units }) => units)).toEqual([2, 4]);
    expect(new Set(found.map(({ findingId }) => findingId)).size).toBe(2);
  });
});

describe('a channel that is told late', () => {
  /** It is told something every 15 minutes, of another SKU; of A at minute 0 only. */
  const others = (to: number) =>
    Array.from({ length: Math.floor(to / 15) }, (_, each) =>
      told(1, 15 * (each + 1), { sku_id: 'B' }),
    );
  const story = (to: number, ...more: readonly Given[]) =>
    [
      stocked(20, { at: 0 }),
      stocked(1, { at: 0, sku: 'B' }),
      told(20, 0),
      ...others(to),
      ...more,
    ].sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
  const stale = (of: ReducerBench) =>
    raised(of, 'CHANNEL_CONFLICT').filter(({ subtype }) => subtype === 'stale');

  it('is stale two of its cadences after what there is has moved', () => {
    const brand = bench().given(...story(60, ordered(3, { at: 61 })));
    minutes(brand, 62, 90);
    expect(stale(brand)).toEqual([]);
    brand.tick(91);
    expect(stale(brand)).toMatchObject([
      { units: 3, floor: 'SEV2', entity: 'channel/web/sku/A', conditionAtMs: Date.parse(at(61)) },
    ]);
  });

  it('is not stale when nothing has moved, or when it has moved back to within what is tolerated', () => {
    expect(stale(minutes(bench().given(...story(60)), 61, 200))).toEqual([]);
    const back = bench().given(...story(60, ordered(3, { at: 61 })));
    minutes(back, 62, 80).given(cancelled(2, { at: 81 }));
    expect(stale(minutes(back, 82, 200))).toEqual([]);
  });

  it('is not stale by what it was told long before more than a little has moved', () => {
    const brand = bench().given(...story(60, ordered(1, { at: 61 })));
    minutes(brand, 62, 120).given(stocked(30, { at: 121 }));
    minutes(brand, 122, 123).given(told(49, 124));
    minutes(brand, 125, 130);
    expect(stale(brand)).toEqual([]);
  });

  it('is not stale while its cadence is not known', () => {
    expect(stale(minutes(bench().given(...story(30, ordered(3, { at: 31 }))), 32, 200))).toEqual(
      [],
    );
  });

  it('is stale no more once it is told', () => {
    const brand = bench().given(...story(60, ordered(3, { at: 61 })));
    minutes(brand, 62, 100).given(told(17, 101));
    minutes(brand, 102, 110);
    expect(
      ended(brand, 'CHANNEL_CONFLICT').filter(({ subtype }) => subtype === 'stale'),
    ).toMatchObject([{ subtype: 'stale', findingId: stale(brand)[0]?.findingId }]);
  });
});

describe('what a shortage comes to', () => {
  const line = (key: string, units: number, shipByMs: number) => ({ key, units, shipByMs });

  it.each([
    ['all have stock', 5, [], [line('a', 5, 10)], { units: 0, lines: [] }],
    [
      'the one promised last is short',
      5,
      [],
      [line('a', 4, 10), line('b', 2, 20)],
      { units: 1, lines: ['b'] },
    ],
    [
      'supply in time is usable, later supply is not',
      0,
      [
        { atMs: 15, units: 3 },
        { atMs: 25, units: 9 },
      ],
      [line('a', 1, 10), line('b', 3, 20)],
      { units: 1, lines: ['a'] },
    ],
    ['stock below zero meets nobody', -4, [], [line('a', 2, 10)], { units: 2, lines: ['a'] }],
    [
      'supply makes up for it at the very instant',
      0,
      [{ atMs: 10, units: 2 }],
      [line('a', 2, 10)],
      { units: 0, lines: [] },
    ],
  ])('%s', (_, free, supply, lines, expected) => {
    expect(shortageOf(free, supply, lines)).toMatchObject(expected);
  });
});

it('is raised anew, and the first one cleared, when it is twice as bad', () => {
  const brand = minutes(bench().given(stocked(5, { at: 0 }), ordered(7, { at: 2 })), 3, 20);
  minutes(brand.given(ordered(1, { at: 21, order: 'o2' })), 22, 25);
  // Three units instead of two, of two orders instead of one.
  const found = raised(brand, 'OVERSELL');
  expect(found).toMatchObject([
    { units: 2, ordersAtRisk: 1 },
    { units: 3, ordersAtRisk: 2 },
  ]);
  expect(ended(brand, 'OVERSELL').map(({ findingId }) => findingId)).toEqual([found[0]?.findingId]);
});

it('supply that kept a line from being short is looked at again when it is late', () => {
  const brand = bench().given(
    stocked(5, { at: 0 }),
    purchased(10, { at: 1, due: 30 }),
    acknowledged(10, { at: 1, promised: 30 }),
    usableAfterHalfADay,
    ordered(7, { at: 2 }),
  );
  // Usable 720 min after it arrives, which is now at the earliest; promised for 1,440.
  for (let minute = 30; minute <= 690; minute += 30) brand.tick(minute);
  expect(raised(brand, 'OVERSELL')).toEqual([]);
  for (let minute = 720; minute <= 810; minute += 30) brand.tick(minute);
  expect(raised(brand, 'OVERSELL')).toMatchObject([{ units: 2 }]);
});

it('what is out of stock because too much was sold is one case', () => {
  const brand = new ReducerBench(['stock', 'cases']).given(
    item(),
    stocked(5, { at: 0 }),
    ordered(7, { at: 2 }),
  );
  for (let minute = 3; minute <= 60; minute++) brand.tick(minute).settle();
  expect(raised(brand, 'STOCKOUT')).toMatchObject([{ parent: 'OVERSELL sku/A/node/dc' }]);
  const cases = new Set(brand.rows('case_events').map((row) => row['case_id']));
  expect([...cases]).toEqual([expect.stringMatching(/^OVERSELL/)]);
});

const DAY = 1_440;
/** Orders of each day, from T0 on. */
const sales = (units: number, days: number, from = 0) =>
  Array.from({ length: days }, (_, day) =>
    ordered(units, { at: (from + day) * DAY, order: `d${from + day}` }),
  );
/** Time until a day has begun and half of it has passed, when all positions have been computed. */
const daysOn = (of: ReducerBench, from: number, to: number) => {
  for (let hour = from * 24; hour <= to * 24 + 4; hour++) of.tick(hour * 60);
  return of;
};
const risks = (of: ReducerBench, subtype?: string) =>
  raised(of, 'REPLEN_RISK').filter((finding) => finding.subtype === subtype);

describe('REPLEN_RISK', () => {
  // Ten a day, and 15 days ± 3 until an order of today can be used: reorder point 150 + 2.054 × 30 = 211.6.
  const sold = (stock: number, days: number) => [
    item(),
    stocked(stock, { at: 0 }),
    ...sales(10, days),
  ];

  /** 290 − 80 = 210 are left on the eighth day, 220 the day before; 10 more are sold on the ninth. */
  const below = () => {
    const brand = daysOn(bench().given(...sold(290, 8)), 7, 7);
    expect(risks(brand, 'unordered')).toEqual([]);
    return daysOn(brand.given(ordered(10, { at: 8 * DAY, order: 'd8' })), 8, 8);
  };

  it('is found a day after it came below the reorder point with nothing on order', () => {
    const brand = below();
    expect(risks(brand)).toEqual([]);
    expect(risks(brand, 'unordered')).toMatchObject([
      {
        entity: 'sku/A/node/dc',
        nodeId: 'dc',
        floor: 'SEV2',
        // 211.6 − 200, rounded up.
        units: 12,
        amount: '30',
        rule: { parameters: { probability: 0.2, unordered_h: 24 } },
      },
    ]);
  });

  it('is not found above it, nor with an order that covers it', () => {
    const of = (...events: readonly Given[]) =>
      raised(daysOn(bench().given(...events), 7, 9), 'REPLEN_RISK');
    expect(of(...sold(302, 8))).toEqual([]);
    // Ordered within the day that people have for it.
    expect(of(...sold(290, 8), purchased(100, { at: 8 * DAY + 300, due: 9 * DAY }))).toEqual([]);
  });

  it('ends only well below the probability that it begins at', () => {
    const limits = (parameters: object, minute: number) =>
      policy('REPLEN_RISK', { parameters: { hold_h: 0, ...parameters } }, {}, minute);
    // Five and fifteen a day in turn.
    const uneven = Array.from({ length: 10 }, (_, day) =>
      ordered(day % 2 === 0 ? 5 : 15, { at: day * DAY, order: `d${day}` }),
    );
    const first = limits({ probability: 0.08, end_probability: 0.08 }, 0);
    const brand = bench().given(first, item(), stocked(270, { at: 0 }), ...uneven);
    const [likely] = risks(daysOn(brand, 9, 10));
    expect(likely?.detail).toContain('16 % likely');
    const isOver = () => brand.ended.some(({ findingId }) => findingId === likely?.findingId);
    const minute = 10 * DAY + 300;
    brand.given(limits({ probability: 0.2, end_probability: 0.1 }, minute)).tick(minute + 2);
    expect(isOver()).toBe(false);
    brand.given(limits({ probability: 0.2, end_probability: 0.18 }, minute + 10)).tick(minute + 12);
    expect(isOver()).toBe(true);
  });

  it('is no more than a moment when it does not last', () => {
    const brand = daysOn(bench().given(...sold(250, 8)), 8, 8);
    expect(risks(brand)).toEqual([]);
    brand.given(stocked(60, { at: 8 * DAY + 245 }));
    expect(risks(daysOn(brand, 9, 10))).toEqual([]);
  });

  it('is found where it is likely to run out in spite of an order', () => {
    // 20 left for the 15 days until supply can be used; what is ordered is not acknowledged.
    const order = purchased(10, { at: 6 * DAY, due: 30 * DAY });
    const brand = daysOn(bench().given(...sold(100, 8), order), 7, 8);
    expect(risks(brand)).toMatchObject([
      { detail: expect.stringContaining('100 % likely') as string },
    ]);
  });

  it('is not found from a forecast of a few days', () => {
    expect(risks(daysOn(bench().given(...sold(70, 6)), 5, 5))).toEqual([]);
  });

  it('is not found where its policy says so', () => {
    const off = policy('REPLEN_RISK', { enabled: false, parameters: {} }, { node_id: 'dc' });
    expect(risks(daysOn(bench().given(off, ...sold(290, 8)), 7, 8))).toEqual([]);
    const last = [item({ status: 'discontinued' }), ...sold(290, 8).slice(1)];
    expect(risks(daysOn(bench().given(...last), 7, 8))).toEqual([]);
  });

  it('ends the minute after it is ordered', () => {
    const brand = below();
    brand.given(
      purchased(100, { at: 8 * DAY + 300, due: 9 * DAY }),
      acknowledged(100, { at: 8 * DAY + 300, promised: 9 * DAY }),
    );
    expect(ended(brand, 'REPLEN_RISK')).toEqual([]);
    brand.tick(8 * DAY + 300 + 1);
    const [unordered] = risks(brand, 'unordered');
    expect(ended(brand, 'REPLEN_RISK')).toMatchObject([{ findingId: unordered?.findingId }]);
  });

  describe('late supply', () => {
    // 40 left at ten a day: out on the twelfth day.
    const late = (promised: number, ...more: readonly Given[]) =>
      daysOn(
        bench().given(
          usableAfterHalfADay,
          ...sold(120, 8),
          purchased(100, { at: 6 * DAY, due: promised }),
          acknowledged(100, { at: 6 * DAY, promised }),
          ...more,
        ),
        8,
        9,
      );
    const stockouts = (of: ReducerBench) =>
      raised(of, 'INBOUND_LATE').map(({ entity, floor, skuId, subtype, supplierId }) => ({
        ...{ entity, floor, skuId, subtype, supplierId },
      }));
    const found = {
      ...{ entity: 'po/p1', floor: 'SEV2', skuId: 'A', subtype: 'stockout', supplierId: 'sup' },
    };

    it('that is expected after the stockout is SEV2 once it is past its date and grace', () => {
      // Due on the seventh day, and not there on the ninth; any moment now is before the stockout.
      expect(stockouts(late(7 * DAY))).toEqual([]);
      const short = late(7 * DAY, adjusted(-38, { at: 8 * DAY + 1 }));
      expect(stockouts(short)).toEqual([found]);
      short.given(stocked(100, { at: 9 * DAY + 300 })).tick(9 * DAY + 302);
      expect(ended(short, 'INBOUND_LATE')).toHaveLength(1);
    });

    it('is none while it is promised for then, and not late', () => {
      expect(stockouts(late(20 * DAY))).toEqual([]);
    });
  });
});

describe('phantom stock', () => {
  // Three a day for 20 days, with plenty left. Nothing for d days: e^(−3d) < 0.001 from 2.303 days on.
  const silent = [item(), stocked(1_000, { at: 0 }), ...sales(3, 20)];

  it('is stock of which nothing is sold for too long', () => {
    const brand = daysOn(bench().given(...silent), 20, 22);
    // Two whole days (the 20th and 21st) say too little.
    expect(risks(brand, 'phantom_stock')).toEqual([]);
    daysOn(brand, 22, 23);
    const [found] = risks(brand, 'phantom_stock');
    expect(found).toMatchObject({
      entity: 'sku/A/node/dc',
      units: 940,
      amount: '2350',
      floor: 'SEV2',
      statistic: { name: 'zero_run', value: 3 },
      detail: expect.stringContaining('PHANTOM_STOCK') as string,
    });
    expect(found?.statistic?.p).toBeCloseTo(Math.exp(-9), 6);
    expect(found?.statistic?.limit).toBeCloseTo(6.9078 / 3, 3);
  });

  it('is none where something is picked, or nothing is for sale', () => {
    const pick = picked(1, { at: 22 * DAY, order: 'd1' });
    expect(risks(daysOn(bench().given(...silent, pick), 22, 24), 'phantom_stock')).toEqual([]);
    const empty = [item(), stocked(60, { at: 0 }), ...sales(3, 20)];
    expect(risks(daysOn(bench().given(...empty), 20, 26), 'phantom_stock')).toEqual([]);
  });

  it('ends the minute after one is sold', () => {
    const brand = daysOn(bench().given(...silent), 20, 23);
    brand.given(ordered(1, { at: 24 * DAY, order: 'again' })).tick(24 * DAY + 1);
    expect(ended(brand, 'REPLEN_RISK')).toMatchObject([
      { subtype: 'phantom_stock', findingId: risks(brand, 'phantom_stock')[0]?.findingId },
    ]);
  });

  it('takes its probability from the policy', () => {
    const careful = policy('REPLEN_RISK', { parameters: { phantom_p: 0.01 } });
    // e^(−6) = 0.0025.
    const brand = daysOn(bench().given(careful, ...silent), 20, 22);
    expect(risks(brand, 'phantom_stock')).toHaveLength(1);
  });
});

describe('a run of zeros', () => {
  const even = { weight: () => 1, pickedDay: -1 };
  const days = (units: readonly number[]) => ({ days: units.map((_, day) => day), units });
  const constant = (units: number, before: number, silence: number) =>
    days([...Array<number>(before).fill(units), ...Array<number>(silence).fill(0)]);

  it('is e^(−λd) improbable where sales are Poisson', () => {
    expect(zeroRun(constant(2, 14, 3), even)?.p).toBeCloseTo(Math.exp(-6), 12);
  });

  it('is (r ÷ (r + λd))^r improbable where they are overdispersed', () => {
    // Ten 1s and four 8s: mean 3, variance (10 × 4 + 4 × 25) ÷ 13 = 140/13; r = 9 ÷ (140/13 − 3) = 117/101.
    const units = [...Array<number>(10).fill(1), ...Array<number>(4).fill(8), 0, 0];
    const r = 117 / 101;
    const run = zeroRun(days(units), even);
    expect(run?.p).toBeCloseTo((r / (r + 6)) ** r, 12);
    // The day at which it is 0.001: there the formula gives just that.
    const limit = run === null ? 0 : daysOf(0.001, run);
    expect((r / (r + 3 * limit)) ** r).toBeCloseTo(0.001, 12);
  });

  it('says nothing after less than two weeks of sales', () => {
    expect(zeroRun(constant(2, 13, 30), even)).toBeNull();
  });

  it('begins anew with a pick, and counts each day by its weekday', () => {
    expect(zeroRun(constant(2, 14, 5), { ...even, pickedDay: 16 })?.days).toBe(2);
    expect(
      zeroRun(constant(2, 14, 5), { ...even, weight: (day) => (day === 15 ? 0 : 1) })?.days,
    ).toBe(4);
  });
});

test('a restart changes nothing, wherever it comes', async () => {
  const story: Given[] = [
    item(),
    stocked(20, { at: 0 }),
    told(20, 0),
    ...[15, 30, 45, 60].map((minute) => told(1, minute, { sku_id: 'B' })),
    ordered(18, { at: 61 }),
    allocated(10, { at: 62 }),
    ordered(9, { at: 70, order: 'o2' }),
    adjusted(-25, { at: 75 }),
    ...Array.from({ length: 60 }, (_, each) =>
      event('clock.ticked', { tick: at(76 + each), clock: 'feed' }, { at: 76 + each }),
    ),
    stocked(60, { at: 140 }),
    told(33, 141),
    ...Array.from({ length: 20 }, (_, each) =>
      event('clock.ticked', { tick: at(142 + each), clock: 'feed' }, { at: 142 + each }),
    ),
  ];
  const uninterrupted = bench().given(...story);
  const codes = new Set(uninterrupted.findings.map(({ code }) => code));
  for (const code of ['NEG_INVENTORY', 'OVERSELL', 'CHANNEL_CONFLICT', 'STOCKOUT'] as const) {
    expect(codes).toContain(code);
    expect(ended(uninterrupted, code).length).toBeGreaterThan(0);
  }
  for (let cut = 1; cut < story.length; cut += 3) {
    const brand = await bench()
      .given(...story.slice(0, cut))
      .restarted();
    brand.given(...story.slice(cut));
    expect(brand.findings).toEqual(uninterrupted.findings);
    expect(brand.ended).toEqual(uninterrupted.ended);
  }
});

test('a restart changes nothing of what is found once a day', async () => {
  const story: Given[] = [
    item(),
    stocked(240, { at: 0 }),
    ...sales(10, 15),
    stocked(600, { at: 15 * DAY }),
  ];
  for (let hour = 15 * 24 + 1; hour < 21 * 24; hour += 2) {
    story.push(event('clock.ticked', { tick: at(hour * 60), clock: 'feed' }, { at: hour * 60 }));
  }
  story.push(ordered(1, { at: 21 * DAY, order: 'again' }), stocked(1, { at: 21 * DAY + 2 }));
  const uninterrupted = bench().given(...story);
  expect(risks(uninterrupted).length).toBeGreaterThan(0);
  expect(risks(uninterrupted, 'phantom_stock')).toHaveLength(1);
  // All of it has ended.
  const found = raised(uninterrupted, 'REPLEN_RISK').map(({ findingId }) => findingId);
  expect(
    ended(uninterrupted, 'REPLEN_RISK')
      .map(({ findingId }) => findingId)
      .sort(),
  ).toEqual(found.sort());
  for (let cut = 1; cut < story.length; cut += 7) {
    const brand = await bench()
      .given(...story.slice(0, cut))
      .restarted();
    brand.given(...story.slice(cut));
    expect(brand.findings).toEqual(uninterrupted.findings);
    expect(brand.ended).toEqual(uninterrupted.ended);
  }
});
