/**
 * Where a statement ends, where an INSERT's data begin, and what is refused.
 */
import { describe, expect, test } from 'vitest';
import { ClickHouseError, fromEngine } from '../../../platform/local/clickhouse-errors.ts';
import { readStatement, type Statement } from '../../../platform/local/statements.ts';

const read = (text: string): Statement => readStatement(Buffer.from(text));

/** An INSERT's parts, its data as text. */
function insert(text: string) {
  const statement = read(text);
  if (statement.kind !== 'insert') throw new Error(`no insert data found in ${text}`);
  const { target, settings, format, dataOffset } = statement;
  return {
    target: target.trim(),
    settings: settings.trim(),
    format,
    data: Buffer.from(text).toString('utf8', dataOffset),
  };
}

describe('insert data', () => {
  test.each([
    ['INSERT INTO t FORMAT CSV', 'INSERT INTO t', 'CSV', ''],
    ['INSERT INTO t FORMAT CSV\n1,2', 'INSERT INTO t', 'CSV', '1,2'],
    ['INSERT INTO t FORMAT CSV\r\n1', 'INSERT INTO t', 'CSV', '1'],
    ['INSERT INTO t FORMAT CSV 1', 'INSERT INTO t', 'CSV', '1'],
    ['insert into t format JSONEachRow{"a":1}', 'insert into t', 'JSONEachRow', '{"a":1}'],
    // Only one line break belongs to the statement.
    ['INSERT INTO t FORMAT LineAsString\n\n\nx', 'INSERT INTO t', 'LineAsString', '\n\nx'],
    [
      'INSERT INTO t FORMAT CSV\n1;2\n\nDROP TABLE t;',
      'INSERT INTO t',
      'CSV',
      '1;2\n\nDROP TABLE t;',
    ],
    [
      'INSERT INTO d.t (a, `format`, "values") FORMAT CSV\n1',
      'INSERT INTO d.t (a, `format`, "values")',
      'CSV',
      '1',
    ],
    ['INSERT INTO t(a)VALUES(1)', 'INSERT INTO t(a)', 'Values', '(1)'],
    ["INSERT INTO t VALUES ('a;b'), ('c')", 'INSERT INTO t', 'Values', " ('a;b'), ('c')"],
    ['INSERT INTO format VALUES (1)', 'INSERT INTO format', 'Values', ' (1)'],
    [
      'INSERT INTO TABLE t (* EXCEPT(b)) VALUES (1)',
      'INSERT INTO TABLE t (* EXCEPT(b))',
      'Values',
      ' (1)',
    ],
    [
      "INSERT INTO FUNCTION null('a Int32') VALUES (1)",
      "INSERT INTO FUNCTION null('a Int32')",
      'Values',
      ' (1)',
    ],
    ['/* c; */ INSERT -- VALUES\nINTO tä FORMAT CSV\nö', 'INSERT -- VALUES\nINTO tä', 'CSV', 'ö'],
  ])('%j', (text, target, format, data) => {
    expect(insert(text)).toEqual({ target, settings: '', format, data });
  });

  test('settings of the statement are kept apart, since the file goes before them', () => {
    expect(insert("INSERT INTO t (a) SETTINGS x = 'FORMAT' , y=1 FORMAT CSV\n1")).toEqual({
      target: 'INSERT INTO t (a)',
      settings: "SETTINGS x = 'FORMAT' , y=1",
      format: 'CSV',
      data: '1',
    });
  });

  test('are found at their byte, not at their character', () => {
    const data = Buffer.from([0x0a, 0x0a, 0xff, 0x00]);
    const head = Buffer.from("INSERT INTO t SETTINGS log_comment = 'ü€😀' FORMAT RowBinary\n");
    const statement = readStatement(Buffer.concat([head, data]));
    expect(statement).toMatchObject({ kind: 'insert', dataOffset: head.length });
  });
});

describe('one statement', () => {
  test.each([
    ['SELECT 1', 'SELECT 1', undefined],
    [' SELECT 1 ; ;; -- end\n', 'SELECT 1', undefined],
    ['SELECT 1 FORMAT JSON', 'SELECT 1 FORMAT JSON', 'JSON'],
    ['SELECT 1 format JSON SETTINGS a = 1;', 'SELECT 1 format JSON SETTINGS a = 1', 'JSON'],
    ['SELECT format FROM t', 'SELECT format FROM t', undefined],
    [
      "SELECT ';', \";\", `;`, $$;$$, $x$;'$x$ /* ; */ -- ;",
      "SELECT ';', \";\", `;`, $$;$$, $x$;'$x$",
      undefined,
    ],
    ["SELECT 'it''s; \\'; ' // ;", "SELECT 'it''s; \\'; '", undefined],
    ['INSERT INTO t SELECT 1', 'INSERT INTO t SELECT 1', undefined],
    ['INSERT INTO t (a) (SELECT 1)', 'INSERT INTO t (a) (SELECT 1)', undefined],
    [
      "INSERT INTO t WITH 1 AS x SELECT x FROM values('a Int8', 1)",
      "INSERT INTO t WITH 1 AS x SELECT x FROM values('a Int8', 1)",
      undefined,
    ],
    [
      "EXPLAIN INSERT INTO t SELECT * FROM values('a Int8', 1)",
      "EXPLAIN INSERT INTO t SELECT * FROM values('a Int8', 1)",
      undefined,
    ],
    ['SELECT t.0$a$ FROM t', 'SELECT t.0$a$ FROM t', undefined],
    ['(SELECT 1) UNION ALL (SELECT 2)', '(SELECT 1) UNION ALL (SELECT 2)', undefined],
  ])('%j', (text, sql, format) => {
    expect(read(text)).toEqual({ kind: 'other', sql, format, isKill: false });
  });
});

describe('refused', () => {
  const multi = 'Multi-statements are not allowed';
  test.each([
    ['', 'Empty query'],
    [' ; ', 'Empty query'],
    ['/* only a comment */', 'Empty query'],
    ['SELECT 1; SELECT 2', multi],
    ["SELECT '\\\\'; SELECT 2", multi],
    ['SELECT 1 /* /* */; SELECT 2 */', multi],
    ['SELECT 1 #x\n; SELECT 2', multi],
    ['SELECT $a$ $b$; SELECT 2', multi],
    ['SELECT t.0x$a$; SELECT 2 $a$', multi],
    ['INSERT INTO t SELECT 1; DROP TABLE t', multi],
    ['INSERT INTO t VALUES (1); DROP TABLE t', multi],
    ["SELECT 'open", "' quote at byte 7 is not closed"],
    ['SELECT 1 /* open', 'comment at byte 9 is not closed'],
    ['SELECT ‘1’', 'typographic quotes'],
    ['\\d', 'cannot begin with'],
    ["SELECT 1 INTO OUTFILE 'x'", 'INTO OUTFILE'],
    ["SELECT 1 into -- c\n outfile 'x'", 'INTO OUTFILE'],
    ["INSERT INTO t FROM INFILE 'x' FORMAT CSV", 'FROM INFILE'],
    ["KILL QUERY WHERE query_id = 'x' SYNC", 'KILL … SYNC'],
    ["EXPLAIN INSERT INTO t FROM INFILE 'x' FORMAT CSV", 'FROM INFILE'],
    ['EXPLAIN INSERT INTO t FORMAT CSV 1\n\nDROP TABLE t', 'insert data only'],
    ['WITH 1 AS x INSERT INTO t VALUES (1)', 'insert data only'],
    ["INSERT INTO t SELECT * FROM input('a Int8') FORMAT CSV 1", 'insert data only'],
    ['INSERT\u00a0INTO t SELECT * FROM input (1) FORMAT CSV', 'insert data only'],
  ])('%j', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});

describe('errors', () => {
  test('of the host have code, status and name', () => {
    const error = new ClickHouseError('TOO_MANY_SIMULTANEOUS_QUERIES', 'Too many');
    expect(error).toMatchObject({ code: 202, status: 503 });
    expect(error.message).toBe(
      'Code: 202. DB::Exception: Too many. (TOO_MANY_SIMULTANEOUS_QUERIES)',
    );
  });

  test('of the engine are said once', () => {
    const text = 'Code: 27. DB::Exception: Code: 27. DB::Exception: Cannot parse input. (X)';
    const error = fromEngine(new Error(text));
    expect(error).toMatchObject({ code: 27, status: 400 });
    expect(error.message).toBe('Code: 27. DB::Exception: Cannot parse input. (X)');
  });

  test('without a code are unknown exceptions', () => {
    expect(fromEngine(new Error('boom'))).toMatchObject({ code: 1002, status: 500 });
  });
});
