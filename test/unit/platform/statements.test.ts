import { expect, test } from 'vitest';
import { splitStatements } from '../../../platform/clickhouse/migrate.ts';

test('statements end at semicolons', () => {
  expect(splitStatements('SELECT 1; SELECT 2;\n')).toEqual(['SELECT 1', 'SELECT 2']);
});

test('a comment stays with the statement behind it, and alone is none', () => {
  expect(splitStatements('-- first; of two\nSELECT 1;\n/* ; */\n-- end;\n')).toEqual([
    '-- first; of two\nSELECT 1',
  ]);
  expect(splitStatements('-- nothing\n;;\n')).toEqual([]);
});

test.each([
  `SELECT 'a;b'`,
  `SELECT 'it''s; \\'quoted;\\''`,
  'SELECT 1 AS `a;b`',
  'SELECT 1 AS "a;b"',
  'SELECT $$ a; b $$',
  'SELECT $tag$ a; $$ b $tag$',
  'SELECT 1 -- a; b\n+ 1',
  'SELECT 1 /* a; b */ + 1',
  `SELECT 'größer; als ≥ 1'`,
])('a semicolon inside is not an end: %s', (statement) => {
  expect(splitStatements(`${statement}; SELECT 2`)).toEqual([statement, 'SELECT 2']);
});
