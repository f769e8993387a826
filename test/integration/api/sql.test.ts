/**
 * SQL over HTTP against the real engine: formats, what is refused, limits, cancelling, saved queries and the
 * data dictionary. One caller's endless query must not be noticed by another.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALLOWED_TABLE_FUNCTIONS } from '../../../api/sql/names.ts';
import {
  SQL_FORMATS,
  type SavedQueries,
  type SavedQuery,
  type SchemaView,
  type SqlProgress,
  type SqlRequest,
} from '../../../contracts/sql.ts';
import { applyKpis, readKpis } from '../../../platform/clickhouse/kpis.ts';
import { as, GUARDED } from '../../support/access.ts';
import { connect, type Plumbing } from '../../support/runtime.ts';
import { useClickHouse, useNats } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { startApi, type RunningProcess } from './support.ts';

const nats = useNats();
const clickhouse = useClickHouse();

let plumbing: Plumbing;
let api: RunningProcess;

const ANA = as('ana', 'analyst');
const BOB = as('bob', 'analyst');

type Asked = { query: string } & Partial<SqlRequest>;

const ask = (body: Asked, caller = ANA, init: RequestInit = {}) =>
  fetch(`${api.url}/v1/sql`, {
    method: 'POST',
    headers: { ...caller, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...init,
  });

const call = (method: string, path: string, headers: Record<string, string>, body?: object) =>
  fetch(`${api.url}${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

async function problemOf(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  return (await response.json()) as Record<string, unknown>;
}

/** Busy for minutes, in blocks. */
const ENDLESS = 'SELECT sum(sipHash64(number)) FROM numbers_mt(9000000000)';
const LONG = { seconds: 100, read_rows: 10_000_000_000 };

/** Whether the engine itself works on a query with this text. */
async function isWorking(part: string): Promise<boolean> {
  const rows = await clickhouse.rows(
    `SELECT 1 FROM system.processes WHERE position(query, {part:String}) > 0
       AND position(query, 'system.processes') = 0`,
    { part },
  );
  return rows.length > 0;
}

async function progress(queryId: string, caller = ANA): Promise<SqlProgress> {
  const response = await call('GET', `/v1/sql/${queryId}`, caller);
  expect(response.status).toBe(200);
  return (await response.json()) as SqlProgress;
}

beforeAll(async () => {
  const { pass, url, user } = nats;
  plumbing = await connect({ url, user, pass }, clickhouse);
  await applyKpis(plumbing.clickhouse, readKpis('sql/kpi'));
  api = await startApi({ nats, clickhouse }, GUARDED);
});

afterAll(async () => {
  await api?.stop();
  await plumbing?.close();
});

describe('a result', () => {
  test.each(Object.keys(SQL_FORMATS) as SqlRequest['format'][])('as %s', async (format) => {
    const query = "SELECT number AS n, 'é' AS s FROM numbers(3)";
    const response = await ask({ query, format, name: 'three rows' });
    expect(response.status).toBe(200);
    const { contentType, extension } = SQL_FORMATS[format];
    expect(response.headers.get('content-type')).toBe(contentType);
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="three rows.${extension}"`,
    );
    const bytes = Buffer.from(await response.arrayBuffer());
    const known: Partial<Record<SqlRequest['format'], string>> = {
      CSVWithNames: '"n","s"\n0,"é"\n1,"é"\n2,"é"\n',
      TSV: '0\té\n1\té\n2\té\n',
      JSONEachRow: '{"n":0,"s":"é"}\n{"n":1,"s":"é"}\n{"n":2,"s":"é"}\n',
    };
    const magic = { Parquet: 'PAR1', Arrow: 'ARROW1', ORC: 'ORC' } as Partial<
      Record<SqlRequest['format'], string>
    >;
    if (known[format] !== undefined) expect(bytes.toString()).toBe(known[format]);
    expect(bytes.toString('latin1').startsWith(magic[format] ?? '')).toBe(true);
    expect(bytes.length).toBeGreaterThan(8);
  });

  test('takes parameters of every form', async () => {
    const response = await ask({
      query: `SELECT {s:String} AS s, {n:UInt64} + 1 AS n, {l:Array(String)} AS l, {o:Array(UInt8)} AS o`,
      params: { s: "it's; DROP", n: 41, l: ['a', "b'c"], o: [7] },
      format: 'JSONEachRow',
    });
    expect(await response.json()).toEqual({ s: "it's; DROP", n: 42, l: ['a', "b'c"], o: [7] });
  });

  test('of SHOW, DESCRIBE, EXISTS, EXPLAIN and a view with arguments comes as well', async () => {
    for (const query of [
      ...['SHOW TABLES', 'DESCRIBE events', 'EXISTS events', 'EXPLAIN SELECT 1'],
      'SELECT count() FROM order_aging(at = now())',
    ]) {
      const response = await ask({ query, format: 'JSONCompact' });
      expect(response.status, query).toBe(200);
      expect(((await response.json()) as { rows: number }).rows, query).toBeGreaterThan(0);
    }
  });

  test('of a hundred thousand rows arrives whole', async () => {
    const response = await ask({ query: 'SELECT number FROM numbers(100000)', format: 'TSV' });
    const lines = (await response.text()).trimEnd().split('\n');
    expect([lines.length, lines.at(-1)]).toEqual([100_000, '99999']);
  });
});

describe('is refused', () => {
  test.each([
    ["SELECT * FROM url('http://127.0.0.1', 'LineAsString')", 'table-function', 14],
    ["SELECT file('/etc/passwd')", 'function', 7],
    ["SELECT arrayMap(file, ['/etc/passwd'])", 'function', 16],
    ['INSERT INTO events (id) VALUES (1)', 'not-a-query', 0],
    ['SELECT 1; DROP TABLE events', 'several-statements', 10],
    ['SELECT 1 SETTINGS max_execution_time = 0', 'clause', 9],
    ['SELECT * FROM system.processes', 'system-table', 21],
  ])('%s', async (query, reason, offset) => {
    const response = await ask({ query });
    expect(response.status).toBe(400);
    const problem = await problemOf(response);
    expect(problem).toMatchObject({
      ...{ type: 'urn:stocktide:problem:sql-refused', field: '/query', reason },
      position: { offset },
    });
    expect(problem['allowed']).not.toBe('');
  });

  test('each table function that the engine has, but those that make rows of their arguments', async () => {
    const functions = await clickhouse.rows<{ name: string }>(
      'SELECT name FROM system.table_functions',
    );
    expect(functions.length).toBeGreaterThan(80);
    for (const { name } of functions) {
      if (ALLOWED_TABLE_FUNCTIONS.has(name.toLowerCase())) continue;
      const response = await ask({ query: `SELECT * FROM ${name}('x')` });
      expect(await problemOf(response), name).toMatchObject({ reason: 'table-function' });
    }
  });

  test('what the engine does not take, with the place of it', async () => {
    const broken = await problemOf(await ask({ query: "SELECT 'é'\nFROM x y z" }));
    expect(broken).toMatchObject({
      type: 'urn:stocktide:problem:sql-syntax',
      position: { line: 2 },
    });
    const unknown = await problemOf(await ask({ query: 'SELECT\n  nope FROM events' }));
    expect(unknown).toMatchObject({
      type: 'urn:stocktide:problem:sql-failed',
      position: { line: 2, column: 3, length: 4 },
    });
    const table = await problemOf(await ask({ query: 'SELECT 1 FROM nowhere' }));
    expect(table).toMatchObject({ position: { offset: 14, length: 7 } });
    const parameter = await ask({ query: 'SELECT {a:UInt8}', params: { a: 'x' } });
    expect(parameter.status).toBe(400);
  });

  test('a caller without the role, and one without credentials', async () => {
    expect((await ask({ query: 'SELECT 1' }, as('vera', 'viewer'))).status).toBe(403);
    expect((await ask({ query: 'SELECT 1' }, {})).status).toBe(401);
  });

  test('a bound beyond the most, and a format that there is not', async () => {
    const beyond = await problemOf(await ask({ query: 'SELECT 1', limits: { seconds: 9999 } }));
    expect(beyond).toMatchObject({ status: 400, field: '/limits/seconds' });
    const format = await call('POST', '/v1/sql', ANA, { query: 'SELECT 1', format: 'Exe' });
    expect(await problemOf(format)).toMatchObject({ status: 400, field: '/format' });
  });
});

describe('ends at its limit', () => {
  test('of time', async () => {
    const response = await ask({ query: ENDLESS, limits: { ...LONG, seconds: 1 } });
    expect(response.status).toBe(422);
    expect(await problemOf(response)).toMatchObject({
      ...{ type: 'urn:stocktide:problem:sql-limit', field: '/limits/seconds', value: '1' },
    });
    await until(async () => !(await isWorking('sipHash64')));
  });

  test.each([
    ['SELECT number FROM numbers(1000000000)', {}, '/limits/rows'],
    [
      "SELECT repeat('x', 100 + number % 2) FROM numbers(500000)",
      { bytes: 1_000_000 },
      '/limits/rows',
    ],
    ['SELECT count() FROM numbers(2000000000)', {}, '/limits/read_rows'],
    ['SELECT groupArray(number) FROM numbers(500000000)', {}, '/limits/memory_bytes'],
    ['SELECT number FROM numbers(11)', { rows: 10 }, '/limits/rows'],
  ])('%s', async (query, limits, field) => {
    const response = await ask({ query, limits, format: 'TSV' });
    expect(response.status).toBe(422);
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ type: 'urn:stocktide:problem:sql-limit', field });
  });

  test('of rows, or is cut there for a look', async () => {
    const limits = { rows: 5, overflow: 'cut' } as const;
    const query = 'SELECT number FROM numbers(1000000000)';
    const response = await ask({ query, limits, format: 'TSV' });
    expect(await response.text()).toBe('0\n1\n2\n3\n4\n');
  });
});

describe('while it runs', () => {
  test('it can be watched by who asked, and cancelled', async () => {
    const running = ask({ query: ENDLESS, limits: LONG, query_id: 'watched-1' });
    await until(async () => {
      const response = await call('GET', '/v1/sql/watched-1', ANA);
      return response.ok && ((await response.json()) as SqlProgress).read_rows > 0;
    });
    expect(await progress('watched-1')).toMatchObject({ state: 'running', detail: null });
    expect((await call('GET', '/v1/sql/watched-1', BOB)).status).toBe(404);
    expect((await call('DELETE', '/v1/sql/watched-1', BOB)).status).toBe(404);
    expect(await isWorking('sipHash64')).toBe(true);

    expect((await call('DELETE', '/v1/sql/watched-1', ANA)).status).toBe(202);
    const response = await running;
    expect(response.status).toBe(409);
    expect(await problemOf(response)).toMatchObject({
      type: 'urn:stocktide:problem:sql-cancelled',
    });
    await until(async () => !(await isWorking('sipHash64')));
    expect(await progress('watched-1')).toMatchObject({ state: 'cancelled' });
    expect((await ask({ query: 'SELECT 1', query_id: 'watched-1' })).status).toBe(409);
  });

  test('nobody else notices', async () => {
    const running = ask({ query: ENDLESS, limits: LONG, query_id: 'unnoticed' });
    await until(() => isWorking('sipHash64'));
    const other = await ask({ query: 'SELECT 42 AS n', format: 'TSV' }, BOB);
    expect([other.status, await other.text()]).toEqual([200, '42\n']);
    expect((await call('GET', '/v1/schema', BOB)).status).toBe(200);
    expect(await isWorking('sipHash64')).toBe(true);
    await call('DELETE', '/v1/sql/unnoticed', ANA);
    expect((await running).status).toBe(409);
  });

  test('it ends when its client goes away', async () => {
    const gone = new AbortController();
    const asked = { query: ENDLESS, limits: LONG, query_id: 'abandoned' };
    const running = ask(asked, ANA, { signal: gone.signal });
    await until(() => isWorking('sipHash64'));
    gone.abort();
    await expect(running).rejects.toThrow();
    await until(async () => !(await isWorking('sipHash64')));
    await until(async () => (await progress('abandoned')).state === 'cancelled');
  });

  test('a caller has two at a time, and others have theirs', async () => {
    const ids = ['many-of-1', 'many-of-2'];
    const running = ids.map((id) => ask({ query: ENDLESS, limits: LONG, query_id: id }));
    await until(async () => {
      const states = await Promise.all(ids.map((id) => call('GET', `/v1/sql/${id}`, ANA)));
      return states.every(({ ok }) => ok);
    }, 60_000);
    const third = await ask({ query: 'SELECT 1' });
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, '2']);
    expect(await problemOf(third)).toMatchObject({
      type: 'urn:stocktide:problem:sql-too-many-of-yours',
    });
    expect((await ask({ query: 'SELECT 1' }, BOB)).status).toBe(200);
    for (const id of ids) await call('DELETE', `/v1/sql/${id}`, ANA);
    for (const one of await Promise.all(running)) expect(one.status).toBe(409);
    expect((await ask({ query: 'SELECT 1' })).status).toBe(200);
  });
});

describe('saved queries', () => {
  const PATH = '/v1/sql/saved/units-by-node';
  const draft = { title: 'Units by node', query: 'SELECT 1' };
  const listed = async () =>
    (await (await call('GET', '/v1/sql/saved', BOB)).json()) as SavedQueries;

  test('of two people who save at once the second is told of the first', async () => {
    const first = await call('PUT', PATH, ANA, draft);
    expect(first.status).toBe(201);
    const saved = (await first.json()) as SavedQuery;
    expect(saved).toMatchObject({ name: 'units-by-node', saved_by: 'ana', description: '' });
    expect(first.headers.get('etag')).toBe(saved.etag);

    expect((await call('PUT', PATH, BOB, draft)).status).toBe(428);
    const seen = { 'if-match': saved.etag };
    const both = await Promise.all([
      call('PUT', PATH, { ...ANA, ...seen }, { ...draft, query: 'SELECT 2' }),
      call('PUT', PATH, { ...BOB, ...seen }, { ...draft, query: 'SELECT 3' }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    const lost = both.find(({ status }) => status === 412);
    if (lost === undefined) throw new Error('one of the two is told');
    expect(await problemOf(lost)).toMatchObject({ field: 'if-match', value: saved.etag });

    const now = (await (await call('GET', PATH, BOB)).json()) as SavedQuery;
    const won = both.find(({ status }) => status === 200);
    expect(now).toEqual(await won?.json());
    expect((await listed()).saved).toEqual([now]);

    expect((await call('DELETE', PATH, { ...ANA, ...seen })).status).toBe(412);
    const removed = await call('DELETE', PATH, { ...ANA, 'if-match': now.etag });
    expect(removed.status).toBe(204);
    expect((await call('GET', PATH, ANA)).status).toBe(404);
    expect((await listed()).saved).toEqual([]);
    // The name is free again.
    expect((await call('PUT', PATH, BOB, draft)).status).toBe(201);
  });

  test('are for analysts to change, and for every reader to see', async () => {
    const viewer = as('vera', 'viewer');
    expect((await call('PUT', '/v1/sql/saved/mine', viewer, draft)).status).toBe(403);
    expect((await call('GET', '/v1/sql/saved', viewer)).status).toBe(200);
    expect((await call('PUT', '/v1/sql/saved/No%20name', ANA, draft)).status).toBe(400);
  });

  test('stand beside examples, each of which runs as it is', async () => {
    const { examples } = await listed();
    expect(examples.map(({ name }) => name)).toContain('order-aging');
    for (const { name, params, query } of examples) {
      const response = await ask({ query, params });
      expect(response.status, `${name}: ${await response.clone().text()}`).toBe(200);
    }
  });
});

describe('the data dictionary', () => {
  test('tells every table, view and column, with meaning', async () => {
    const response = await call('GET', '/v1/schema', as('vera', 'viewer'));
    const { tables } = (await response.json()) as SchemaView;
    const existing = await clickhouse.rows<{ name: string }>(
      'SELECT name FROM system.tables WHERE database = {database:String} ORDER BY name',
      { database: plumbing.clickhouse.database },
    );
    expect(tables.map(({ name }) => name)).toEqual(existing.map(({ name }) => name));
    expect(tables.filter(({ comment }) => comment === '')).toEqual([]);

    const movements = tables.find(({ name }) => name === 'stock_movements');
    expect(movements).toMatchObject({ group: 'facts', engine: 'MergeTree', rows: 0 });
    expect(movements?.columns.filter(({ comment }) => comment === '')).toEqual([]);
    expect(movements?.columns.find(({ name }) => name === 'sku_id')?.keys).toContain('sorting');
    const aging = tables.find(({ name }) => name === 'order_aging');
    expect(aging).toMatchObject({
      ...{ group: 'views', rows: null },
      parameters: [{ name: 'at', type: 'DateTime64(3)' }],
    });
    const kpi = tables.find(({ name }) => name === 'kpi_k01b');
    expect(kpi).toMatchObject({ group: 'kpi' });
    // What a view passes on under its name means what it means in the table that it comes from.
    expect(kpi?.columns.find(({ name }) => name === 'node_id')?.comment).not.toBe('');
  });

  test('need not be sent again while it has not changed', async () => {
    const first = await call('GET', '/v1/schema', ANA);
    const etag = first.headers.get('etag') ?? '';
    const again = await call('GET', '/v1/schema', { ...ANA, 'if-none-match': etag });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });
});
