/** The SQL view: results, charts, addresses, the queries behind tiles, and the order of a table's rows. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkSql } from '../../../api/sql/guard.ts';
import { nextSorting, sorted, widths } from '../../../dashboard/src/lib/data-table.ts';
import { parseRoute } from '../../../dashboard/src/lib/route.ts';
import {
  defaultChart,
  kpiQuery,
  MAX_ROWS,
  nameOf,
  parametersOf,
  queryOf,
  resultOf,
  secondsOf,
  sqlHref,
} from '../../../dashboard/src/lib/sql.ts';
import { readKpis } from '../../../platform/clickhouse/kpis.ts';

const column = (name: string, type: string) => ({ name, type });

describe('a result', () => {
  test('keeps every digit, and NULL apart from text', () => {
    const result = resultOf({
      meta: [column('a', 'UInt64'), column('b', 'Nullable(String)')],
      data: [
        ['18446744073709551615', 'ᴺᵁᴸᴸ'],
        ['1', 'NULL'],
      ],
      statistics: { rows_read: 2, bytes_read: 32 },
    });
    expect(result).toMatchObject({
      rows: [
        ['18446744073709551615', null],
        ['1', 'NULL'],
      ],
      ...{ isCut: false, rowsRead: 2 },
    });
  });

  test('says when there are more rows than are shown', () => {
    const rows = Array.from({ length: MAX_ROWS + 1 }, (_, i) => [String(i)]);
    const result = resultOf({ meta: [column('n', 'UInt64')], data: rows });
    expect([result.rows.length, result.isCut]).toEqual([MAX_ROWS, true]);
  });
});

describe('the chart that is drawn at first', () => {
  test.each([
    [['String', 'UInt64'], { x: 0, ys: [1], kind: 'bars' }],
    [['UInt64', 'LowCardinality(String)'], { x: 1, ys: [0], kind: 'bars' }],
    [
      ["DateTime64(3, 'UTC')", 'Float64', 'Nullable(Decimal(18, 4))', 'String'],
      { x: 0, ys: [1, 2], kind: 'line' },
    ],
    [['String', 'Date', 'Int8'], { x: 1, ys: [2], kind: 'line' }],
    [['String', 'String'], null],
    [['UInt64'], null],
  ])('of %j', (types, choice) => {
    expect(defaultChart({ columns: types.map((type, i) => column(`c${i}`, type)) })).toEqual(
      choice,
    );
  });

  test('reads instants in UTC', () => {
    expect(secondsOf('2025-03-01 10:00:00.500')).toBe(Date.UTC(2025, 2, 1, 10, 0, 0, 500) / 1000);
    expect(secondsOf('2025-03-01')).toBe(Date.UTC(2025, 2, 1) / 1000);
    expect([secondsOf(null), secondsOf('soon')]).toEqual([null, null]);
  });
});

describe('the address', () => {
  test('brings a query and its parameters back', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 300, unit: 'grapheme' }),
        fc.dictionary(
          fc.stringMatching(/^[a-z]{1,8}$/),
          fc.string({ minLength: 1, maxLength: 20 }),
        ),
        (query, params) => {
          const { view, query: address } = parseRoute(sqlHref(query, params));
          expect(view).toBe('sql');
          expect(queryOf(address)).toEqual({ query, params: { ...params } });
        },
      ),
    );
  });

  test('leaves out what is too long for one', () => {
    expect(sqlHref(`SELECT '${'x'.repeat(10_000)}'`)).toBe('#/sql');
  });
});

test('parameters are found once each, in their order', () => {
  expect(parametersOf("SELECT {a:UInt8}, {b : DateTime64(3, 'UTC')}, {a:UInt8}")).toEqual([
    { name: 'a', type: 'UInt8' },
    { name: 'b', type: "DateTime64(3, 'UTC')" },
  ]);
});

test.each([
  ['Units by node', 'units-by-node'],
  ['  Größe, nach Ort! ', 'gro-e-nach-ort'],
  ['…', 'query'],
])('%j is saved as %s', (title, name) => {
  expect(nameOf(title)).toBe(name);
});

test('the query behind every KPI is one that may be sent', () => {
  const window = {
    name: '1d',
    from: '2025-03-01T00:00:00.000Z',
    to: '2025-03-02T00:00:00.000Z',
    step_s: 1,
  };
  const kpis = readKpis('sql/kpi');
  expect(kpis.length).toBeGreaterThan(40);
  for (const kpi of kpis) {
    const query = kpiQuery({ ...kpi, window: { ...window, name: '1d' } });
    expect(checkSql(query), kpi.id).toMatchObject({ ok: true });
    expect(query).toContain(kpi.name);
  }
});

describe('a table', () => {
  const columns = [{ name: 'n', isNumber: true }, { name: 's' }];
  const rows = [
    ['10', 'b'],
    ['9', null],
    [null, 'a'],
  ];

  test('orders numbers as numbers, and what is empty last either way', () => {
    const up = sorted(rows, columns, { column: 0, descending: false });
    expect(up.map(([n]) => n)).toEqual(['9', '10', null]);
    const down = sorted(rows, columns, { column: 0, descending: true });
    expect(down.map(([n]) => n)).toEqual(['10', '9', null]);
    expect(sorted(rows, columns, { column: 1, descending: true }).map(([, s]) => s)).toEqual([
      'b',
      'a',
      null,
    ]);
    expect(sorted(rows, columns, null)).toBe(rows);
  });

  test('goes up, down and back to how the rows came', () => {
    const up = nextSorting(null, 1);
    const down = nextSorting(up, 1);
    expect([up?.descending, down?.descending, nextSorting(down, 1)]).toEqual([false, true, null]);
    expect(nextSorting(down, 0)).toEqual({ column: 0, descending: false });
  });

  test('has columns as wide as what is in them, within bounds', () => {
    const [narrow = 0, wide = 0] = widths(columns, [['1', 'x'.repeat(500)]]);
    expect(narrow).toBeLessThan(wide);
    expect(wide).toBeLessThanOrEqual(380);
  });
});
