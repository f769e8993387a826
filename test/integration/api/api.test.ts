/**
 * The API process in front of a real stock processor, nats-server, ClickHouse and door.
 */
import http from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AtpExplanation, AtpView, SkuSearch } from '../../../contracts/atp.ts';
import type { SystemView } from '../../../contracts/live.ts';
import { STOCK_STATES } from '../../../contracts/states.ts';
import { append, event } from '../../support/log.ts';
import {
  connect,
  startRuntime,
  type Plumbing,
  type RunningRuntime,
} from '../../support/runtime.ts';
import { useClickHouse, useNats } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { LiveClient, startProcess, type RunningProcess } from './support.ts';

const nats = useNats();
const clickhouse = useClickHouse();

let plumbing: Plumbing;
let runtime: RunningRuntime;
let door: RunningProcess;
let api: RunningProcess;
let events = 0;

const TIME = '2025-03-01T10:00:00Z';
const unique = () => ({ id: `e${++events}`, time: TIME });

/** Units that enter a state of a position from outside. */
const adjusted = (
  sku_id: string,
  qty_delta: number,
  state: 'available' | 'damaged' = 'available',
) =>
  event(
    'inventory.adjusted',
    {
      adjustment_id: `a${events}`,
      sku_id,
      node_id: 'dc-01',
      state,
      qty_delta,
      reason_code: 'correction',
      raw_code: '06',
      actor: 'u1',
    },
    unique(),
  );
const named = (sku_id: string, description: string) =>
  event(
    'item.upserted',
    {
      sku_id,
      gtin: '',
      uom: 'EA',
      pack_qty: 1,
      abc_class: 'A',
      unit_cost: '1.00',
      status: 'active',
      description,
    },
    unique(),
  );

/** Appends events and waits until they are applied and in ClickHouse. */
async function given(...given: Parameters<typeof append>[1][number][]): Promise<void> {
  await runtime.flushed(await append(plumbing.publisher, given));
}

const get = (path: string, init?: RequestInit) => fetch(`${api.url}${path}`, init);
async function getJson<T>(path: string): Promise<T> {
  const response = await get(path);
  expect(response.status, `${path}: ${await response.clone().text()}`).toBe(200);
  return (await response.json()) as T;
}

/** Status of a path as it is written; `fetch` would tidy it up first. */
function statusOf(path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(api.url);
  return new Promise((resolve, reject) => {
    http
      .get({ hostname, port, path }, (response) => resolve(response.resume().statusCode))
      .on('error', reject);
  });
}

beforeAll(async () => {
  const { url, user, pass } = nats;
  plumbing = await connect({ url, user, pass }, clickhouse);
  runtime = await startRuntime(plumbing, { limits: { flushMs: 50 } });
  const env = {
    NATS_URL: nats.url,
    NATS_USER: nats.user,
    NATS_PASSWORD: nats.pass,
    CLICKHOUSE_URL: clickhouse.url,
  };
  door = await startProcess('ingest/main.ts', { portVariable: 'DOOR_PORT', env });
  api = await startProcess('api/main.ts', {
    portVariable: 'API_PORT',
    env: { ...env, DOOR_URL: door.url },
  });
});

afterAll(async () => {
  await api?.stop();
  await door?.stop();
  await runtime?.stop();
  await plumbing?.close();
});

describe('GET /v1/atp/{sku}', () => {
  test('answers from the ledger, with the description of ClickHouse', async () => {
    await given(named('MUG', 'Stoneware mug'), adjusted('MUG', 12), adjusted('MUG', 2, 'damaged'));
    const view = await getJson<AtpView>('/v1/atp/MUG');
    expect(view).toMatchObject({
      sku_id: 'MUG',
      known: true,
      description: 'Stoneware mug',
      totals: { qoh: 14, atp: 12, afs: 12 },
      nodes: [{ node_id: 'dc-01', qoh: 14, unsellable: 2, atp: 12 }],
    });
    expect(Object.keys(view.nodes[0]?.states ?? {})).toEqual([...STOCK_STATES]);
  });

  test('a SKU that no event has named is unknown, and the answer says where to search', async () => {
    const response = await get('/v1/atp/NOPE');
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toMatch('application/problem+json');
    expect(await response.json()).toMatchObject({
      type: 'urn:stocktide:problem:unknown-sku',
      detail: expect.stringContaining('/v1/skus?q=NOPE') as string,
      field: 'sku',
      value: 'NOPE',
    });
  });

  test.each(['a.b', 'a%20b', 'a*', 'x'.repeat(65)])('refuses the id %s', async (sku) => {
    const response = await get(`/v1/atp/${sku}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ field: '/sku' });
  });
});

describe('GET /v1/atp/{sku}/{node}/explain', () => {
  test('adds up, shows the events of each term, and agrees with ClickHouse', async () => {
    await given(adjusted('WHY', 10), adjusted('WHY', -3), adjusted('WHY', 2, 'damaged'));
    const explanation = await getJson<AtpExplanation>('/v1/atp/WHY/dc-01/explain');
    expect(explanation).toMatchObject({ atp: 7, afs: 7, agrees: true, differing: [] });
    const available = explanation.terms.find((term) => term.term === 'available');
    expect(available).toMatchObject({ units: 7, clickhouse_units: 7, agrees: true, movements: 2 });
    expect(available?.events.map((one) => [one.type, one.delta])).toEqual([
      ['stocktide.inventory.adjusted.v1', -3],
      ['stocktide.inventory.adjusted.v1', 10],
    ]);
  });

  test('waits for the flush of a movement that has just been applied', async () => {
    const seq = await append(plumbing.publisher, [adjusted('FRESH', 5)]);
    await until(() => runtime.runtime.appliedSeq >= seq);
    const explanation = await getJson<AtpExplanation>('/v1/atp/FRESH/dc-01/explain');
    expect(explanation).toMatchObject({ atp: 5, agrees: true });
    expect(explanation.checked_seq).toBe(seq);
  });

  test('shows at most 20 events of a term and counts them all', async () => {
    await given(...Array.from({ length: 25 }, () => adjusted('MANY', 1)));
    const { terms } = await getJson<AtpExplanation>('/v1/atp/MANY/dc-01/explain');
    const available = terms.find((term) => term.term === 'available');
    expect(available?.events).toHaveLength(20);
    expect(available?.movements).toBe(25);
    const seqs = available?.events.map((one) => one.seq) ?? [];
    expect(seqs).toEqual([...seqs].sort((a, b) => b - a));
  });

  test('says which account differs when a row in ClickHouse is not of the ledger', async () => {
    await given(adjusted('ROGUE', 10));
    const { last_seq: seq } = (await getJson<AtpView>('/v1/atp/ROGUE')).nodes[0] ?? {};
    await clickhouse.client.command({
      query: `INSERT INTO ${plumbing.clickhouse.database}.stock_movements
        (seq, sku_id, node_id, from_account, to_account, qty, time)
        VALUES ({seq:UInt64}, 'ROGUE', 'dc-01', 'available', 'lost', 1, now64(3))`,
      query_params: { seq },
    });
    const explanation = await getJson<AtpExplanation>('/v1/atp/ROGUE/dc-01/explain');
    expect(explanation.agrees).toBe(false);
    expect(explanation.differing).toEqual([
      { account: 'available', ledger: 10, clickhouse: 9 },
      { account: 'lost', ledger: 0, clickhouse: 1 },
    ]);
  });

  test('a position that nothing moved is unknown', async () => {
    await given(adjusted('ONE', 1));
    const response = await get('/v1/atp/ONE/dc-99/explain');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ field: 'node', value: 'dc-99' });
  });
});

describe('GET /v1/skus', () => {
  beforeAll(() =>
    given(
      named('BAG-1', 'Jumbo bag'),
      named('20725', 'Lunch bag, red'),
      adjusted('BAG-1', 4),
      adjusted('20725', 6),
    ),
  );

  test('finds ids first, then descriptions', async () => {
    const found = await getJson<SkuSearch>('/v1/skus?q=bag');
    expect(found.hits).toEqual([
      { sku_id: 'BAG-1', description: 'Jumbo bag', nodes: 1, atp: 4 },
      { sku_id: '20725', description: 'Lunch bag, red', nodes: 1, atp: 6 },
    ]);
  });

  test('without words answers what moved last', async () => {
    await given(adjusted('BAG-1', 1));
    const { hits } = await getJson<SkuSearch>('/v1/skus?limit=2');
    expect(hits.map((hit) => hit.sku_id)).toEqual(['BAG-1', '20725']);
  });

  test('finds nothing, and says among how many', async () => {
    const found = await getJson<SkuSearch>('/v1/skus?q=zzz');
    expect(found.hits).toEqual([]);
    expect(found.total_positions).toBeGreaterThan(0);
  });

  test.each(['limit=0', 'limit=101', 'limit=many'])('refuses %s', async (query) => {
    expect((await get(`/v1/skus?${query}`)).status).toBe(400);
  });
});

describe('/v1/live', () => {
  const isDelta = (topic: string) => (message: { op: string; topic?: string }) =>
    message.op === 'delta' && message.topic === topic;

  test('sends a snapshot and then what changes', async () => {
    await given(adjusted('LIVE', 10));
    const client = await LiveClient.open(api.url);
    client.say({ op: 'subscribe', topic: 'atp:LIVE' });
    expect(await client.find((message) => message.op === 'snapshot')).toMatchObject({
      topic: 'atp:LIVE',
      n: 0,
      data: { sku_id: 'LIVE', known: true, totals: { atp: 10 } },
    });

    await append(plumbing.publisher, [adjusted('LIVE', -4)]);
    expect(await client.find(isDelta('atp:LIVE'))).toMatchObject({
      n: 1,
      data: { totals: { atp: 6 } },
    });
    await client.close();
  });

  test('resumes with what was missed and no more', async () => {
    await given(adjusted('TUNNEL', 10));
    const before = await LiveClient.open(api.url);
    before.say({ op: 'subscribe', topic: 'atp:TUNNEL' });
    const snapshot = await before.find((message) => message.op === 'snapshot');
    await before.close();
    if (snapshot.op !== 'snapshot') throw new Error('not a snapshot');

    const witness = await LiveClient.open(api.url);
    witness.say({ op: 'subscribe', topic: 'atp:TUNNEL' });
    await append(plumbing.publisher, [adjusted('TUNNEL', -1)]);
    await witness.find(isDelta('atp:TUNNEL'));

    const after = await LiveClient.open(api.url);
    const { n, stream } = snapshot;
    after.say({ op: 'subscribe', topic: 'atp:TUNNEL', resume: { stream, n } });
    expect(await after.find(isDelta('atp:TUNNEL'))).toMatchObject({
      n: 1,
      data: { totals: { atp: 9 } },
    });
    expect(after.got).toHaveLength(1);
    await Promise.all([after.close(), witness.close()]);
  });

  test('a SKU that is not yet known becomes known', async () => {
    const client = await LiveClient.open(api.url);
    client.say({ op: 'subscribe', topic: 'atp:UNBORN' });
    expect(await client.find((message) => message.op === 'snapshot')).toMatchObject({
      data: { known: false },
    });
    await append(plumbing.publisher, [adjusted('UNBORN', 1)]);
    expect(await client.find(isDelta('atp:UNBORN'))).toMatchObject({ data: { known: true } });
    await client.close();
  });

  test('the system topic has the door and the state of ClickHouse and NATS', async () => {
    const client = await LiveClient.open(api.url);
    client.say({ op: 'subscribe', topic: 'system' });
    await client.find(
      (message) =>
        (message.op === 'snapshot' || message.op === 'delta') &&
        Array.isArray(message.data['doors']) &&
        message.data['doors'].length === 1,
    );
    const view = await getJson<SystemView>('/v1/system');
    expect(view).toMatchObject({ clickhouse: { ok: true }, nats: { ok: true } });
    expect(view.doors[0]?.accepted).toBeTypeOf('number');
    await client.close();
  });

  test('refuses a page of another origin, and takes one of its own', async () => {
    await expect(LiveClient.open(api.url, { origin: 'https://evil.example' })).rejects.toThrow(
      '403',
    );
    const client = await LiveClient.open(api.url, { origin: api.url });
    await client.close();
  });

  test('closes on a message that is too long or not text', async () => {
    const long = await LiveClient.open(api.url);
    long.sendRaw(' '.repeat(64 * 1024 + 1));
    expect(await long.closed).toBe(1009);
    const binary = await LiveClient.open(api.url);
    binary.sendRaw(Buffer.from('{"op":"ping"}'));
    expect(await binary.closed).toBe(1003);
  });

  test('without an upgrade says what is needed', async () => {
    expect((await get('/v1/live')).status).toBe(426);
  });
});

describe('the way to the door', () => {
  test('forwards events and their answers', async () => {
    const response = await get('/v1/events', {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: `${JSON.stringify(adjusted('DOOR', 3))}\n{"not":"an event"}\n`,
    });
    expect(await response.json()).toMatchObject({ accepted: 1, rejected: 1 });
    await until(async () => (await get('/v1/atp/DOOR')).ok);
  });

  test('lists dead letters', async () => {
    expect((await get('/v1/dead')).status).toBe(200);
  });

  test('goes nowhere else', async () => {
    expect(await statusOf('/v1/eventsx')).toBe(404);
    for (const path of ['/v1/events/../../metrics', '/v1/events/..%2f..%2fmetrics']) {
      expect(await statusOf(path), path).toBeGreaterThanOrEqual(400);
    }
  });
});

describe('the description and the health', () => {
  test('OpenAPI has the routes with their parameters and answers', async () => {
    const document = await getJson<{
      openapi: string;
      paths: Record<string, { get?: { responses: object; parameters?: { name: string }[] } }>;
    }>('/v1/openapi.json');
    expect(document.openapi).toMatch(/^3\./);
    expect(Object.keys(document.paths)).toContain('/v1/orders/{id}/trace');
    const explain = document.paths['/v1/atp/{sku}/{node}/explain']?.get;
    expect(explain?.parameters?.map((parameter) => parameter.name)).toEqual(['sku', 'node']);
    expect(Object.keys(explain?.responses ?? {})).toEqual(['200', '404', '503']);
  });

  test('health, readiness and metrics', async () => {
    expect((await get('/healthz')).status).toBe(200);
    expect(await getJson('/readyz')).toMatchObject({ checks: { nats: { ok: true } } });
    expect(await (await get('/metrics')).text()).toContain('stocktide_live_clients');
  });
});
