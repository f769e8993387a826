/**
 * The six faults of the embedded engine's own client, one block each: what the local host must never
 * do. Every test here fails if the host used one shared session, inline insert data, or no KILL.
 */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { useClickHouse } from '../../support/servers.ts';
import { until } from '../../support/until.ts';

const clickhouse = useClickHouse();

/** A statement that runs until it is cancelled. */
const ENDLESS = 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1';

/** Sends a body as it is, the way curl does. */
function post(
  body: string | Uint8Array,
  query: Record<string, string> = {},
  signal: AbortSignal | null = null,
): Promise<Response> {
  const address = new URL(clickhouse.url);
  address.search = new URLSearchParams({ database: clickhouse.database, ...query }).toString();
  return fetch(address, { method: 'POST', body, signal });
}

async function ok(body: string | Uint8Array, query: Record<string, string> = {}): Promise<string> {
  const answer = await post(body, query);
  const text = await answer.text();
  expect(text, 'answer of the host').not.toMatch(/^Code: /);
  return text;
}

async function bytesOf(query: string): Promise<Buffer> {
  return Buffer.from(await (await post(query)).arrayBuffer());
}

/** Whether the engine itself works on the statement with this id. */
async function isRunning(queryId: string): Promise<boolean> {
  const count = await ok(
    `SELECT count() FROM system.processes WHERE Settings['log_comment'] = '${queryId}'`,
  );
  return count !== '0\n';
}

describe('1. partial output of a failed query', () => {
  // Rows 0 to 499,999 are in the output before the failure.
  const failing =
    "SELECT number, throwIf(number = 500000, 'broken') FROM numbers(1000000) " +
    'FORMAT CSV SETTINGS max_block_size = 1000, max_threads = 1';

  test('is not in its own answer', async () => {
    const answer = await post(failing);
    expect(answer.status).toBe(500);
    expect(answer.headers.get('x-clickhouse-exception-code')).toBe('395');
    expect(await answer.text()).toMatch(/^Code: 395\. DB::Exception: broken/);
  });

  test('is not in any other answer, before, beside or after', async () => {
    const answers = await Promise.all(
      Array.from({ length: 24 }, async (_, index) => {
        if (index % 2 === 0) return (await post(failing)).status;
        return ok(`SELECT 'clean ${index}'`);
      }),
    );
    expect(answers).toEqual(
      answers.map((_, index) => (index % 2 === 0 ? 500 : `clean ${index}\n`)),
    );
    expect(await ok("SELECT 'after'")).toBe('after\n');
  });
});

describe('2. settings', () => {
  test('end with their statement', async () => {
    const before = await ok("SELECT getSetting('max_threads'), getSetting('readonly')");
    const set = { max_threads: '1', readonly: '1' };
    expect(await ok("SELECT getSetting('max_threads'), getSetting('readonly')", set)).toBe(
      '1\t1\n',
    );
    await ok('SET max_threads = 1');
    expect(await ok("SELECT getSetting('max_threads'), getSetting('readonly')")).toBe(before);
  });

  test('a read-only query leaves the next one free to write', async () => {
    await ok('CREATE TABLE settings_test (a Int32) ENGINE = MergeTree ORDER BY a');
    const refused = await post('INSERT INTO settings_test VALUES (1)', { readonly: '1' });
    expect(await refused.text()).toMatch(/^Code: 164\..*\(READONLY\)/s);
    await ok('INSERT INTO settings_test VALUES (2)');
    expect(await ok('SELECT * FROM settings_test')).toBe('2\n');
  });

  test('parameters end with their statement', async () => {
    expect(await ok('SELECT {p:UInt8}', { param_p: '7' })).toBe('7\n');
    expect((await post('SELECT {p:UInt8}')).status).not.toBe(200);
  });
});

describe('3. insert data with a blank line and SQL behind it', () => {
  test('stay data where the format takes any line', async () => {
    await ok('CREATE TABLE blank_lines (line String) ENGINE = Memory');
    const data = 'first\n\nDROP TABLE blank_lines;\n\n; SELECT 1\n';
    await ok(`INSERT INTO blank_lines FORMAT LineAsString\n${data}`);
    await ok(data, { query: 'INSERT INTO blank_lines FORMAT LineAsString' });
    expect(await ok('SELECT line FROM blank_lines FORMAT LineAsString')).toBe(data + data);
  });

  test('are an error where the format does not, and the table stays', async () => {
    await ok('CREATE TABLE blank_json (a Int32) ENGINE = MergeTree ORDER BY a');
    const answer = await post(
      'INSERT INTO blank_json FORMAT JSONEachRow {"a":1}\n\nDROP TABLE blank_json;',
    );
    expect(answer.status).toBe(400);
    await ok('INSERT INTO blank_json FORMAT JSONEachRow\n{"a":2}\n\n\n{"a":3}\n\n');
    expect(await ok('SELECT a FROM blank_json ORDER BY a')).toBe('2\n3\n');
  });

  test('behind VALUES stay data', async () => {
    await ok('CREATE TABLE blank_values (a Int32, s String) ENGINE = Memory');
    await ok("INSERT INTO blank_values VALUES (1, 'a;b'),\n\n(1 + 1, concat('x', '\n\n'));");
    expect(await ok('SELECT * FROM blank_values ORDER BY a')).toBe('1\ta;b\n2\tx\\n\\n\n');
  });
});

describe('4. binary insert data', () => {
  const source =
    "SELECT number AS id, unhex('0a0a00ff0a0a') AS bytes, '\\n\\n; DROP TABLE x' AS text, " +
    'CAST(168430090 AS UInt32) AS newlines FROM numbers(20)';

  test.each(['RowBinary', 'Native', 'Parquet', 'Arrow', 'ArrowStream', 'RowBinaryWithNames'])(
    '%s with 0A 0A comes back as it went',
    async (format) => {
      const table = `binary_${format.toLowerCase()}`;
      await ok(
        `CREATE TABLE ${table} (id UInt64, bytes String, text String, newlines UInt32) ` +
          'ENGINE = MergeTree ORDER BY id',
      );
      const plain =
        "SETTINGS output_format_parquet_compression_method = 'none', " +
        "output_format_arrow_compression_method = 'none'";
      const data = await bytesOf(`${source} FORMAT ${format} ${plain}`);
      expect(data.includes('\n\n'), 'the data hold the dangerous bytes').toBe(true);

      await ok(data, { query: `INSERT INTO ${table} FORMAT ${format}` });
      const statement = Buffer.from(`INSERT INTO ${table} FORMAT ${format}\n`);
      await ok(Buffer.concat([statement, data]));

      const stored = await ok(`SELECT * FROM ${table} ORDER BY id FORMAT JSONCompactEachRow`);
      const expected = await ok(
        `SELECT arrayJoin([id, id]) AS id, * EXCEPT id FROM (${source}) FORMAT JSONCompactEachRow`,
      );
      expect(stored).toBe(expected);
    },
  );
});

describe('5. long queries', () => {
  test('keep nobody waiting, leave nothing of others behind, and can all be ended', async () => {
    const stop = new AbortController();
    const ids = Array.from({ length: 11 }, () => randomUUID());
    const long = ids.map((query_id) => post(ENDLESS, { query_id }, stop.signal));
    const settled = Promise.allSettled(long);
    await until(async () => (await Promise.all(ids.map(isRunning))).every(Boolean));

    expect(await clickhouse.rows('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect((await post('SELECT throwIf(1)')).status).toBe(500);
    // The engine has ended the others with their answers: it knows the long ones and this count.
    expect(await ok('SELECT count() FROM system.processes')).toBe('12\n');

    stop.abort();
    expect((await settled).map(({ status }) => status)).toEqual(ids.map(() => 'rejected'));
    await until(async () => !(await Promise.all(ids.map(isRunning))).some(Boolean));
  });
});

describe('6. database and abort', () => {
  test('a statement runs in the database it names', async () => {
    await ok('CREATE DATABASE other');
    await ok('CREATE TABLE other.only_here (a Int32) ENGINE = MergeTree ORDER BY a');
    await ok('INSERT INTO only_here VALUES (5)', { database: 'other' });
    expect(await ok('SELECT currentDatabase(), a FROM only_here', { database: 'other' })).toBe(
      'other\t5\n',
    );
    expect((await post('SELECT a FROM only_here')).status).toBe(404);
    expect((await post('SELECT 1', { database: 'missing' })).status).toBe(404);
  });

  test('a new database is Atomic', async () => {
    await ok('CREATE DATABASE plain');
    expect(await ok("SELECT engine FROM system.databases WHERE name = 'plain'")).toBe('Atomic\n');
  });

  test('an abort ends the work of the engine, and only that of its own query', async () => {
    const stop = new AbortController();
    const stopOther = new AbortController();
    const [query_id, other] = [randomUUID(), randomUUID()];
    const query = clickhouse.client.query({ query: ENDLESS, query_id, abort_signal: stop.signal });
    const long = post(ENDLESS, { query_id: other }, stopOther.signal);
    await until(async () => (await isRunning(query_id)) && (await isRunning(other)));

    stop.abort();
    await expect(query).rejects.toThrow('abort');
    await until(async () => !(await isRunning(query_id)));
    expect(await isRunning(other)).toBe(true);
    stopOther.abort();
    await expect(long).rejects.toThrow('abort');
    await until(async () => !(await isRunning(other)));
  });
});
