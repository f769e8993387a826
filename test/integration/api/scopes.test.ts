/**
 * A token of one node at the real API: what it is shown of stock and cases, asked and live, what it may decide,
 * and that what lies elsewhere does not exist for it.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AtpView, SkuSearch } from '../../../contracts/atp.ts';
import type { CaseAudit, CaseList, CaseOptions, CommandOutcome } from '../../../contracts/cases.ts';
import type { TokenCreated } from '../../../contracts/access.ts';
import type { PositionList } from '../../../contracts/position-views.ts';
import type { MovementList } from '../../../contracts/stock-lists.ts';
import { as, GUARDED } from '../../support/access.ts';
import { append, event } from '../../support/log.ts';
import { useClickHouse, useNats } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { LiveClient, startAll, type Running } from './support.ts';

const nats = useNats();
const clickhouse = useClickHouse();

let running: Running;
/** Of somebody who works the cases of dc-01. */
let own: Record<string, string>;

/** A while ago: the door's clock ticks, and what is due later escalates nothing yet. */
const T0 = Math.floor(Date.now() / 60_000) * 60_000 - 10 * 60_000;
const at = (minutes: number) => new Date(T0 + minutes * 60_000).toISOString();

const stock = (sku: string, node: string, units: number) =>
  event(
    'inventory.adjusted',
    {
      ...{ adjustment_id: `${sku}/${node}`, sku_id: sku, node_id: node, state: 'available' },
      ...{ qty_delta: units, reason_code: 'correction', raw_code: '06', actor: 'u1' },
    },
    { id: `${sku}/${node}`, time: at(-60) },
  );

function raised(code: string, sku: string, node: string) {
  const entity = `sku/${sku}/node/${node}`;
  return event(
    'finding.raised',
    {
      ...{ finding_id: `${code}/${entity}`, processor: 'stock', code, entity, sku_id: sku },
      ...{ node_id: node, condition_at: at(0), detail: `${code} of ${sku}`, units: 3 },
      evidence: [{ source: 'https://wms.example/test', id: `${sku}/${node}` }],
    } as never,
    { id: `f/${code}/${sku}/${node}`, time: at(0) },
  );
}

const call = (path: string, body?: object, headers = own) =>
  fetch(`${running.api.url}${path}`, {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
  });
async function json<T>(path: string, headers = own): Promise<T> {
  const response = await call(path, undefined, headers);
  expect(response.status, `${path}: ${await response.clone().text()}`).toBe(200);
  return (await response.json()) as T;
}
const everywhere = as('root', 'admin');
const caseOf = async (sku: string, node: string): Promise<string> => {
  const { cases } = await json<CaseList>(`/v1/cases?sku_id=${sku}&node_id=${node}`, everywhere);
  expect(cases).toHaveLength(1);
  return encodeURIComponent(cases[0]?.case_id ?? '');
};
const follow = async (topic: string) => {
  const client = await LiveClient.open(running.api.url, own);
  client.say({ op: 'subscribe', topic });
  const snapshot = await client.find(({ op }) => op === 'snapshot');
  if (snapshot.op !== 'snapshot') throw new Error('no snapshot');
  return { client, data: snapshot.data };
};

beforeAll(async () => {
  running = await startAll(
    { nats, clickhouse },
    async ({ plumbing, runtime }) => {
      await runtime.flushed(
        await append(plumbing.publisher, [
          stock('MUG', 'dc-01', 2),
          stock('MUG', 'dc-02', 40),
          stock('PAN', 'dc-02', 9),
          raised('SHORT_PICK', 'MUG', 'dc-01'),
          raised('SHORT_PICK', 'MUG', 'dc-02'),
        ]),
      );
    },
    GUARDED,
  );
  const spec = { subject: 'wes', roles: ['operator'], nodes: ['dc-01'] };
  const created = await call('/v1/tokens', spec, everywhere);
  const { token } = (await created.json()) as TokenCreated;
  own = { authorization: `Bearer ${token}` };
  await until(async () => (await json<CaseList>('/v1/cases', everywhere)).total === 2);
});

afterAll(() => running?.stop());

test('stock is that of the node: searched, listed, moved, asked for, live', async () => {
  const found = await json<SkuSearch>('/v1/skus');
  expect(found).toMatchObject({
    total_positions: null,
    hits: [{ sku_id: 'MUG', nodes: 1, atp: 2 }],
  });
  expect((await json<SkuSearch>('/v1/skus?q=pan')).hits).toEqual([]);

  const listed = await json<PositionList>('/v1/positions');
  expect(listed.nodes).toEqual(['dc-01']);
  expect(listed.positions).toMatchObject([{ sku_id: 'MUG', node_id: 'dc-01', atp: 2 }]);
  const { movements } = await json<MovementList>('/v1/skus/MUG/movements');
  expect(movements.map(({ node_id: node }) => node)).toEqual(['dc-01']);

  expect((await json<AtpView>('/v1/atp/MUG')).totals.qoh).toBe(2);
  const { client, data } = await follow('atp:MUG');
  expect(data).toMatchObject({ totals: { qoh: 2 }, nodes: [{ node_id: 'dc-01' }] });
  await client.close();
});

test.each([
  '/v1/positions?node_id=dc-02',
  '/v1/skus/MUG/movements?node_id=dc-02',
  '/v1/skus/MUG/reconciliations?node_id=dc-02',
  '/v1/atp/MUG/dc-02/explain',
  '/v1/floor?node_id=dc-02',
])('another node is out of scope: %s', async (path) => {
  const response = await call(path);
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({
    type: 'urn:stocktide:problem:out-of-scope',
    detail: 'The token does not reach to node dc-02',
  });
});

test('cases are those of the node, and so are their live counts and alerts', async () => {
  expect((await json<CaseList>('/v1/cases')).total).toBe(1);
  const cases = await follow('cases');
  expect(cases.data).toMatchObject({ open: 1, top: [{ node_id: 'dc-01' }] });
  const alerts = await follow('alerts');
  const before = alerts.data['count'] as number;

  await append(running.plumbing.publisher, [
    raised('STOCKOUT', 'PAN', 'dc-02'),
    raised('STOCKOUT', 'CUP', 'dc-01'),
  ]);
  const delta = await cases.client.find((one) => one.op === 'delta' && 'open' in one.data);
  expect(delta).toMatchObject({ data: { open: 2 } });
  const told = await alerts.client.find(({ op }) => op === 'delta');
  expect(told).toMatchObject({ data: { count: before + 1 } });
  expect(JSON.stringify(alerts.client.got)).not.toContain('dc-02');
  expect(JSON.stringify(cases.client.got)).not.toContain('dc-02');
  await Promise.all([cases.client.close(), alerts.client.close()]);
});

test('what is proposed for a case stays within the node', async () => {
  const id = await caseOf('MUG', 'dc-01');
  const proposed = async (headers: Record<string, string>) => {
    const { options } = await json<CaseOptions>(`/v1/cases/${id}/options`, headers);
    return options.map(({ option }) => option);
  };
  expect(await proposed(everywhere)).toContain('reroute/dc-02');
  expect(await proposed(own)).toEqual(['count/dc-01']);
});

test('its own cases are theirs to work, and the trail to check', async () => {
  const id = await caseOf('MUG', 'dc-01');
  const response = await call(`/v1/cases/${id}/commands`, { command: 'acknowledge' });
  expect(response.status).toBe(200);
  const outcome = (await response.json()) as CommandOutcome;
  expect(outcome).toMatchObject({ outcome: 'changed', case: { status: 'acknowledged' } });
  await until(async () => (await json<CaseAudit>(`/v1/cases/${id}/audit`)).steps > 1);
  expect(await json<CaseAudit>(`/v1/cases/${id}/audit`)).toMatchObject({ intact: true });
});

test('a case elsewhere is none: not shown, not decided about, alone or among its own', async () => {
  const mine = decodeURIComponent(await caseOf('CUP', 'dc-01'));
  const theirs = await caseOf('MUG', 'dc-02');
  for (const part of ['', '/options', '/audit']) {
    expect((await call(`/v1/cases/${theirs}${part}`)).status, part).toBe(404);
  }
  const acknowledge = { command: 'acknowledge' };
  const both = { ...acknowledge, case_ids: [mine, decodeURIComponent(theirs)] };
  for (const refused of [
    await call(`/v1/cases/${theirs}/commands`, acknowledge),
    await call('/v1/cases/NO%2Fsuch%2F9/commands', acknowledge),
    await call('/v1/cases/commands', both),
  ]) {
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ type: 'urn:stocktide:problem:out-of-scope' });
  }
  const { cases } = await json<CaseList>('/v1/cases?sku_id=CUP', everywhere);
  expect(cases).toMatchObject([{ status: 'open' }]);
});
