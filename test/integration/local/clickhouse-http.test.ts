/**
 * The local host as ClickHouse clients see it: curl and @clickhouse/client, answers, errors, refusals.
 */
import { createClient, type ClickHouseClient } from '@clickhouse/client';
import http from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readStatement } from '../../../platform/local/statements.ts';
import { useClickHouse } from '../../support/servers.ts';
import { until } from '../../support/until.ts';

const clickhouse = useClickHouse();

function get(query: Record<string, string>, headers: Record<string, string> = {}) {
  return fetch(`${clickhouse.url}/?${new URLSearchParams(query).toString()}`, { headers });
}

function post(body: string | Uint8Array, query: Record<string, string> = {}, headers = {}) {
  const search = new URLSearchParams({ database: 'test', ...query }).toString();
  return fetch(`${clickhouse.url}/?${search}`, { method: 'POST', body, headers });
}

/** Status of a query that names another host than the one it goes to. */
function statusForHost(host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    http
      .get(`${clickhouse.url}/?query=SELECT+1`, { headers: { host } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
      .on('error', reject);
  });
}

/** `Code: 62. …` → 62; 0 when the answer is not an error. */
async function codeOf(answer: Promise<Response>): Promise<number> {
  return Number(/^Code: (\d+)\. DB::Exception: /.exec(await (await answer).text())?.[1] ?? 0);
}

describe('curl', () => {
  test('SELECT in the address', async () => {
    const answer = await get({ query: 'SELECT 1 AS a, 2 AS b FORMAT JSONEachRow' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-clickhouse-format')).toBe('JSONEachRow');
    expect(answer.headers.get('x-clickhouse-query-id')).toMatch(/^[\da-f-]{36}$/);
    expect(answer.headers.get('content-type')).toContain('application/x-ndjson');
    const summary = JSON.parse(answer.headers.get('x-clickhouse-summary') ?? '') as object;
    expect(summary).toMatchObject({ result_rows: '1', written_rows: '0' });
    expect(await answer.text()).toBe('{"a":1,"b":2}\n');
  });

  test('default format, parameters and settings in the address', async () => {
    const answer = await get({
      query: "SELECT {name:String} AS name, getSetting('max_block_size') AS size",
      default_format: 'CSVWithNames',
      param_name: "it's; \\t \\\\ fine",
      max_block_size: '4321',
      query_id: 'mine',
    });
    expect(answer.headers.get('x-clickhouse-query-id')).toBe('mine');
    expect(answer.headers.get('x-clickhouse-format')).toBe('CSVWithNames');
    expect(await answer.text()).toBe('"name","size"\n"it\'s; \t \\ fine",4321\n');
  });

  test('GET cannot write, POST can', async () => {
    expect(await codeOf(get({ query: 'CREATE DATABASE by_get' }))).toBe(164);
    expect(await codeOf(get({ query: 'CREATE DATABASE by_get', readonly: '0' }))).toBe(164);
    expect(await codeOf(post('CREATE DATABASE by_post'))).toBe(0);
  });

  test('a statement begun in the address and continued in the body', async () => {
    expect(await (await post('+ 1 AS two', { query: 'SELECT 1' })).text()).toBe('2\n');
    await post('CREATE TABLE continued (a Int32) ENGINE = Memory');
    const insert = await post('(2), (3)', { query: 'INSERT INTO continued VALUES (1),' });
    expect(await insert.text()).toBe('');
    expect(await (await post('SELECT sum(a) FROM continued')).text()).toBe('6\n');
  });

  test('ping, an unknown path, an empty statement', async () => {
    expect(await (await fetch(`${clickhouse.url}/ping`)).text()).toBe('Ok.\n');
    expect(await (await fetch(clickhouse.url)).text()).toBe('Ok.\n');
    expect((await fetch(`${clickhouse.url}/play`)).status).toBe(404);
    expect(await codeOf(post(' -- nothing\n'))).toBe(62);
  });

  test('errors have status, code header and ClickHouse text', async () => {
    const answer = await post('SELECT * FROM missing');
    expect(answer.status).toBe(404);
    expect(answer.headers.get('x-clickhouse-exception-code')).toBe('60');
    expect(await answer.text()).toMatch(/^Code: 60\. DB::Exception: .*\(UNKNOWN_TABLE\)\n$/s);
    expect(await codeOf(post('SELEC 1'))).toBe(62);
    expect(await codeOf(post('SELECT 1', { no_such_setting: '1' }))).toBe(115);
  });

  test('a data error does not name the file behind it', async () => {
    await post('CREATE TABLE typed (a Int32) ENGINE = Memory');
    const answer = await post('{"a":"x"}', { query: 'INSERT INTO typed FORMAT JSONEachRow' });
    expect(answer.status).toBe(400);
    expect(await answer.text()).not.toMatch(/spool|DB::Exception.*DB::Exception/);
  });
});

describe('@clickhouse/client', () => {
  let client: ClickHouseClient;
  beforeAll(() => {
    client = createClient({
      url: clickhouse.url,
      database: clickhouse.database,
      compression: { request: true, response: true },
    });
  });
  afterAll(() => client.close());

  test('round trip with gzip both ways', async () => {
    expect((await client.ping()).success).toBe(true);
    await client.command({ query: 'CREATE TABLE trip (id UInt32, name String) ENGINE = Memory' });
    const values = Array.from({ length: 5000 }, (_, id) => ({ id, name: `näme\n\n${id}` }));
    const inserted = await client.insert({ table: 'trip', values, format: 'JSONEachRow' });
    expect(inserted.summary?.written_rows).toBe('5000');
    const rows = await client.query({
      query: 'SELECT * FROM trip WHERE id < {below:UInt32} ORDER BY id',
      query_params: { below: 4000 },
      format: 'JSONEachRow',
    });
    expect(rows.response_headers['content-encoding']).toBe('gzip');
    expect(await rows.json()).toEqual(values.slice(0, 4000));
  });

  test('JSONCompactEachRow with columns and settings', async () => {
    await client.command({ query: 'CREATE TABLE compact (a Int32, b String) ENGINE = Memory' });
    await client.insert({
      table: 'compact',
      columns: ['b', 'a'],
      values: [['x', 1]],
      format: 'JSONCompactEachRow',
      clickhouse_settings: { input_format_null_as_default: 1 },
    });
    const rows = await client.query({ query: 'SELECT a, b FROM compact', format: 'JSON' });
    expect((await rows.json()).data).toEqual([{ a: 1, b: 'x' }]);
  });

  test('stream in, stream out', async () => {
    await client.command({ query: 'CREATE TABLE streamed (n UInt64) ENGINE = Memory' });
    const lines = Readable.from(Array.from({ length: 1000 }, (_, n) => [n]));
    await client.insert({ table: 'streamed', values: lines, format: 'JSONCompactEachRow' });
    const result = await client.query({
      query: 'SELECT n FROM streamed ORDER BY n',
      format: 'JSONCompactEachRow',
    });
    let next = 0;
    for await (const rows of result.stream<[string]>()) {
      for (const row of rows) expect(Number(row.json()[0])).toBe(next++);
    }
    expect(next).toBe(1000);
  });

  test('Parquet out and in through exec', async () => {
    const exported = await client.exec({
      query: 'SELECT number AS n FROM numbers(100) FORMAT Parquet',
    });
    const chunks: Buffer[] = [];
    for await (const chunk of exported.stream as AsyncIterable<Buffer>) chunks.push(chunk);
    await client.command({ query: 'CREATE TABLE parquet (n UInt64) ENGINE = Memory' });
    const imported = await client.exec({
      query: 'INSERT INTO parquet FORMAT Parquet',
      values: Readable.from(chunks),
    });
    await text(imported.stream);
    expect(await clickhouse.rows('SELECT count() AS c, sum(n) AS s FROM parquet')).toEqual([
      { c: 100, s: 4950 },
    ]);
  });

  test('parameters of every kind arrive as they were', async () => {
    const params = {
      text: "a'b\\c\td\ne\r; DROP",
      list: ["x'y", 'z\n'],
      none: null,
      when: new Date(Date.UTC(2026, 0, 2, 3, 4, 5)),
      truth: true,
    };
    const result = await client.query({
      query:
        'SELECT {text:String} AS text, {list:Array(String)} AS list, {none:Nullable(String)} AS none, ' +
        "toString({when:DateTime('UTC')}) AS when, {truth:Bool} AS truth",
      query_params: params,
      format: 'JSONEachRow',
    });
    expect(await result.json()).toEqual([{ ...params, when: '2026-01-02 03:04:05' }]);
  });

  test('errors are typed by code', async () => {
    await expect(client.command({ query: 'SELECT * FROM missing' })).rejects.toMatchObject({
      code: '60',
      type: 'UNKNOWN_TABLE',
    });
  });
});

describe('bodies', () => {
  test('gzip statements and gzip data', async () => {
    const gzip = { 'Content-Encoding': 'gzip' };
    await post('CREATE TABLE zipped (a Int32) ENGINE = Memory');
    await post(gzipSync('INSERT INTO zipped FORMAT CSV\n1\n2\n'), {}, gzip);
    await post(gzipSync('3\n4\n'), { query: 'INSERT INTO zipped FORMAT CSV' }, gzip);
    expect(await (await post('SELECT sum(a) FROM zipped')).text()).toBe('10\n');
  });

  test('broken or unknown encodings are named', async () => {
    expect(await codeOf(post('SELECT 1', {}, { 'Content-Encoding': 'gzip' }))).toBe(36);
    expect(await codeOf(post('SELECT 1', {}, { 'Content-Encoding': 'rot13' }))).toBe(48);
    const query = { query: 'INSERT INTO zipped FORMAT CSV' };
    expect(await codeOf(post('1', query, { 'Content-Encoding': 'rot13' }))).toBe(48);
    expect(await codeOf(post('not gzip', query, { 'Content-Encoding': 'gzip' }))).toBeGreaterThan(
      0,
    );
  });

  test('an insert that breaks off leaves nothing', async () => {
    await post('CREATE TABLE broken_off (a Int32) ENGINE = Memory');
    const query = new URLSearchParams({ query: 'INSERT INTO test.broken_off FORMAT CSV' });
    const request = http.request(`${clickhouse.url}/?${query.toString()}`, {
      method: 'POST',
      headers: { 'Content-Length': 1_000_000 },
    });
    request.on('error', () => undefined);
    await new Promise((written) => request.write('1\n'.repeat(50_000), written));
    request.destroy();
    await until(async () => {
      const metrics = await (await fetch(`${clickhouse.url}/metrics`)).text();
      return /local_clickhouse_statements_total\{[^}]*status="499"[^}]*\} 1\n/.test(metrics);
    });
    expect(await (await post('SELECT count() FROM broken_off')).text()).toBe('0\n');
  });
});

describe('refusals', () => {
  test.each([
    ['a second statement', 'SELECT 1; DROP TABLE survivor', 62],
    [
      'a second statement behind VALUES',
      'INSERT INTO survivor VALUES (2); DROP TABLE survivor',
      62,
    ],
    [
      'data behind EXPLAIN',
      'EXPLAIN SYNTAX INSERT INTO survivor FORMAT CSV 1\n\nDROP TABLE survivor',
      48,
    ],
    [
      'data for input()',
      "INSERT INTO survivor SELECT a FROM input('a Int32') FORMAT CSV\n1\n\nDROP TABLE survivor",
      48,
    ],
    ['a file to read', "INSERT INTO survivor FROM INFILE '/etc/hostname' FORMAT CSV", 48],
    ['a file to write', "SELECT 1 INTO OUTFILE '/tmp/should-not-exist'", 48],
    ['nonsense', 'survivor', 62],
    ['a client command', '\\d', 62],
  ])('%s', async (_name, statement, code) => {
    await post('CREATE TABLE IF NOT EXISTS survivor (a Int32) ENGINE = MergeTree ORDER BY a');
    expect(await codeOf(post(statement))).toBe(code);
    expect(await (await post('SELECT count() FROM survivor')).text()).toBe('0\n');
  });

  test('a read-only session reads no files and ends no queries', async () => {
    const kill = "KILL QUERY WHERE query_id = 'x' ASYNC";
    expect(await codeOf(post(kill, { readonly: '1' }))).toBe(164);
    expect(await codeOf(get({ query: kill }))).toBe(164);
    expect(await codeOf(post(kill))).toBe(0);

    const statement = "SELECT * FROM file('/etc/hostname', 'LineAsString')";
    expect(await codeOf(post(statement, { readonly: '1' }))).toBe(164);
    expect(await codeOf(post('SET readonly = 0', { readonly: '1' }))).toBe(164);
    const settings = 'SELECT 1 SETTINGS max_threads = 1';
    expect(await codeOf(post(settings, { readonly: '1' }))).toBe(164);
  });

  test('what the embedded engine has not', async () => {
    expect(await codeOf(post('SELECT 1', { session_id: 's' }))).toBe(48);
    expect(await codeOf(post('SELECT 1', { compress: '1' }))).toBe(48);
    expect(await codeOf(post('SELECT 1', { 'bad name': '1' }))).toBe(36);
    expect(await codeOf(post('SELECT 1', { query_id: 'a\r\nb' }))).toBe(36);
    expect(await codeOf(post('SELECT 1', { default_format: 'JSON; x' }))).toBe(36);
    expect(await codeOf(post('SELECT 1', { readonly: '00' }))).toBe(36);
    expect(
      await codeOf(post('SELECT 1', { 'max_threads = 1; DROP DATABASE test; SET x': '1' })),
    ).toBe(36);
  });

  test('web pages', async () => {
    expect((await post('SELECT 1', {}, { Origin: 'http://evil.example' })).status).toBe(403);
    expect((await get({ query: 'SELECT 1' }, { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
    expect(await statusForHost('evil.example:8123')).toBe(403);
    expect(await statusForHost('localhost:8123')).toBe(200);
  });

  test('one id for two statements at a time', async () => {
    const stop = new AbortController();
    const first = clickhouse.client.query({
      query: 'SELECT sleepEachRow(1) FROM numbers(1000) SETTINGS max_block_size = 1',
      query_id: 'twice',
      abort_signal: stop.signal,
    });
    await until(async () => {
      const running = "SELECT 1 FROM system.processes WHERE Settings['log_comment'] = 'twice'";
      return (await (await post(running)).text()) === '1\n';
    });
    expect(await codeOf(post('SELECT 2', { query_id: 'twice' }))).toBe(216);
    stop.abort();
    await expect(first).rejects.toThrow('abort');
  });
});

test('the host and the engine agree on where a statement ends', async () => {
  // Pieces on which a tokenizer goes wrong; the engine's parser says whether it sees two statements.
  const piece = fc.constantFrom(
    ...[' ', '\n', ';', '; SELECT 2', "'", '\\', '"', '`', '--', '//', '# ', '#!', '#', '/*', '*/'],
    ...[
      '$a$',
      '$$',
      '$',
      'a',
      '1',
      "x'",
      "b'",
      '(',
      ')',
      '.',
      '0x',
      '1e',
      '{p:Int8}',
      ' AS z',
      "\\'",
    ],
  );
  const soup = fc
    .array(piece, { minLength: 1, maxLength: 8 })
    .map((parts) => `SELECT 1${parts.join('')}`);
  await fc.assert(
    fc.asyncProperty(fc.array(soup, { minLength: 20, maxLength: 20 }), async (texts) => {
      const accepted = texts.filter((candidate) => {
        try {
          readStatement(Buffer.from(candidate));
          return true;
        } catch {
          return false;
        }
      });
      const verdicts = await Promise.all(
        accepted.map(async (q) => {
          const escaped = q.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
          const answer = await post('SELECT formatQuery({q:String})', { param_q: escaped });
          return { q, isTwo: (await answer.text()).includes('Multi-statements') };
        }),
      );
      expect(verdicts.filter(({ isTwo }) => isTwo)).toEqual([]);
    }),
    { numRuns: 20 },
  );
});
