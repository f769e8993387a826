/**
 * Bench `sockets`: from an event at the door to the alert on each of a thousand live sockets that follow
 * `kpi` and `alerts`, while the brand's other events pass by and one client does not read.
 *
 *   POST pick.shorted ─▶ door ─▶ LOG ─▶ processors ─▶ case ─▶ SIGNALS ─▶ api ─▶ 1,000 × alert
 *
 * The clock starts right before an event is sent and stops for each client when its socket hands over the
 * alert; the clients live in one process, and what it costs them to take turns is in the figures.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProducerEvent } from '../contracts/envelope.ts';
import type { ServerMessage } from '../contracts/live.ts';
import { openSocket, wallMs } from '../test/support/crowd.ts';
import { until } from '../test/support/until.ts';
import type { BenchOptions } from './arguments.ts';
import { postBatch, underLoad } from './load.ts';
import { percentile, round } from './measure.ts';
import { say } from './progress.ts';
import type { CrowdOrder, CrowdReport } from './sockets-main.ts';
import { profiled, type Part, type Stack } from './stack.ts';
import { orders } from './traffic.ts';
import { cpuMeter } from './usage.ts';

const CLIENTS = 1000;
const SECONDS = 30;
const ALERT_MS = 200;
const LOG_EVENTS_PER_SEC = 200;
/** Longer than any alert takes. */
const GIVE_UP_MS = 30_000;
/** How long the slow client reads nothing: less than a heartbeat, after which it would be cut off. */
const SLOW_MS = 10_000;
const SLOW_ASKS_MS = 10;

export async function sockets(options: BenchOptions, stack: Stack): Promise<object> {
  const clients = options.clients ?? CLIENTS;
  const seconds = options.seconds ?? SECONDS;
  const { apiPort, doorPort, doorUrl, processorsPort } = stack.config;
  const url = `http://127.0.0.1:${apiPort}`;
  const env = { LIVE_MAX_CLIENTS: String(clients + 10) };
  const nodeArgs = profiled(options.profile);
  const parts = [
    await stack.start({ name: 'door', file: 'ingest/main.ts' }),
    await stack.start({ name: 'processors', file: 'processors/main.ts' }),
    await stack.start({ name: 'api', file: 'api/main.ts', env, nodeArgs }),
  ];
  const api = parts.at(-1) as Part;
  const died = Promise.race(parts.map((part) => part.died));
  const ready = [doorPort, processorsPort, apiPort].map((port) => stack.ready(port));
  await Promise.race([Promise.all(ready), died]);

  say(`connecting ${clients} clients`);
  const crowd = await stack.start({
    name: 'crowd',
    file: 'bench/sockets-main.ts',
    args: [JSON.stringify({ url, clients } satisfies CrowdOrder)],
  });
  await Promise.race([crowd.message<'gathered'>(), died]);

  say(`measuring for ${seconds} s`);
  const used = cpuMeter({ api: api.pid, crowd: crowd.pid });
  const slow = dawdle(url);
  const events = orders({ seed: 1, skus: 1_000, nodes: 4, timeOf: () => Date.now() });
  const load = { doorUrl, events, logEventsPerSec: LOG_EVENTS_PER_SEC };
  const run = underLoad(load, () => sendAlerts(doorUrl, seconds));
  const { result: sent, logEventsPerSec } = await Promise.race([run, died]);
  const cpu = used();
  const report = crowd.message<CrowdReport>();
  crowd.send({ wanted: [...sent.keys()], withinMs: GIVE_UP_MS });
  const { arrivals, lost } = await Promise.race([report, died]);
  const latencies = arrivals.flatMap(([sku, times]) => {
    const sentMs = sent.get(sku) ?? NaN;
    return times.map((atMs) => atMs - sentMs);
  });
  const resynced = await slow;
  for (const part of [crowd, ...parts.reverse()]) await part.stop();
  const perSecond = (spent: number | null) => (spent === null ? null : round(spent / seconds, 2));
  return {
    clients,
    alerts: sent.size,
    delivered: latencies.length,
    p50Ms: round(percentile(latencies, 50), 1),
    p99Ms: round(percentile(latencies, 99), 1),
    maxMs: round(percentile(latencies, 100), 1),
    resynced,
    lost,
    seconds,
    loadLogEventsPerSec: round(logEventsPerSec),
    cpuSecondsPerSecond: { api: perSecond(cpu.api), crowd: perSecond(cpu.crowd) },
  };
}

/** Sends an event that opens a case, again and again; when each was sent (ms), by SKU. */
async function sendAlerts(doorUrl: string, seconds: number): Promise<Map<string, number>> {
  const sent = new Map<string, number>();
  const startedMs = performance.now();
  for (let number = 0; number * ALERT_MS < seconds * 1000; number++) {
    await sleep(Math.max(0, startedMs + number * ALERT_MS - performance.now()));
    const sku = `ALERT-${number}`;
    sent.set(sku, wallMs());
    await postBatch(doorUrl, [shortPick(sku)]);
  }
  return sent;
}

function shortPick(sku: string): ProducerEvent {
  return {
    specversion: '1.0',
    id: `short-${sku}`,
    source: 'https://wms.bench.example/feed',
    type: 'stocktide.pick.shorted.v1',
    time: new Date().toISOString(),
    data: {
      ...{ task_id: `T-${sku}`, order_id: `O-${sku}`, line_id: '1', sku_id: sku, node_id: 'dc-1' },
      ...{ location_id: `B-${sku}`, qty_requested: 3, qty_picked: 1, qty_short: 2 },
      ...{ shift_id: 'early', worker_pseudo_id: 'w1', reason: 'empty' },
    },
  };
}

/**
 * A client that asks for a large topic again and again and does not read what it gets, until it reads
 * everything. Tells how often it was told to start anew.
 */
async function dawdle(url: string): Promise<number> {
  const socket = await openSocket(url);
  let resyncs = 0;
  let current = 0;
  socket.on('message', (data: Buffer) => {
    const { op } = JSON.parse(data.toString()) as ServerMessage;
    if (op === 'resync') resyncs += 1;
    // Deltas again: it is where everybody is.
    if (op === 'delta') current += 1;
  });
  const subscribe = () => socket.send('{"op":"subscribe","topic":"kpi"}');
  subscribe();
  await until(() => current > 0, GIVE_UP_MS);
  socket.pause();
  const endMs = performance.now() + SLOW_MS;
  while (performance.now() < endMs) {
    subscribe();
    await sleep(SLOW_ASKS_MS);
  }
  current = 0;
  socket.resume();
  await until(() => resyncs > 0 && current > 0, GIVE_UP_MS);
  socket.close();
  return resyncs;
}
