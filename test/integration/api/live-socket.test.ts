/**
 * The live route over real sockets: what happens to a client that does not read, does not answer, or
 * is one too many. The source is fed by hand, so that no other part sets the pace.
 */
import websocket from '@fastify/websocket';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { liveLimits, type LiveLimits } from '../../../api/limits.ts';
import { LiveHub } from '../../../api/live/hub.ts';
import { registerLive } from '../../../api/live/socket.ts';
import type { TopicSink } from '../../../api/live/topics.ts';
import { Access } from '../../../platform/access/access.ts';
import { ANYBODY } from '../../../platform/access/identity.ts';
import { readConfig } from '../../../platform/config.ts';
import { createMetrics, type Metrics } from '../../../platform/metrics.ts';
import { until } from '../../support/until.ts';

const MIB = 1024 * 1024;
/** More than the kernel's buffers of a loopback connection hold. */
const STEPS = 48;

let app: FastifyInstance;
let metrics: Metrics;
let url: string;
let sink: TopicSink | null;

async function start(changes: Partial<LiveLimits> = {}): Promise<void> {
  const limits = { ...liveLimits(readConfig({})), ...changes };
  metrics = createMetrics({ process: 'test' });
  const hub = new LiveHub({
    sources: [
      {
        limited: false,
        owns: () => true,
        open: (_view, opened) => (sink = opened),
        close: () => (sink = null),
      },
    ],
    limits,
    metrics,
    nowMs: Date.now,
    newStream: () => 's1',
  });
  const access = new Access({ config: readConfig({ ACCESS: 'open' }), nowMs: Date.now });
  app = Fastify();
  app.decorateRequest('caller', null);
  app.decorateRequest('refusal', null);
  app.addHook('onRequest', async (request) => {
    request.caller = ANYBODY;
  });
  await app.register(websocket, { options: { maxPayload: limits.messageBytes } });
  await app.register(async (scope) => registerLive(scope, { access, hub, limits }));
  url = (await app.listen({ host: '127.0.0.1', port: 0 })).replace('http', 'ws');
}

beforeEach(() => {
  sink = null;
});
afterEach(() => app.close());

async function connect(options: { autoPong?: boolean } = {}) {
  const socket = new WebSocket(`${url}/v1/live`, options);
  const got: { op: string; n?: number; data?: { step?: number } }[] = [];
  socket.on('message', (data: Buffer) => {
    got.push(JSON.parse(data.toString()) as (typeof got)[number]);
  });
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return { socket, got, closed };
}

const clients = async () =>
  Number(/^stocktide_live_clients\{.*\} (\d+)$/m.exec(await metrics.text())?.[1]);

test('a client that does not read is brought up to date when it does', async () => {
  await start();
  const { socket, got } = await connect();
  socket.send('{"op":"subscribe","topic":"big"}');
  await until(() => sink !== null);
  sink?.publish({ step: 0, bulk: '' });
  await until(() => got.length === 1);

  socket.pause();
  for (let step = 1; step <= STEPS; step++) {
    sink?.publish({ step, bulk: String(step % 10).repeat(MIB) });
    // A turn of the loop in which the server writes what it can.
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.resume();

  await until(() => got.at(-1)?.data?.step === STEPS);
  const ops = got.map((message) => message.op);
  expect(ops.slice(-2)).toEqual(['resync', 'snapshot']);
  expect(ops.length, 'steps were conflated').toBeLessThan(STEPS);
  expect(got.at(-1)?.n).toBe(STEPS);

  sink?.publish({ step: STEPS + 1, bulk: 'x' });
  await until(() => got.at(-1)?.data?.step === STEPS + 1);
  expect(got.at(-1)).toMatchObject({ op: 'delta', n: STEPS + 1 });
  socket.close();
});

test('a client that answers no ping is cut off, one that does stays', async () => {
  await start({ heartbeatMs: 100 });
  const mute = await connect({ autoPong: false });
  const polite = await connect();
  await mute.closed;
  await until(async () => (await clients()) === 1);
  expect(polite.socket.readyState).toBe(WebSocket.OPEN);
  polite.socket.close();
});

test('one client too many is told to come again later', async () => {
  await start({ clients: 1 });
  const first = await connect();
  const second = await connect();
  expect(await second.closed).toBe(1013);
  expect(first.socket.readyState).toBe(WebSocket.OPEN);
  first.socket.close();
});
