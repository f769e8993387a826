/** Which texts are one query that only reads: what is taken, and every way around that was thought of. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkSql, type SqlFault } from '../../../api/sql/guard.ts';

function faultOf(sql: string): SqlFault {
  const checked = checkSql(sql);
  if (checked.ok) throw new Error(`taken: ${checked.sql}`);
  return checked.fault;
}

/** The part of the text that a fault points at. */
function pointedAt(sql: string): string {
  const { length, offset } = faultOf(sql).position;
  return sql.slice(offset, offset + length);
}

describe('takes', () => {
  test.each([
    ['SELECT 1'],
    ['  select count() from stock_movements;  '],
    ['SELECT 1 ;;; -- done'],
    ['/* a comment with ; and url() */ SELECT 1'],
    ['WITH x AS (SELECT 1 AS a) SELECT * FROM x'],
    ['(SELECT 1) UNION ALL (SELECT 2)'],
    ['SHOW TABLES'],
    ['SHOW FULL COLUMNS FROM orders'],
    ['SHOW CREATE TABLE orders'],
    ['SHOW CREATE orders'],
    ['DESCRIBE TABLE orders'],
    ['DESC orders'],
    ['EXISTS TABLE orders'],
    ['EXPLAIN SELECT 1'],
    ['EXPLAIN PLAN header = 1, actions = 1 SELECT 1'],
    ['EXPLAIN QUERY TREE run_passes = 1 WITH 1 AS x SELECT x'],
    // Words in places where they mean nothing.
    ["SELECT 'FROM url(''http://x'')', \"settings\", `format` FROM t"],
    ["SELECT 'it\\'s; DROP TABLE t' AS a"],
    ['SELECT $$ ; DROP TABLE t; url( $$ AS a'],
    ['SELECT $sql$ INSERT INTO t $sql$'],
    ["SELECT url, s3, remote FROM visits WHERE url LIKE '%x'"],
    ['SELECT v.url, v.file FROM visits AS v'],
    ['WITH file AS (SELECT 1 AS a) SELECT a FROM file'],
    ['SELECT file.a FROM (SELECT 1 AS a) AS file'],
    ["SELECT format('{}-{}', a, b), URLHash(url), cutURLParameter(url, 'a') FROM t"],
    ['SELECT settings.a FROM t AS x'.replace('settings.a', 't.settings')],
    ['SELECT insert FROM t'],
    ["SELECT extract(year FROM toDate('2025-01-01')), trim(BOTH 'x' FROM lower(a)) FROM t"],
    ['SELECT a IS NOT DISTINCT FROM coalesce(b, 0) FROM t'],
    ['SELECT a, x FROM t ARRAY JOIN range(a) AS x, arrayReverse(b) AS y'],
    // Table functions that make rows from their arguments.
    [
      'SELECT * FROM numbers(10) AS n JOIN generateSeries(1, 3) AS g ON n.number = g.generate_series',
    ],
    ['SELECT * FROM (SELECT 1), numbers(3), view(SELECT 2)'],
    ["SELECT * FROM VALUES('a UInt8', 1, 2)"],
    ['SELECT a FROM t ORDER BY a DESC, b LIMIT 1 BY a'],
    // Parameters are values.
    ['SELECT * FROM orders WHERE order_id = {id:String} AND n IN {ns:Array(UInt8)}'],
    ['SELECT name FROM system.tables'],
    ['SELECT name FROM "system"."columns"'],
    ['SELECT table_name FROM information_schema.tables'],
    ['SELECT arrayMap(x -> x + 1, [1, 2]), sumIf(a, b = 1), quantilesExact(0.5)(a) FROM t'],
  ])('%s', (sql) => {
    expect(checkSql(sql)).toMatchObject({ ok: true });
  });

  test('and gives the statement without what is around it', () => {
    expect(checkSql('-- why\n SELECT 1 /* a */ , 2 ; -- end')).toEqual({
      ok: true,
      sql: 'SELECT 1 /* a */ , 2',
    });
  });
});

describe('refuses', () => {
  test.each([
    // Statements.
    ['', 'empty', ''],
    ['  -- only a comment', 'empty', ''],
    [';', 'empty', ''],
    ['SELECT 1; DROP TABLE t', 'several-statements', 'DROP'],
    ['SELECT 1;;SELECT 2', 'several-statements', 'SELECT'],
    ['SELECT 1;/*;*/\n--;\nSELECT 2', 'several-statements', 'SELECT'],
    ['INSERT INTO t VALUES (1)', 'not-a-query', 'INSERT'],
    ['insert into t select 1', 'not-a-query', 'insert'],
    ['DROP TABLE t', 'not-a-query', 'DROP'],
    ['SET readonly = 0', 'not-a-query', 'SET'],
    ['USE system', 'not-a-query', 'USE'],
    ["KILL QUERY WHERE query_id = 'x' ASYNC", 'not-a-query', 'KILL'],
    ['SYSTEM SHUTDOWN', 'not-a-query', 'SYSTEM'],
    ['OPTIMIZE TABLE t FINAL', 'not-a-query', 'OPTIMIZE'],
    ['CREATE TEMPORARY TABLE t (a UInt8)', 'not-a-query', 'CREATE'],
    ['EXECUTE AS admin SELECT 1', 'not-a-query', 'EXECUTE'],
    ['FROM numbers(3) SELECT *', 'not-a-query', 'FROM'],
    ['1', 'not-a-query', '1'],
    ["'SELECT 1'", 'not-a-query', "'SELECT 1'"],
    ['SHOW PROCESSLIST', 'not-a-query', 'PROCESSLIST'],
    ['SHOW GRANTS', 'not-a-query', 'GRANTS'],
    ['SHOW CREATE USER admin', 'not-a-query', 'CREATE'],
    ['EXPLAIN INSERT INTO t SELECT 1', 'not-a-query', 'INSERT'],
    ['EXPLAIN PLAN header = 1 INSERT INTO t SELECT 1', 'not-a-query', 'INSERT'],
    ['EXPLAIN TABLE OVERRIDE x', 'not-a-query', 'TABLE'],
    // Clauses.
    ['SELECT 1 SETTINGS max_execution_time = 0', 'clause', 'SETTINGS'],
    ['SELECT * FROM (SELECT 1 settings/**/readonly=0)', 'clause', 'settings'],
    ['SELECT 1 FORMAT JSON', 'clause', 'FORMAT'],
    ['SELECT 1 fOrMaT "JSON"', 'clause', 'fOrMaT'],
    ["SELECT 1 INTO OUTFILE '/tmp/x'", 'clause', 'OUTFILE'],
    ["SELECT 1 INTO/**/OUTFILE '/tmp/x'", 'clause', 'OUTFILE'],
    ['WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x', 'clause', 'INTO'],
    ['SELECT 1 PARALLEL WITH SELECT 2', 'clause', 'WITH'],
    // Table functions, dressed up.
    ["SELECT * FROM url('http://x')", 'table-function', 'url'],
    ["SELECT * FROM URL('http://x')", 'table-function', 'URL'],
    ["SELECT * FROM url/* ( */('http://x')", 'table-function', 'url'],
    ["SELECT * FROM url -- (\n ('http://x')", 'table-function', 'url'],
    ["SELECT * FROM url # (\n ('http://x')", 'table-function', 'url'],
    ['SELECT * FROM "url"(\'http://x\')', 'table-function', '"url"'],
    ["SELECT * FROM `url` ('http://x')", 'table-function', '`url`'],
    ['SELECT * FROM "u\\x72l"(\'http://x\')', 'name', '"u\\x72l"'],
    ["SELECT * FROM\u00a0url('http://x')", 'table-function', 'url'],
    ["SELECT * FROM view(SELECT * FROM url('http://x'))", 'table-function', 'url'],
    ["SELECT 1 IN url('http://x')", 'table-function', 'url'],
    ["SELECT (SELECT * FROM s3('s3://b/k'))", 'table-function', 's3'],
    ["SELECT * FROM numbers(1), remote('h', system.one)", 'table-function', 'remote'],
    [
      "SELECT * FROM a JOIN b ON a.x = b.x, mysql('h', 'd', 't', 'u', 'p')",
      'table-function',
      'mysql',
    ],
    [
      "SELECT * FROM a ARRAY JOIN x AS y JOIN executable('x', 'y', 'z')",
      'table-function',
      'executable',
    ],
    ["DESCRIBE file('/etc/passwd', 'LineAsString')", 'table-function', 'file'],
    ["DESCRIBE TABLE s3('x')", 'table-function', 's3'],
    ["EXPLAIN SELECT * FROM url('http://x')", 'table-function', 'url'],
    ["SELECT * FROM eval('DROP TABLE t')", 'table-function', 'eval'],
    ["SELECT * FROM merge('system', '^processes$')", 'table-function', 'merge'],
    ["SELECT * FROM cluster('default', system.one)", 'table-function', 'cluster'],
    ["SELECT * FROM format(JSONEachRow, '{}')", 'table-function', 'format'],
    ["SELECT * FROM somethingNew('http://x')", 'table-function', 'somethingNew'],
    ["WITH url AS (SELECT 1) SELECT * FROM url('http://x')", 'table-function', 'url'],
    // Functions that reach beyond the data, called or passed by name.
    ["SELECT file('/etc/passwd')", 'function', 'file'],
    ['SELECT "file" (\'/etc/passwd\')', 'function', '"file"'],
    ["SELECT `f\\x69le`('/etc/passwd')", 'name', '`f\\x69le`'],
    ["SELECT arrayMap(file, ['/etc/passwd'])", 'function', 'file'],
    ["SELECT arrayMap((file), ['/etc/passwd'])", 'function', 'file'],
    ["SELECT arrayMap(`file`, ['/etc/passwd'])", 'function', '`file`'],
    ["SELECT * APPLY file FROM (SELECT '/etc/passwd')", 'function', 'file'],
    ["SELECT * APPLY(file) FROM (SELECT '/etc/passwd')", 'function', 'file'],
    ["SELECT * APPLY(x -> file(x)) FROM (SELECT '/etc/passwd')", 'function', 'file'],
    ["EXPLAIN SELECT file('/etc/passwd')", 'function', 'file'],
    ["SELECT dictGetOrDefault('d', 'a', 1, 2)", 'function', 'dictGetOrDefault'],
    ["SELECT aiGenerate('x')", 'function', 'aiGenerate'],
    ['SELECT sleep(3)', 'function', 'sleep'],
    ['SELECT hostName()', 'function', 'hostName'],
    // System tables.
    ['SELECT * FROM system.processes', 'system-table', 'processes'],
    ['SELECT * FROM system . /* x */ "processes"', 'system-table', '"processes"'],
    ['SELECT * FROM `system`.users', 'system-table', 'users'],
    ['SELECT * FROM `syst\\x65m`.processes', 'name', '`syst\\x65m`'],
    ['DESCRIBE system.processes', 'system-table', 'processes'],
    ['SELECT 1 WHERE 1 IN system.processes', 'system-table', 'processes'],
    ['SHOW CREATE TABLE system.users', 'system-table', 'users'],
    // Names from outside.
    ['SELECT * FROM {db:Identifier}.processes', 'parameter', 'Identifier'],
    ['SELECT arrayMap({f : identifier}, [1])', 'parameter', 'identifier'],
    // What does not end.
    ["SELECT 'open", 'unreadable', "'"],
    ['SELECT 1 /* open', 'unreadable', '/'],
    ['SELECT “1”', 'unreadable', '“'],
  ] as const)('%s', (sql, kind, at) => {
    expect(faultOf(sql)).toMatchObject({ kind });
    // Of a character beyond ASCII the position may point at its first byte only.
    if (kind !== 'unreadable') expect(pointedAt(sql)).toBe(at);
    expect(faultOf(sql).mend).not.toBe('');
  });

  test('and points at it as an editor counts, beyond ASCII too', () => {
    const sql = "SELECT 'größer 😀',\n  'ü', url('x')";
    expect(pointedAt(sql)).toBe('url');
    expect(faultOf(sql).position).toEqual({ offset: 27, length: 3, line: 2, column: 8 });
  });
});

test('a parameterised view is read with arguments where it is known, and nothing else is', () => {
  const sql = 'SELECT * FROM order_aging(at = now())';
  expect(checkSql(sql, new Set(['order_aging'])).ok).toBe(true);
  expect(faultOf(sql).kind).toBe('table-function');
  const renamed = checkSql("SELECT * FROM URL('x')", new Set(['url']));
  expect(renamed.ok).toBe(false);
});

test('blanks and comments between the words change nothing', () => {
  const gap = fc.constantFrom(
    ' ',
    '\n',
    '\t',
    '/* ; */',
    '-- (\n',
    '/**/ ',
    ' // x\n',
    '\u00a0',
    '#!x\n',
  );
  const words = ['SELECT', '*', 'FROM', 'url', '(', "'http://x'", ')'];
  fc.assert(
    fc.property(fc.array(gap, { minLength: words.length, maxLength: words.length }), (gaps) => {
      const sql = words.map((word, i) => gaps[i] + word).join('');
      expect(faultOf(sql).kind).toBe('table-function');
      expect(checkSql(sql.replace('url', 'numbers').replace("'http://x'", '9')).ok).toBe(true);
    }),
  );
});

test('any text gets an answer', () => {
  const piece = fc.constantFrom(
    ...["'", '"', '`', '$$', '$a$', '/*', '*/', '--', '\n', ';', '(', ')', ',', '.', '{', '}', ':'],
    ...['SELECT', 'FROM', 'JOIN', 'url', 'system', 'Identifier', 'SETTINGS', 'é', '\\', ' ', '1'],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const sql = pieces.join('');
      const checked = checkSql(sql);
      if (checked.ok) expect(sql).toContain(checked.sql);
      else expect(checked.fault.position.offset).toBeLessThanOrEqual(sql.length);
    }),
    { numRuns: 500 },
  );
});
