/** Files of sql/kpi: what is read from them, and what stops the start when one is not well-formed. */
import { expect, test } from 'vitest';
import { measuresOf } from '../../../api/kpi/describe.ts';
import { KpiError, parseKpi } from '../../../platform/clickhouse/kpis.ts';

const HEADER = {
  id: 'K01b',
  name: 'Line fill rate',
  kind: 'ratio',
  unit: '%',
  direction: 'up',
  target: '0.97',
  cohort: 'due date',
  numerator: 'lines shipped complete',
  denominator: 'lines due',
  dimensions: 'node_id, sku_id',
  needs: 'order, shipment',
  lineage: 'order_lines',
};
const SELECT = "SELECT * FROM measures WHERE measure IN ('lines_filled', 'lines_due')";

const file = (changes: Record<string, string | null> = {}, sql = SELECT) =>
  [
    ...Object.entries({ ...HEADER, ...changes })
      .filter(([, value]) => value !== null)
      .map(([name, value]) => `-- ${name}: ${value}`),
    sql,
  ].join('\n');

function refusal(text: string, id = 'K01b'): string {
  try {
    parseKpi(text, id);
  } catch (error) {
    if (error instanceof KpiError) return error.message;
    throw error;
  }
  throw new Error('the file was taken');
}

test('a file is its header and one SELECT', () => {
  expect(parseKpi(file(), 'K01b')).toEqual({
    ...HEADER,
    target: 0.97,
    isUndivided: false,
    dimensions: ['node_id', 'sku_id'],
    needs: ['order', 'shipment'],
    lineage: ['order_lines'],
    ...{ dim: null, note: null, sql: SELECT },
  });
});

test('a long value goes on in the next line; none is an empty list', () => {
  const text = file({ needs: 'none' }).replace(
    '-- needs',
    '-- note: one\n--   two: three\n-- needs',
  );
  expect(parseKpi(text, 'K01b')).toMatchObject({ note: 'one two: three', needs: [] });
});

test('each fault names the file and what is wrong', () => {
  expect(refusal(file({ unit: null }))).toBe('sql/kpi/K01b.sql: the header lacks unit');
  expect(refusal(`-- id: K01b\n${file()}`)).toContain('has id twice');
  expect(refusal(file({ kind: 'rate' }))).toContain('kind is rate; allowed: ratio, amount');
  expect(refusal(file({ direction: 'left' }))).toContain('allowed: up, down, band');
  expect(refusal(file({ dimensions: 'node_id, colour' }))).toContain('dimension colour; allowed');
  expect(refusal(file({ target: '97 %' }))).toContain('target 97 % is no number');
  expect(refusal(file(), 'K02')).toContain('id K01b is not that of the file');
  expect(refusal(file({ id: 'fill' }), 'fill')).toContain('is not that of the file');
  expect(refusal(file({}, 'DROP TABLE events'))).toContain('after the header comes one SELECT');
  expect(refusal('-- nothing\nSELECT 1')).toContain('is no "-- field: value"');
});

test('the measures of a SELECT are those that it filters', () => {
  expect(measuresOf(SELECT)).toEqual(['lines_due', 'lines_filled']);
  expect(
    measuresOf("SELECT if(x, 'a', 'b') FROM durations WHERE measure = 'dock_to_stock'"),
  ).toEqual(['dock_to_stock']);
  expect(measuresOf('SELECT 1 FROM events')).toEqual([]);
});
