/**
 * Cases over HTTP and live, in front of a real processor, door and ClickHouse: the ranked list, one case
 * whole, options from live stock, commands and what became of them.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  BulkOutcome,
  CaseAudit,
  CaseDetail,
  CaseList,
  CaseOptions,
  CommandOutcome,
} from '../../../contracts/cases.ts';
import { append, event } from '../../support/log.ts';
import { useClickHouse, useNats } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { LiveClient, startAll, type Running } from './support.ts';

const nats = useNats();
const clickhouse = useClickHouse();

let running: Running;

/** A while ago: the door's clock ticks, and what is due later escalates nothing yet. */
const T0 = Math.floor(Date.now() / 60_000) * 60_000 - 10 * 60_000;
const at = (minutes: number) => new Date(T0 + minutes * 60_000).toISOString();

function raised(code: string, sku: string, minutes: number, more: Record<string, unknown> = {}) {
  const entity = `sku/${sku}/node/dc-01`;
  return event(
    'finding.raised',
    {
      ...{ finding_id: `${code}/${entity}`, processor: 'stock', code, entity, sku_id: sku },
      ...{ node_id: 'dc-01', condition_at: at(minutes), detail: `${code} of ${sku}` },
      evidence: [{ source: 'https://wms.example/test', id: 'stock-2' }],
      ...more,
    } as never,
    { id: `f/${code}/${sku}`, time: at(minutes) },
  );
}

const stock = (id: string, sku: string, node: string, units: number) =>
  event(
    'inventory.adjusted',
    {
      ...{ adjustment_id: id, sku_id: sku, node_id: node, state: 'available', qty_delta: units },
      ...{ reason_code: 'correction', raw_code: '06', actor: 'u1' },
    },
    { id, time: at(-60) },
  );

const get = (path: string) => fetch(`${running.api.url}${path}`);
async function getJson<T>(path: string): Promise<T> {
  const response = await get(path);
  expect(response.status, `${path}: ${await response.clone().text()}`).toBe(200);
  return (await response.json()) as T;
}
const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${running.api.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const pathOf = (caseId: string) => `/v1/cases/${encodeURIComponent(caseId)}`;
const command = async (caseId: string, body: object, headers: Record<string, string> = {}) =>
  (await (await post(`${pathOf(caseId)}/commands`, body, headers)).json()) as CommandOutcome;
const idOf = async (query: string) => {
  const { cases } = await getJson<CaseList>(`/v1/cases?${query}`);
  expect(cases).toHaveLength(1);
  return cases[0]?.case_id ?? '';
};

beforeAll(async () => {
  // Stock at two nodes; the case of MUG was there before the API started.
  running = await startAll({ nats, clickhouse }, async ({ plumbing, runtime }) => {
    await runtime.flushed(
      await append(plumbing.publisher, [
        stock('stock-1', 'MUG', 'dc-01', 2),
        stock('stock-2', 'MUG', 'dc-02', 40),
        raised('SHORT_PICK', 'MUG', 0, { units: 3, amount: '90.00' }),
      ]),
    );
  });
  await append(running.plumbing.publisher, [
    raised('NEG_INVENTORY', 'PAN', 1, { units: -5, amount: '12.00', floor: 'SEV2' }),
    raised('STOCKOUT', 'CUP', 2, { units: 6, amount: '30.00' }),
    raised('REPLEN_RISK', 'JAR', 3, { units: 6, amount: '5.00' }),
  ]);
  await until(async () => (await getJson<CaseList>('/v1/cases')).total === 4);
});

afterAll(() => running?.stop());

test('lists open cases by severity, then money at risk', async () => {
  const list = await getJson<CaseList>('/v1/cases');
  const ranked = list.cases.map((one) => [one.severity, Number(one.amount)] as const);
  expect(ranked).toEqual([...ranked].sort((a, b) => a[0].localeCompare(b[0]) || b[1] - a[1]));
  expect(list).toMatchObject({ total: 4, complete: true, next_cursor: null });
  expect(list.cases[0]).toMatchObject({ severity: 'SEV2', sku_id: 'PAN', status: 'open' });
});

test('pages without repeating or skipping', async () => {
  const first = await getJson<CaseList>('/v1/cases?limit=3');
  expect(first.cases).toHaveLength(3);
  const rest = await getJson<CaseList>(
    `/v1/cases?limit=3&cursor=${encodeURIComponent(first.next_cursor ?? '')}`,
  );
  const skus = [...first.cases, ...rest.cases].map((one) => one.sku_id);
  expect(skus.sort()).toEqual(['CUP', 'JAR', 'MUG', 'PAN']);
  expect(rest.next_cursor).toBeNull();
});

test('narrows by code, SKU, team and text', async () => {
  for (const query of ['code=SHORT_PICK', 'sku_id=MUG', 'q=short_pick%20of%20mug']) {
    expect(await idOf(query)).toMatch(/^SHORT_PICK\/sku\/MUG\/node\/dc-01\/\d+$/);
  }
  expect((await getJson<CaseList>('/v1/cases?team=returns')).total).toBe(0);
});

test('shows one whole, with its evidence from the archive', async () => {
  const detail = await getJson<CaseDetail>(pathOf(await idOf('code=SHORT_PICK')));
  expect(detail).toMatchObject({
    ...{ title: 'Short pick', units: 3, amount: '90.00', condition_at: at(0), root_cause: null },
    conditions: [{ code: 'SHORT_PICK', own: true, cleared_at: null }],
    evidence: [{ id: 'stock-2', type: 'stocktide.inventory.adjusted.v1', time: at(-60) }],
    steps: [{ kind: 'opened', actor: 'stocktide', at: at(0), status: 'open' }],
    rule: { title: 'Short pick', version: 0 },
  });
  expect(JSON.parse(detail.evidence[0]?.data ?? '')).toMatchObject({ qty_delta: 40 });
  expect(detail.steps[0]?.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(detail.choices.root_causes[0]).toBe(detail.rule?.causes[0]);
});

test('proposes what live stock allows', async () => {
  const { options } = await getJson<CaseOptions>(
    `${pathOf(await idOf('code=SHORT_PICK'))}/options`,
  );
  expect(options.map(({ option }) => option)).toEqual([
    'reroute/dc-02',
    'transfer/dc-02',
    'count/dc-01',
  ]);
  // 40 for sale at dc-02, 3 wanted.
  expect(options[0]).toMatchObject({ units: 3, amount: null });
  expect(options[0]?.cost).toContain('leaves 37 of 40 for sale at dc-02');
});

describe('a command', () => {
  test('is told what became of it; the second person is refused precisely', async () => {
    const id = await idOf('code=STOCKOUT');
    const both = await Promise.all([
      command(id, { command: 'acknowledge' }),
      command(id, { command: 'acknowledge' }),
    ]);
    expect(both.map(({ outcome }) => outcome).sort()).toEqual(['changed', 'refused']);
    const refused = both.find(({ outcome }) => outcome === 'refused');
    expect(refused?.detail).toBe('acknowledge: it is acknowledged already');
    const detail = await getJson<CaseDetail>(pathOf(id));
    expect(detail).toMatchObject({
      status: 'acknowledged',
      allowed: expect.not.arrayContaining(['acknowledge']) as string[],
    });
    expect(detail.steps.map(({ kind }) => kind).sort()).toEqual([
      'acknowledge',
      'opened',
      'refused',
    ]);
  });

  test('sent again with its key counts once, and gets the same answer', async () => {
    const id = await idOf('code=REPLEN_RISK');
    const key = { 'idempotency-key': 'k-1' };
    const first = await command(id, { command: 'comment', text: 'on it' }, key);
    const again = await command(id, { command: 'comment', text: 'on it' }, key);
    expect(first).toMatchObject({ outcome: 'changed', detail: 'on it' });
    expect(again).toEqual(first);
    const other = await post(`${pathOf(id)}/commands`, { command: 'acknowledge' }, key);
    expect(other.status).toBe(409);
  });

  test('about a case that does not exist is refused, and leaves a trace', async () => {
    expect(await command('NO/such/1', { command: 'acknowledge' })).toMatchObject({
      ...{ outcome: 'refused', detail: 'acknowledge: there is no such case', case: null },
    });
  });

  test.each([
    [
      { command: 'resolve', root_cause: 'GREMLINS', resolution: 'x' },
      422,
      { field: 'root_cause', value: '"GREMLINS"' },
    ],
    [{ command: 'acknowledge', mood: 'good' }, 422, { field: 'mood' }],
    [{ command: 'explode' }, 400, { field: '/command' }],
  ])('that is wrong is told where: %j', async (body, status, problem) => {
    const response = await post(`${pathOf('NO/such/2')}/commands`, body);
    expect(await response.json()).toMatchObject({ status, ...problem });
  });

  test('about several cases has an outcome for each', async () => {
    const ids = [await idOf('code=REPLEN_RISK'), await idOf('code=STOCKOUT')];
    const response = await post('/v1/cases/commands', {
      ...{ case_ids: ids, command: 'acknowledge' },
    });
    const { outcomes } = (await response.json()) as BulkOutcome;
    expect(outcomes.map(({ case_id, outcome }) => [case_id, outcome])).toEqual([
      [ids[0], 'changed'],
      [ids[1], 'refused'],
    ]);
  });
});

test('a resolved case is listed as closed, and its steps chain', async () => {
  const id = await idOf('code=REPLEN_RISK');
  const outcome = await command(id, {
    ...{ command: 'resolve', root_cause: 'FORECAST', resolution: 'ordered more' },
  });
  expect(outcome).toMatchObject({ outcome: 'changed', case: { status: 'resolved' } });
  expect((await getJson<CaseList>('/v1/cases?code=REPLEN_RISK')).total).toBe(0);
  expect(await idOf('code=REPLEN_RISK&status=closed')).toBe(id);
  expect((await getJson<CaseList>('/v1/cases?status=all')).total).toBe(4);
});

test('the trail of a case is intact as it was written, and a changed step is named', async () => {
  const id = await idOf('code=REPLEN_RISK&status=closed');
  const audit = () => getJson<CaseAudit>(`${pathOf(id)}/audit`);
  await until(async () => (await audit()).steps > 3);
  expect(await audit()).toMatchObject({ intact: true, n: null });

  const { steps } = await getJson<CaseDetail>(pathOf(id));
  const n = steps[1]?.n ?? 0;
  await clickhouse.client.command({
    query: `ALTER TABLE stocktide.case_events UPDATE detail = concat(detail, '.') WHERE n = ${n}`,
    clickhouse_settings: { mutations_sync: '2' },
  });
  expect(await audit()).toMatchObject({
    ...{ intact: false, n },
    why: 'its content does not give its hash',
  });
});

describe('live', () => {
  test('counts open cases and ranks the worst', async () => {
    const client = await LiveClient.open(running.api.url);
    client.say({ op: 'subscribe', topic: 'cases' });
    const snapshot = await client.find((message) => message.op === 'snapshot');
    expect(snapshot).toMatchObject({
      data: { open: 3, by_severity: { SEV1: 0, SEV2: 1 }, top: [{ sku_id: 'PAN' }, {}, {}] },
    });
    await client.close();
  });

  test('each alert comes, in a slot of its own', async () => {
    const client = await LiveClient.open(running.api.url);
    client.say({ op: 'subscribe', topic: 'alerts' });
    const snapshot = await client.find((message) => message.op === 'snapshot');
    if (snapshot.op !== 'snapshot') throw new Error('no snapshot');
    const before = snapshot.data['count'] as number;
    const skus = Array.from({ length: 20 }, (_, i) => `LAMP-${i}`);
    await append(
      running.plumbing.publisher,
      skus.map((sku) => raised('DAMAGED_STOCK', sku, 4)),
    );
    const alerts = () =>
      client.got.flatMap((message) =>
        message.op === 'delta'
          ? Object.values(message.data).filter((value) => typeof value === 'object')
          : [],
      ) as { kind: string; case: { sku_id: string } }[];
    const opened = () => alerts().filter(({ kind }) => kind === 'opened');
    await until(() => opened().length === skus.length);
    expect(opened().map((alert) => alert.case.sku_id)).toEqual(skus);
    const counts = client.got.flatMap((message) =>
      message.op === 'delta' ? [message.data['count'] as number] : [],
    );
    // Those that arrive together go out together; none is lost, none counts twice.
    expect(counts).toEqual([...new Set(counts)].toSorted((a, b) => a - b));
    expect(counts.at(-1)).toBe(before + alerts().length);
    await client.close();
  });
});

describe('a question that cannot be asked is told what could', () => {
  test.each([
    ['/v1/cases?severity=SEV9', 400, { field: '/severity' }],
    ['/v1/cases?cursor=abc', 400, { field: 'cursor' }],
    ['/v1/cases?limit=1000', 400, { field: '/limit' }],
    ['/v1/cases/NO%2Fsuch%2F9', 404, { field: 'id', value: 'NO/such/9' }],
    ['/v1/cases/NO%2Fsuch%2F9/options', 404, { field: 'id' }],
  ])('%s', async (path, status, problem) => {
    const response = await get(path);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ status, ...problem });
  });
});
