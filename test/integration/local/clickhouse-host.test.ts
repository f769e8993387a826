/**
 * The host as a process: its bounds (made small here), its password, one host per data directory, and
 * how it ends.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { startClickHouseHost, type ClickHouseHost } from '../../../platform/local/clickhouse.ts';
import { processExists } from '../../../platform/local/processes.ts';
import { createLog } from '../../../platform/log.ts';
import { useClickHouse } from '../../support/servers.ts';
import { until } from '../../support/until.ts';

const SLOW = 'SELECT sleepEachRow(0.1) FROM numbers(1000) SETTINGS max_block_size = 1';

describe('bounds', () => {
  const password = "it's a secret";
  const clickhouse = useClickHouse({
    CLICKHOUSE_PASSWORD: password,
    LOCAL_CLICKHOUSE_MAX_BODY_BYTES: '100000',
    LOCAL_CLICKHOUSE_MAX_RUNNING: '2',
    LOCAL_CLICKHOUSE_MAX_WAITING: '1',
    LOCAL_CLICKHOUSE_MAX_RESULT_BYTES: '1000000',
    LOCAL_CLICKHOUSE_MAX_QUERY_MEMORY_BYTES: '50000000',
  });

  function post(
    body: string | Uint8Array,
    headers: Record<string, string> = {},
    signal: AbortSignal | null = null,
  ): Promise<Response> {
    const access = { 'X-ClickHouse-User': 'default', 'X-ClickHouse-Key': password };
    return fetch(clickhouse.url, {
      method: 'POST',
      body,
      headers: { ...access, ...headers },
      signal,
    });
  }

  test('a body that is too large, plain, announced or unpacked', async () => {
    const big = `SELECT '${'x'.repeat(200_000)}'`;
    expect((await post(big)).status).toBe(413);
    expect((await post(gzipSync(big), { 'Content-Encoding': 'gzip' })).status).toBe(413);
    expect(await (await post('SELECT 1')).text()).toBe('1\n');
  });

  test('a result or a memory that is too large', async () => {
    const result = await post('SELECT number FROM numbers(1000000)');
    expect(await result.text()).toMatch(/^Code: 396\..*Limit for result exceeded/s);
    const memory = await post('SELECT length(groupArray(number)) FROM numbers(100000000)');
    expect(await memory.text()).toMatch(/^Code: 241\..*MEMORY_LIMIT_EXCEEDED/s);
  });

  test('statements beyond the running and the waiting are refused at once', async () => {
    const stop = new AbortController();
    const load = async (): Promise<string[]> => {
      const metrics = await (await fetch(`${clickhouse.url}/metrics`)).text();
      return [...metrics.matchAll(/^local_clickhouse_statements\{.*\} (\d+)$/gm)].map(
        ([, count]) => count ?? '',
      );
    };
    const slow = [SLOW, SLOW, SLOW].map((statement) => post(statement, {}, stop.signal));
    const settled = Promise.allSettled(slow);
    await until(async () => (await load()).join() === '2,1');

    const refused = await post('SELECT 1');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.text()).toMatch(/^Code: 202\..*\(TOO_MANY_SIMULTANEOUS_QUERIES\)/s);
    stop.abort();
    await settled;
    await until(async () => (await load()).join() === '0,0');
    expect(await (await post('SELECT 1')).text()).toBe('1\n');
  });

  test('the password is asked for, however it is sent', async () => {
    const ask = (search: string, headers: Record<string, string> = {}) =>
      fetch(`${clickhouse.url}/?query=SELECT+1${search}`, { headers }).then(({ status }) => status);
    expect(await ask('')).toBe(403);
    expect(await ask('', { 'X-ClickHouse-User': 'default', 'X-ClickHouse-Key': 'guess' })).toBe(
      403,
    );
    expect(await ask('', { 'X-ClickHouse-User': 'root', 'X-ClickHouse-Key': password })).toBe(403);
    expect(await ask('', { 'X-ClickHouse-User': 'default', 'X-ClickHouse-Key': password })).toBe(
      200,
    );
    expect(await ask(`&user=default&password=${encodeURIComponent(password)}`)).toBe(200);
    const basic = Buffer.from(`default:${password}`).toString('base64');
    expect(await ask('', { Authorization: `Basic ${basic}` })).toBe(200);
  });
});

describe('life', () => {
  const log = createLog({ name: 'test', level: 'error', format: 'pretty' });
  const env = { LOG_LEVEL: 'silent', CLICKHOUSE_PASSWORD: '' };
  const directories: string[] = [];
  const hosts: ClickHouseHost[] = [];

  function directory(): string {
    const path = mkdtempSync(join(tmpdir(), 'stocktide-host-'));
    directories.push(path);
    return path;
  }

  async function start(dataDir: string, environment: Record<string, string> = {}) {
    const host = await startClickHouseHost({ dataDir, log, env: { ...env, ...environment } });
    hosts.push(host);
    return host;
  }

  afterAll(async () => {
    await Promise.all(hosts.map((host) => host.stop()));
    for (const path of directories) rmSync(path, { recursive: true, force: true });
  });

  test('one host per directory; the same port again; an empty spool', async () => {
    const dataDir = directory();
    const first = await start(dataDir);
    await expect(startClickHouseHost({ dataDir, log, env })).rejects.toThrow(
      `is in use by process ${first.pid}`,
    );
    await expect(
      startClickHouseHost({ dataDir: directory(), log, env, port: first.port }),
    ).rejects.toThrow(`port ${first.port} of the local ClickHouse host is taken`);

    process.kill(first.pid, 'SIGKILL');
    expect(await first.exited).toBe(null);
    writeFileSync(join(dataDir, 'spool', '1'), 'left by a killed host');
    const again = await start(dataDir);
    expect(again.port).toBe(first.port);
    expect(readdirSync(join(dataDir, 'spool'))).toEqual([]);
    await again.stop();
  });

  test('SIGTERM lets a short statement end and cancels a long one', async () => {
    const host = await start(directory(), { LOCAL_CLICKHOUSE_STOP_TIMEOUT_MS: '1500' });
    const post = (body: string, id: string) =>
      fetch(`${host.url}/?query_id=${id}`, { method: 'POST', body }).then((answer) =>
        answer.text(),
      );
    const short = post('SELECT sum(sleepEachRow(0.5)) FROM numbers(1)', 'short');
    const long = post(SLOW, 'long');
    await until(
      async () => (await post('SELECT count() FROM system.processes', 'count')) === '3\n',
    );
    await host.stop();
    expect(await short).toBe('0\n');
    expect(await long).toMatch(/^Code: 394\..*\(QUERY_WAS_CANCELLED\)/s);
    expect(await host.exited).toBe(0);
  });

  test('ends when its parent is killed', async () => {
    const starter = fileURLToPath(new URL('./start-host.ts', import.meta.url));
    const dataDir = directory();
    const parent = spawn(process.execPath, ['--import', 'tsx', starter, dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    const [pidText] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(pidText.toString());
    expect(processExists(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until(() => !processExists(pid));
  });

  test('a wrong bound stops the start, with its name and value', async () => {
    const wrong = { ...env, LOCAL_CLICKHOUSE_MAX_RUNNING: 'many' };
    await expect(startClickHouseHost({ dataDir: directory(), log, env: wrong })).rejects.toThrow(
      'LOCAL_CLICKHOUSE_MAX_RUNNING="many": a whole number, 1 or more',
    );
  });

  test('a directory that the engine would take for a pattern is refused', async () => {
    const dataDir = join(directory(), 'a{b,c}');
    await expect(startClickHouseHost({ dataDir, log, env })).rejects.toThrow('choose another');
  });
});
