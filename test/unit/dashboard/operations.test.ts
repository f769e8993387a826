import { describe, expect, test } from 'vitest';
import type { FloorLocation } from '../../../contracts/floor-views.ts';
import type { SupplierScore } from '../../../contracts/supplier-views.ts';
import { orderMatrices, orderTotals, returnMatrix } from '../../../dashboard/src/lib/aging.ts';
import {
  aislesOf,
  binText,
  placeOf,
  repeatedOf,
  troubleOf,
} from '../../../dashboard/src/lib/floor.ts';
import { createMoneyFormat, sumsText } from '../../../dashboard/src/lib/money.ts';
import {
  axisText,
  isEmpty,
  overWindow,
  scaleOf,
  summaryOf,
  titleAt,
} from '../../../dashboard/src/lib/series.ts';
import { judge, varianceChart } from '../../../dashboard/src/lib/suppliers.ts';
import { windowOf } from '../../../dashboard/src/lib/windows.ts';

const money = createMoneyFormat('en-US');

describe('the matrix of orders', () => {
  const eur = (amount: string) => [{ amount, currency: 'EUR' }];
  const cell = { stage: 'packed', sla_class: 'standard', bucket: '4-12 h', late: 0, nearly: 0 };
  const cells = [
    { ...cell, orders: 3, late: 2, nearly: 1, value: eur('1200.50') },
    { ...cell, stage: 'created', bucket: '>48 h', orders: 1, value: eur('0') },
    { ...cell, sla_class: 'same_day', bucket: '0-1 h', orders: 2, nearly: 1, value: eur('9.5') },
  ];

  test('is one for each class, stages and buckets in their order', () => {
    const matrices = orderMatrices(cells, {});
    expect(matrices.map(({ name }) => name)).toEqual(['same_day', 'standard']);
    expect(matrices[1]?.columns).toEqual(['0-4 h', '4-12 h', '12-24 h', '24-48 h', '>48 h']);
    expect(matrices[1]?.rows.map(({ name, total }) => [name, total])).toEqual([
      ['created', 1],
      ['packed', 3],
    ]);
    expect(matrices[1]?.rows[1]?.cells.map((one) => one?.count ?? null)).toEqual([
      null,
      3,
      null,
      null,
      null,
    ]);
  });

  test('a cell says in words what its colour says, and leads to its orders', () => {
    const late = orderMatrices(cells, { node_id: 'dc-01', status: 'all' })[1]?.rows[1]?.cells[1];
    expect(late).toMatchObject({ alarm: '2 late, 1 close', tone: 'bad', isChosen: false });
    expect(late?.href).toBe('#/orders?node_id=dc-01&stage=packed&sla_class=standard&bucket=4-12+h');
    const chosen = { stage: 'packed', sla_class: 'standard', bucket: '4-12 h' };
    const again = orderMatrices(cells, chosen)[1]?.rows[1]?.cells[1];
    expect(again).toMatchObject({ isChosen: true, href: '#/orders' });
    const close = orderMatrices(cells, {})[0]?.rows[0]?.cells[0];
    expect(close).toMatchObject({ alarm: '1 close', tone: 'warn' });
    expect(orderMatrices(cells, {})[1]?.rows[0]?.cells[4]).toMatchObject({
      note: '',
      tone: 'plain',
    });
  });

  test('adds up', () => {
    expect(orderTotals(cells)).toEqual({
      ...{ orders: 6, late: 2, nearly: 2 },
      value: [{ currency: 'EUR', amount: '1210' }],
    });
  });
});

test('the matrix of returns has each stage, and says what is late', () => {
  const cell = { stage: 'received', returns: 2, units: 3, amount: '10' };
  const { rows } = returnMatrix(
    [
      { ...cell, bucket: '1-2 d' },
      { ...cell, bucket: '3-7 d' },
      { ...cell, stage: 'authorised', bucket: '>7 d', units: 1, amount: '0' },
    ],
    { stage: 'received', bucket: '3-7 d', window: '7d' },
  );
  expect(rows.map(({ name, total }) => [name, total])).toEqual([
    ['authorised', 2],
    ['received', 4],
    ['refund', 0],
  ]);
  const received = rows[1]?.cells ?? [];
  expect(received.map((one) => one?.alarm)).toEqual([undefined, '', undefined, 'late', undefined]);
  expect(received[3]).toMatchObject({ isChosen: true, href: '#/returns?window=7d' });
  expect(rows[0]?.cells[4]).toMatchObject({ note: '1 unit', alarm: '' });
});

test.each([
  ['A03-07-2', { zone: 'A', aisle: 'A03', bay: '07', level: '2' }],
  ['R-A03-07-2', { zone: 'R', aisle: 'R-A03', bay: '07', level: '2' }],
  ['12.4.1.B', { zone: '', aisle: '12', bay: '4', level: '1-B' }],
  ['DOCK1', { zone: 'DOCK', aisle: 'DOCK1', bay: '', level: '' }],
  ['QUARANTINE', { zone: 'QUARANTINE', aisle: 'QUARANTINE', bay: '', level: '' }],
  ['---', { zone: '---', aisle: '---', bay: '', level: '' }],
])('the bin %s is in its place', (bin, place) => {
  expect(placeOf(bin)).toEqual(place);
});

describe('bins', () => {
  const bin = (location_id: string, more: Partial<FloorLocation> = {}): FloorLocation => ({
    ...{ location_id, picks: 1, short_picks: 0, short_units: 0, counts: 0, counts_off: 0 },
    ...{ net_variance: 0, abs_variance: 0, location_errors: 0, failed_scans: 0 },
    ...{ last_count_at: null, ...more },
  });
  const bins = [
    bin('A10-01-1', { short_picks: 1 }),
    bin('A2-02-1', { counts_off: 2, failed_scans: 1 }),
    bin('A2-01-2'),
    bin('A2-01-1'),
  ];

  test('stand in aisles, bays across and levels up', () => {
    const aisles = aislesOf(bins, 'all');
    expect(aisles.map(({ name, trouble }) => [name, trouble])).toEqual([
      ['A2', 3],
      ['A10', 1],
    ]);
    expect(aisles[0]?.bays).toEqual(['01', '02']);
    expect(
      aisles[0]?.levels.map(({ bins: own, name }) => [name, own.map((one) => one?.location_id)]),
    ).toEqual([
      ['2', ['A2-01-2', undefined]],
      ['1', ['A2-01-1', 'A2-02-1']],
    ]);
  });

  test('two in one place show as the one with more trouble', () => {
    const same = [bin('A1-1'), bin('A1.1', { short_picks: 4 }), bin('A1_1')];
    expect(aislesOf(same, 'all')[0]?.levels[0]?.bins[0]?.location_id).toBe('A1.1');
  });

  test('tell their trouble, one kind or all', () => {
    const [, worst] = bins;
    if (worst === undefined) throw new Error('there are four');
    expect([troubleOf(worst, 'all'), troubleOf(worst, 'counts_off')]).toEqual([3, 2]);
    expect(binText(worst)).toBe('A2-02-1: 2 counts off, 1 failed scans; 1 picks, 0 counts');
    expect(repeatedOf(bins).map(({ location_id }) => location_id)).toEqual(['A2-02-1']);
  });
});

describe('a chart', () => {
  const window = {
    ...{ name: '1d' as const, from: '2026-03-02T00:00:00Z', to: '2026-03-02T02:00:00Z' },
    ...{ step_s: 3600, steps: ['2026-03-02T00:00:00Z', '2026-03-02T01:00:00Z'] },
  };
  const line = (values: (number | null)[]) => ({
    ...{ label: 'On time', values, kind: 'line' as const, token: '--accent' },
  });
  const chart = overWindow({ window }, { unit: '%', series: [line([0.9, null])] });

  test('covers its window and has zero in sight', () => {
    expect(chart.span).toEqual([1772409600, 1772416800]);
    expect(chart.times).toEqual([1772409600, 1772413200]);
    expect(scaleOf(chart)).toEqual([0, 1.02]);
    const signed = overWindow({ window }, { unit: 'units', series: [line([-50, 50])] });
    expect(scaleOf(signed)).toEqual([-58, 58]);
    const limited = { ...signed, limits: [{ label: 'Limit', value: 150 }] };
    expect(scaleOf(limited)[1]).toBe(166);
  });

  test('can be read instead', () => {
    expect(summaryOf(chart)).toBe('On time: from 90% to 90%, lowest 90%, highest 90%');
    expect(titleAt(chart, 1)).toMatch(/\nOn time –$/);
    expect(titleAt(chart, 2)).toBeNull();
    expect(isEmpty(chart)).toBe(false);
    const none = overWindow({ window }, { unit: '%', series: [line([null, null])] });
    expect([isEmpty(none), summaryOf(none)]).toEqual([true, 'On time: nothing to measure']);
  });

  test.each([
    [80, 'h', '80 h'],
    [0.5, '%', '50%'],
    [150, 'units/h', '150'],
  ])('the mark %d %s reads %s', (value, unit, text) => {
    expect(axisText(value, unit)).toBe(text);
  });
});

describe('a supplier', () => {
  const card = {
    ...{ on_time: 0.95, in_full: 0.94, variance: 0.01, defects: null },
    lead_time: { count: 2, mean_d: 3, p90_d: 4, cv: 0.6 },
  } as SupplierScore;

  test('misses what is below its target, nothing it was not measured by', () => {
    expect(judge(card)).toEqual({
      ...{ on_time: false, in_full: true, variance: false, defects: false, lead_time: true },
    });
    expect(judge({ ...card, lead_time: null, variance: 0.011 })).toMatchObject({
      ...{ lead_time: false, variance: true },
    });
  });

  test('is charted by receipt, oldest first, between the levels that matter', () => {
    const receipt = {
      ...{ receipt_id: 'r', po_id: '', asn_id: '', sku_id: 'A', node_id: 'dc', rejected: 0 },
      ...{ expected_from: 'asn', expected: 100, received: 95, variance: -5 },
      received_at: '2026-03-03T00:00:00Z',
    };
    const blind = { ...receipt, expected: null, variance: null };
    const older = { ...receipt, variance: 10, received_at: '2026-03-02T00:00:00Z' };
    const drift = { case_id: 'c', detail: '', level: 0.02, statistic: null };
    const chart = varianceChart([receipt, blind, older], drift);
    expect(chart.series[0]?.values).toEqual([0.1, -0.05]);
    expect(chart.limits.map(({ value }) => value)).toEqual([0.02, -0.02]);
    expect(varianceChart([receipt], null).limits).toEqual([]);
  });
});

test('money has its currency, and no cents when it is much', () => {
  expect(money({ amount: '9.5', currency: 'EUR' })).toBe('€9.50');
  expect(money({ amount: '-1234.56', currency: 'USD' })).toBe('\u2212$1,235');
  expect(money({ amount: '12', currency: '' })).toBe('12.00');
  const sums = [
    { amount: '1', currency: 'USD' },
    { amount: '0', currency: 'CHF' },
    { amount: '2', currency: 'EUR' },
  ];
  expect(sumsText(sums, money)).toBe('€2.00 + $1.00');
  expect(sumsText([], money)).toBe('–');
});

test('an address that names no window has the usual one', () => {
  expect([windowOf('7d', '1d'), windowOf('1y', '1d'), windowOf(undefined, '28d')]).toEqual([
    ...['7d', '1d', '28d'],
  ]);
});
