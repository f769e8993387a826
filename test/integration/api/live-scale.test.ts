/**
 * A thousand live clients on a real system: every alert reaches each of them, and those that do not read,
 * send garbage or want everything are answered precisely while nobody else notices.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AlertsLive } from '../../../contracts/cases.ts';
import type { ServerMessage } from '../../../contracts/live.ts';
import { startDoor, type TestDoor } from '../ingest/door-support.ts';
import { event } from '../../support/log.ts';
import { gatherCrowd, openSocket, type Crowd } from '../../support/crowd.ts';
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

const CLIENTS = 1000;
/** Some at a time, so that several of them share a message now and then. */
const BURSTS = 4;
const BURST = 5;
const GENEROUS_MS = 60_000;

let plumbing: Plumbing;
let runtime: RunningRuntime;
let door: TestDoor;
let api: RunningProcess;
let crowd: Crowd;
/** How many clients got the alert of a SKU. */
const arrivals = new Map<string, number>();

beforeAll(async () => {
  const { url, user, pass } = nats;
  plumbing = await connect({ url, user, pass }, clickhouse);
  runtime = await startRuntime(plumbing);
  door = await startDoor(nats);
  api = await startProcess('api/main.ts', {
    portVariable: 'API_PORT',
    env: {
      NATS_URL: url,
      NATS_USER: user,
      NATS_PASSWORD: pass,
      CLICKHOUSE_URL: clickhouse.url,
      DOOR_URL: door.url,
      LIVE_MAX_BUFFERED_BYTES: String(64 * 1024),
    },
  });
  crowd = await gatherCrowd({
    url: api.url,
    clients: CLIENTS,
    topics: ['kpi', 'alerts'],
    onAlert: ({ alert: { case: about } }) => {
      if (about.code !== 'SHORT_PICK') return;
      arrivals.set(about.sku_id, (arrivals.get(about.sku_id) ?? 0) + 1);
    },
  });
});

afterAll(async () => {
  crowd?.close();
  await api?.stop();
  await runtime?.stop();
  await plumbing?.close();
});

let scene = 0;

/** Opens cases, and waits until everybody has heard of each of them. Tells their SKUs. */
async function alertEverybody(): Promise<string[]> {
  scene += 1;
  const skus = Array.from({ length: BURSTS * BURST }, (_, number) => `S${scene}-${number}`);
  for (let at = 0; at < skus.length; at += BURST) {
    await door.post(skus.slice(at, at + BURST).map(shortPick));
  }
  await until(() => skus.every((sku) => arrivals.get(sku) === CLIENTS), GENEROUS_MS);
  return skus;
}

function shortPick(sku: string) {
  return event(
    'pick.shorted',
    {
      ...{ task_id: `T-${sku}`, order_id: `O-${sku}`, line_id: '1', sku_id: sku, node_id: 'dc-01' },
      ...{ location_id: `B-${sku}`, qty_requested: 3, qty_picked: 1, qty_short: 2 },
      ...{ shift_id: 'early', worker_pseudo_id: 'w1', reason: 'empty' },
    },
    { id: `short-${sku}`, time: new Date().toISOString() },
  );
}

test('each alert reaches each of a thousand clients', async () => {
  await alertEverybody();
  expect(crowd).toMatchObject({ resyncs: 0, lost: 0 });
});

describe('nobody else notices', () => {
  test('a client that does not read: it is brought up to date when it does', async () => {
    const slow = await openSocket(api.url);
    const got: ServerMessage<AlertsLive>[] = [];
    slow.on('message', (data: Buffer) => {
      got.push(JSON.parse(data.toString()) as ServerMessage<AlertsLive>);
    });
    slow.send('{"op":"subscribe","topic":"alerts"}');
    await until(() => got.length === 1);
    slow.pause();
    // It asks and asks, until what it does not read has filled every buffer on the way.
    await until(async () => {
      slow.send('{"op":"subscribe","topic":"alerts"}');
      return (await unsentBytes()) > 64 * 1024;
    }, GENEROUS_MS);

    const skus = await alertEverybody();

    slow.resume();
    await until(() => got.at(-2)?.op === 'resync' && got.at(-1)?.op === 'snapshot', GENEROUS_MS);
    const last = got.at(-1);
    const alerts = last?.op === 'snapshot' ? Object.values(last.data) : [];
    const told = alerts.map((alert) => (typeof alert === 'number' ? '' : alert.case.sku_id));
    expect(skus.filter((sku) => !told.includes(sku))).toEqual([]);
    slow.close();
  });

  test('a client that sends garbage is told what a message is, and is closed when it goes on', async () => {
    const noisy = await LiveClient.open(api.url);
    noisy.sendRaw('}{');
    await noisy.find((message) => message.op === 'error' && message.code === 'not_json');
    noisy.sendRaw('{"op":"shout"}');
    await noisy.find((message) => message.op === 'error' && message.code === 'invalid_message');

    const binary = await LiveClient.open(api.url);
    binary.sendRaw(Buffer.from([0, 1, 2]));
    expect(await binary.closed).toBe(1003);

    const huge = await LiveClient.open(api.url);
    huge.sendRaw(' '.repeat(65 * 1024));
    expect(await huge.closed).toBe(1009);

    for (let sent = 0; sent < 500; sent++) noisy.sendRaw('}{');
    expect(await noisy.closed).toBe(1008);
    await alertEverybody();
  });

  test('a client that wants everything gets as much as one may have', async () => {
    const greedy = await LiveClient.open(api.url);
    for (let sku = 0; sku < 60; sku++) greedy.say({ op: 'subscribe', topic: `atp:X${sku}` });
    const refused = await greedy.find(({ op }) => op === 'error');
    expect(refused).toMatchObject({
      topic: 'atp:X50',
      code: 'too_many_topics',
      detail: 'a client follows at most 50 topics; unsubscribe from one',
    });
    await alertEverybody();
    await greedy.close();
  });

  test('in all this no client of the crowd was lost or started anew', () => {
    expect(crowd).toMatchObject({ resyncs: 0, lost: 0 });
  });
});

/** What waits for live clients, by the API's own metrics. */
async function unsentBytes(): Promise<number> {
  const text = await (await fetch(`${api.url}/metrics`)).text();
  return Number(/^stocktide_live_unsent_bytes\{.*\} (\d+)$/m.exec(text)?.[1]);
}
