/**
 * Backtests over an archive in ClickHouse, from the command line and from the API: all processors, rows that
 * the archive processor itself wrote.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BacktestResult, BacktestView } from '../../../contracts/backtest.ts';
import { createClickHouse, type ClickHouse } from '../../../platform/clickhouse/client.ts';
import { insertRows } from '../../../platform/clickhouse/insert.ts';
import { migrate } from '../../../platform/clickhouse/migrate.ts';
import { readConfig } from '../../../platform/config.ts';
import { createLog } from '../../../platform/log.ts';
import { createSlice } from '../../../processors/runtime/slices.ts';
import { adjusted, ArchiveBench } from '../../support/backtest.ts';
import { startChild } from '../../support/child.ts';
import { at, event, tickAt } from '../../support/given.ts';
import { useClickHouse, useNats } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { startProcess, type RunningProcess } from '../api/support.ts';

const MIGRATIONS = fileURLToPath(new URL('../../../sql/migrations', import.meta.url));
const DATABASE = 'archived';
const nats = useNats();
const host = useClickHouse();
const directory = mkdtempSync(join(tmpdir(), 'backtest-'));
const file = (name: string, content: string) => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};

/** MUG goes below zero at 100 and stays there, PAN at 200 for 15 minutes. NEG_INVENTORY waits for 10. */
const archive = new ArchiveBench(() =>
  createSlice('all', { recentMovements: 10_000 }).hosted.filter(
    ({ processor }) => processor.name !== 'archive',
  ),
).given(
  adjusted(0, 'MUG', 5),
  adjusted(0, 'PAN', 5),
  adjusted(100, 'MUG', -8),
  tickAt(111),
  tickAt(112),
  adjusted(200, 'PAN', -6),
  tickAt(205),
  tickAt(211),
  adjusted(215, 'PAN', 10),
  tickAt(216),
  tickAt(400),
);
const SPAN = ['--from', at(60), '--to', at(390)];
const policy = (value: object) => ({ policy: 'rule.NEG_INVENTORY', scope: {}, value });
const off = policy({ enabled: false, parameters: {} });

let clickhouse: ClickHouse;
let env: Record<string, string>;

beforeAll(async () => {
  env = { NATS_URL: nats.url, NATS_USER: nats.user, NATS_PASSWORD: nats.pass };
  env = { ...env, CLICKHOUSE_URL: host.url, CLICKHOUSE_DATABASE: DATABASE };
  clickhouse = createClickHouse(readConfig(env));
  const log = createLog({ name: 'test', level: 'error', format: 'pretty' });
  await migrate(clickhouse, { dir: MIGRATIONS, database: DATABASE, log });
  const mug = archive.log.find(
    ({ event: one }) => one.type === 'stocktide.finding.raised.v1' && one.data.sku_id === 'MUG',
  );
  const caseId = `NEG_INVENTORY/sku/MUG/node/dc-1/${mug?.seq}`;
  // Judged after the span.
  archive.given(
    event(
      'case.commanded',
      { command: 'judge', case_id: caseId, actor: 'ana', verdict: 'true' } as never,
      { at: 500 },
    ),
  );
  for (const { columns, lines, table } of archive.blocks) {
    if (table === 'events') await insertRows(clickhouse, { table, columns, lines, token: 'all' });
  }
});

afterAll(async () => {
  await clickhouse?.close();
  rmSync(directory, { recursive: true });
});

describe('npm run backtest', () => {
  async function run(...args: string[]): Promise<{ code: number | null; output: string }> {
    const child = startChild({ file: 'processors/runtime/backtest-main.ts', args, env });
    return { code: await child.exited, output: child.output() };
  }
  async function compared(policies: unknown): Promise<BacktestResult> {
    const path = file('policy.json', JSON.stringify(policies));
    const { code, output } = await run(...SPAN, '--policy', path, '--json');
    expect(code, output).toBe(0);
    const line = output.split('\n').find((one) => one.startsWith('{')) ?? '';
    return JSON.parse(line) as BacktestResult;
  }
  const codeOf = ({ codes }: BacktestResult) => codes.find(({ code }) => code === 'NEG_INVENTORY');

  test('a rule that is switched off raises nothing; what it raised is shown with its verdict', async () => {
    const result = await compared(off);
    expect(codeOf(result)).toMatchObject({
      before: { cases: 2, judged_true: 1, precision: 1 },
      after: { cases: 0, precision: null },
      cases: { kept: 0, added: 0, removed: 2 },
    });
    expect(
      result.removed.filter(({ code, kind }) => code === 'NEG_INVENTORY' && kind === 'case'),
    ).toMatchObject([
      { entity: 'sku/MUG/node/dc-1', at: at(111), verdict: 'true' },
      { entity: 'sku/PAN/node/dc-1', at: at(211), verdict: null },
    ]);
    expect(result).toMatchObject({ refused_findings: 0, failed_events: 0, truth: 'verdicts' });
  });

  test('a longer grace removes the short dip alone', async () => {
    const result = await compared([policy({ parameters: { grace_min: 20 } })]);
    expect(codeOf(result)).toMatchObject({
      after: { cases: 1, precision: 1 },
      cases: { kept: 1, added: 0, removed: 1 },
    });
  });

  test('the same policy changes nothing, and a table says so', async () => {
    const path = file('same.json', JSON.stringify(policy({ parameters: { grace_min: 10 } })));
    const { code, output } = await run(...SPAN, '--policy', path);
    expect(code, output).toBe(0);
    expect(output).toMatch(/^NEG_INVENTORY +2 .*100\.0 %/m);
    expect(output).not.toMatch(/^(Added|Removed):/m);
  });

  test.each([
    [
      'a share above 1',
      { policy: 'rule.REPLEN_RISK', scope: {}, value: { parameters: { probability: 2 } } },
      /policies\.0\.value\.parameters\.probability is 2: must be <= 1/,
    ],
    [
      'an unknown code',
      { policy: 'rule.NOTHING', scope: {}, value: {} },
      /policies\.0\.policy is "rule\.NOTHING": must be one of/,
    ],
  ])('refuses %s with the field and what is allowed', async (_name, wrong, message) => {
    const path = file('wrong.json', JSON.stringify(wrong));
    const { code, output } = await run(...SPAN, '--policy', path);
    expect(code).toBe(2);
    expect(output).toMatch(message);
  });

  test('refuses a span of which the archive has nothing', async () => {
    const path = file('policy.json', JSON.stringify(off));
    const span = ['--from', '2030-01-01T00:00:00Z', '--to', '2030-01-02T00:00:00Z'];
    const { code, output } = await run(...span, '--policy', path);
    expect(code).toBe(2);
    expect(output).toMatch(/ends before 2030-01-01/);
  });
});

describe('/v1/backtests', () => {
  let api: RunningProcess;
  beforeAll(async () => {
    api = await startProcess('api/main.ts', { portVariable: 'API_PORT', env });
  });
  afterAll(() => api?.stop());

  const call = async (method: string, path = '', body?: object) => {
    const response = await fetch(`${api.url}/v1/backtests${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const request = { from: at(60), to: at(390), policies: [off] };
  const started = async () => {
    const { body, status } = await call('POST', '', request);
    expect(status, JSON.stringify(body)).toBe(202);
    return `/${String(body['id'])}`;
  };
  const viewOf = async (path: string) => (await call('GET', path)).body as unknown as BacktestView;

  test('runs one beside the API, and keeps its result', async () => {
    const path = await started();
    expect((await call('POST', '', request)).body).toMatchObject({
      type: 'urn:stocktide:problem:backtest-running',
      status: 409,
    });
    await until(async () => (await viewOf(path)).status !== 'running');
    expect(await viewOf(path)).toMatchObject({
      ...{ status: 'done', error: null },
      progress: { phase: 'span' },
      result: { total: { cases: { added: 0 } }, truth: 'verdicts' },
    });
    const { body } = await call('GET');
    expect(body['backtests']).toMatchObject([{ id: path.slice(1), status: 'done', result: null }]);
  });

  test('cancels one, and can start the next', async () => {
    const path = await started();
    expect((await call('DELETE', path)).body).toMatchObject({ status: 'cancelled' });
    const next = await started();
    expect((await call('DELETE', next)).body).toMatchObject({ status: 'cancelled' });
    expect(await viewOf(path)).toMatchObject({ status: 'cancelled', result: null });
  });

  test('says why one failed', async () => {
    const { body } = await call('POST', '', { ...request, from: at(10_000), to: at(20_000) });
    const path = `/${String(body['id'])}`;
    await until(async () => (await viewOf(path)).status !== 'running');
    expect(await viewOf(path)).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/^the archive ends before/) as string,
    });
  });

  test.each([
    ['policies', { ...request, policies: [] }],
    ['to', { ...request, to: at(60) }],
    [
      'policies.0.value.parameters.grace_min',
      { ...request, policies: [policy({ parameters: { grace_min: -1 } })] },
    ],
    ['from', { ...request, from: 'yesterday' }],
  ])('refuses a wrong %s', async (field, body) => {
    const answer = await call('POST', '', body);
    expect(answer.status).toBe(400);
    expect(String(answer.body['field']).replace(/^\//, '')).toContain(field);
  });

  test('knows no backtest that it did not start', async () => {
    expect(await call('GET', '/nope')).toMatchObject({
      status: 404,
      body: { type: 'urn:stocktide:problem:unknown-backtest' },
    });
    expect(await call('DELETE', '/nope')).toMatchObject({ status: 404 });
  });
});
