/**
 * What the API does while a part behind it is away, and when it is back. Each test kills and revives
 * a real part; what changed meanwhile must be on the screen afterwards.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AtpView, SkuSearch } from '../../../contracts/atp.ts';
import { append, event } from '../../support/log.ts';
import {
  connect,
  startRuntime,
  type Plumbing,
  type RunningRuntime,
} from '../../support/runtime.ts';
import { useClickHouse, useNats } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { LiveClient, startProcess, type Received, type RunningProcess } from './support.ts';

const nats = useNats();
const clickhouse = useClickHouse();

let plumbing: Plumbing;
let runtime: RunningRuntime;
let api: RunningProcess;
let adjustments = 0;

const start = () => startRuntime(plumbing, { limits: { flushMs: 50 } });
const adjusted = (sku_id: string, qty_delta: number) => {
  const id = `a${++adjustments}`;
  return event(
    'inventory.adjusted',
    {
      adjustment_id: id,
      sku_id,
      node_id: 'dc-01',
      state: 'available',
      qty_delta,
      reason_code: 'correction',
      raw_code: '06',
      actor: 'u1',
    },
    { id, time: '2025-03-01T10:00:00Z' },
  );
};

beforeAll(async () => {
  const { url, user, pass } = nats;
  plumbing = await connect({ url, user, pass }, clickhouse);
  runtime = await start();
  api = await startProcess('api/main.ts', {
    portVariable: 'API_PORT',
    env: {
      NATS_URL: url,
      NATS_USER: user,
      NATS_PASSWORD: pass,
      CLICKHOUSE_URL: clickhouse.url,
      DOOR_URL: 'http://127.0.0.1:9',
    },
  });
});

afterAll(async () => {
  await runtime?.stop();
  await plumbing?.close();
});

const get = (path: string) => fetch(`${api.url}${path}`);

/** A client that follows a SKU and has its first value. */
async function following(sku: string): Promise<LiveClient> {
  const client = await LiveClient.open(api.url);
  client.say({ op: 'subscribe', topic: `atp:${sku}` });
  await client.find((message) => message.op === 'snapshot');
  return client;
}

const hasAtp = (atp: number) => (message: Received) =>
  (message.op === 'delta' || message.op === 'snapshot') &&
  (message.data['totals'] as AtpView['totals'] | undefined)?.atp === atp;

test('the processor is away: 503 and word of it, then what happened meanwhile', async () => {
  await append(plumbing.publisher, [adjusted('A', 10)]);
  const client = await following('A');
  await client.find(hasAtp(10));
  await runtime.stop();
  // Its answers end with its connection; the runtime of this test shares one with the publisher.
  await plumbing.close();
  await until(async () => (await get('/v1/atp/A')).status === 503);
  const response = await get('/v1/atp/A');
  expect(response.headers.get('retry-after')).toBe('1');
  expect(await response.json()).toMatchObject({ type: 'urn:stocktide:problem:ledger-no-owner' });

  const { url, user, pass } = nats;
  plumbing = await connect({ url, user, pass }, clickhouse);
  await append(plumbing.publisher, [adjusted('A', -3)]);
  const late = await LiveClient.open(api.url);
  late.say({ op: 'subscribe', topic: 'atp:B' });
  await late.find((message) => message.op === 'error' && message.code === 'unavailable');

  runtime = await start();
  await append(plumbing.publisher, [adjusted('A', -2)]);
  await client.find(hasAtp(5));
  await late.find((message) => message.op === 'snapshot' && message.topic === 'atp:B');
  await Promise.all([client.close(), late.close()]);
});

test('NATS is away: 503, not ready; live topics go on by themselves afterwards', async () => {
  await append(plumbing.publisher, [adjusted('N', 10)]);
  const client = await following('N');
  await nats.kill();
  await until(async () => (await get('/readyz')).status === 503);
  expect((await get('/v1/atp/N')).status).toBe(503);
  expect((await get('/healthz')).status).toBe(200);

  await nats.restart();
  await until(async () => (await get('/readyz')).ok);
  await until(async () => (await get('/v1/atp/N')).ok);
  await append(plumbing.publisher, [adjusted('N', -4)]);
  await client.find(hasAtp(6));
  await client.close();
});

test('ClickHouse is away: ATP and ids are answered, explanations are not', async () => {
  await runtime.flushed(await append(plumbing.publisher, [adjusted('C', 10)]));
  await clickhouse.kill();
  const view = (await (await get('/v1/atp/C')).json()) as AtpView;
  expect(view).toMatchObject({ known: true, description: null, totals: { atp: 10 } });
  const found = (await (await get('/v1/skus?q=c')).json()) as SkuSearch;
  expect(found.hits.map((hit) => hit.sku_id)).toContain('C');
  expect(await (await get('/v1/skus?q=some+words')).json()).toMatchObject({ hits: [] });
  const explanation = await get('/v1/atp/C/dc-01/explain');
  expect(explanation.status).toBe(503);
  expect(await explanation.json()).toMatchObject({
    type: 'urn:stocktide:problem:clickhouse-unavailable',
  });

  await clickhouse.restart();
  await until(async () => (await get('/v1/atp/C/dc-01/explain')).ok);
});

test('the door is away: 503 and when to come again', async () => {
  const response = await fetch(`${api.url}/v1/events`, { method: 'POST', body: '{}' });
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('1');
  expect(await response.json()).toMatchObject({ type: 'urn:stocktide:problem:door-unavailable' });
});

test('told to stop, it lets its sockets go and ends with 0', async () => {
  const client = await LiveClient.open(api.url);
  expect(await api.stop()).toBe(0);
  await client.closed;
});
