/** KPIs on the page: numbers with units, changes, courses, and the tables of the board. */
import { describe, expect, test } from 'vitest';
import { groupsOf, mergeLive } from '../../../dashboard/src/lib/board.ts';
import {
  coursePath,
  createKpiFormats,
  targetText,
  trendOf,
} from '../../../dashboard/src/lib/kpi.ts';
import { agingOf, healthOf, leaksOf } from '../../../dashboard/src/lib/questions.ts';
import type { KpiCatalogueView, KpiLive, KpiSummary } from '../../../contracts/kpi.ts';

const formats = createKpiFormats('en-GB');

test.each([
  [null, '%', '–'],
  [0.974, '%', '97.4%'],
  [0.9956, '%', '99.56%'],
  [0.0125, '%', '1.25%'],
  [-0.02, '%', '−2%'],
  [0.002, 'h', '7.2 s'],
  [0.25, 'h', '15 min'],
  [3.21, 'h', '3.21 h'],
  [96, 'h', '4 d'],
  [5, 'd', '5 d'],
  [1234.5, 'units', '1,235 units'],
  [1_250_000, 'money', '1.3m'],
])('%s %s reads %s', (value, unit, text) => {
  expect(formats.value(value, unit)).toBe(text);
});

test('a change of a ratio is in points', () => {
  expect(formats.change(0.013, '%')).toBe('+1.3 pts');
  expect(formats.change(-0.25, 'h')).toBe('−15 min');
});

test('a target says on which side it is met', () => {
  const of = (direction: KpiSummary['direction'], target: number | null) =>
    targetText({ direction, target, unit: '%' }, formats);
  expect([of('up', 0.97), of('down', 0.025), of('band', 0.01), of('up', null)]).toEqual([
    ...['≥ 97%', '≤ 2.5%', '± 1%', null],
  ]);
});

test.each([
  ['up', 0.9, 0.8, 'better'],
  ['down', 0.9, 0.8, 'worse'],
  ['band', -0.1, 0.2, 'better'],
  ['band', -0.2, 0.2, 'neutral'],
  ['up', 1, 1, 'same'],
] as const)('%s: %s after %s is %s', (direction, value, previous, trend) => {
  expect(trendOf({ direction, value, previous })?.trend).toBe(trend);
});

test('there is no trend without a value on both sides', () => {
  expect(trendOf({ direction: 'up', value: null, previous: 1 })).toBeNull();
  expect(trendOf({ direction: 'up', value: 1, previous: null })).toBeNull();
});

test('a course is broken where there is nothing to measure', () => {
  const box = { width: 40, height: 10 };
  expect(coursePath([0, 10, null, 5, 0], box)).toBe('M0 10L10 0M30 5L40 10');
  expect(coursePath([null, null], box)).toBe('');
  expect(coursePath([3, null, 3, 3, null], box)).toBe('M0 5h4M20 5L30 5');
});

describe('the board', () => {
  const kpi = (id: string, group: KpiSummary['group']) =>
    ({ id, group, value: 1, provisional: null, last_event_at: null }) as KpiSummary;
  const first = {
    now: 'then',
    window: { name: '1d' },
    kpis: [kpi('K01b', 'Service'), kpi('K12', 'Inventory'), kpi('K02', 'Service')],
  } as KpiCatalogueView;
  const live = {
    ...{ now: 'now', clock: 'processors', window: { name: '1d' } },
    freshness: { K01b: 'fresh' },
    provisional: { K01b: ['urn:3pl'] },
    K01b: { value: 2 },
  } as unknown as KpiLive;

  test('takes newer values from the live topic', () => {
    const [one, other] = mergeLive(first, live).kpis;
    expect(one).toMatchObject({ value: 2, last_event_at: 'fresh' });
    expect(one?.provisional?.detail).toContain('urn:3pl');
    expect(other).toMatchObject({ value: 1, provisional: null });
  });

  test('does not mix windows', () => {
    const other = { ...live, window: { name: '7d' } } as KpiLive;
    expect(mergeLive(first, other)).toBe(first);
    expect(mergeLive(first, null)).toBe(first);
  });

  test('has its KPIs by group', () => {
    const groups = groupsOf(first.kpis).map(({ kpis, name }) => [name, kpis.map(({ id }) => id)]);
    expect(groups).toEqual([
      ['Service', ['K01b', 'K02']],
      ['Inventory', ['K12']],
    ]);
  });
});

test('aging is a matrix for each service class, stages and buckets in their order', () => {
  const row = (sla_class: string, stage: string, bucket: string, orders: number) => ({
    ...{ sla_class, stage, bucket, orders, over_promise_orders: bucket === '>48 h' ? orders : 0 },
  });
  expect(
    agingOf([
      row('wholesale', 'created', '0-1 d', 1),
      row('standard', 'packed', '4-12 h', 2),
      row('standard', 'created', '>48 h', 3),
      row('standard', 'created', '24-48 h', 4),
    ]),
  ).toEqual([
    {
      slaClass: 'standard',
      buckets: ['4-12 h', '24-48 h', '>48 h'],
      rows: [
        { stage: 'created', orders: [0, 4, 3], overPromise: 3 },
        { stage: 'packed', orders: [2, 0, 0], overPromise: 0 },
      ],
    },
    {
      slaClass: 'wholesale',
      buckets: ['0-1 d'],
      rows: [{ stage: 'created', orders: [1], overPromise: 0 }],
    },
  ]);
});

test('leaks are a Pareto: the largest first, with the share of all so far', () => {
  const row = (component: string, cause: string, leakage_money: number) => ({
    ...{ component, cause, leakage_money, what: `of ${component}` },
  });
  const leaks = leaksOf([
    row('L2', 'a', 20),
    row('L7', 'b', 50),
    row('L7', 'c', 10),
    row('L1', '', -5),
  ]);
  expect(leaks).toMatchObject([
    { component: 'L7', money: 60, cumulative: 0.75, causes: [{ cause: 'b' }, { cause: 'c' }] },
    { component: 'L2', what: 'of L2', money: 20, cumulative: 1 },
  ]);
});

test('a node is as healthy as its states: what is for sale, out of stock, below zero', () => {
  const row = (node_id: string, state: string, state_units: number, more = {}) => ({
    ...{ node_id, state, state_units, skus: 1, below_zero: 0, out_of_stock: 0, ...more },
  });
  const [dc, small] = healthOf([
    row('3pl', 'available', 5),
    row('dc', 'damaged', 10),
    row('dc', 'available', 90, { out_of_stock: 2 }),
    row('dc', 'picked', -1, { below_zero: 1 }),
  ]);
  expect(dc).toMatchObject({ node: 'dc', units: 99, outOfStock: 2, belowZero: 1 });
  expect(dc?.sellableShare).toBeCloseTo(90 / 99, 12);
  expect(dc?.parts.map(({ state }) => state)).toEqual(['available', 'picked', 'damaged']);
  expect(small).toMatchObject({ node: '3pl', units: 5, sellableShare: 1 });
  expect(healthOf([row('dc', 'available', -3)])).toMatchObject([{ units: -3, sellableShare: 0 }]);
});
