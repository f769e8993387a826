/**
 * Probes of the latency bench: an event each, on a SKU that nothing else touches, and how long it took
 * until the ATP answer, the WebSocket and SQL showed it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { AtpView } from '../contracts/atp.ts';
import type { ProducerEvent } from '../contracts/envelope.ts';
import { LIVE_PATH, type ServerMessage } from '../contracts/live.ts';
import { askStock } from '../contracts/subjects.ts';
import type { ClickHouse } from '../platform/clickhouse/client.ts';
import { logMessages } from './fill.ts';
import { postBatch } from './load.ts';
import type { Stack } from './stack.ts';

const PROBE_SKUS = 20;
const OPENING_UNITS = 1_000_000;
/** Between two probes of one way in. */
const PROBE_MS = 100;
const SQL_POLL_MS = 20;
const GIVE_UP_MS = 30_000;

/** From right before the sending until it was seen (ms). */
export interface Sample {
  readonly atpMs: number;
  readonly wsMs: number;
  readonly sqlMs: number;
}
/** Ways in: straight into the LOG, or through the door. */
type Way = 'log' | 'door';

export interface Probes {
  /** Sends probes both ways, next to each other, for so long; resolves when all were seen. */
  run(seconds: number): Promise<Record<Way, Sample[]>>;
  close(): void;
}

/** Opens stock for the probes' SKUs and follows them on a WebSocket. */
export async function openProbes(stack: Stack): Promise<Probes> {
  const { config } = stack;
  const skus = Array.from({ length: PROBE_SKUS }, (_, index) => `PROBE-${index}`);
  const atp = new Map(skus.map((sku) => [sku, OPENING_UNITS]));
  await postBatch(
    config.doorUrl,
    skus.map((sku) => adjustment(sku, OPENING_UNITS)),
  );
  const live = await follow(`ws://127.0.0.1:${config.apiPort}${LIVE_PATH}`, skus, OPENING_UNITS);
  const sql = watchSql(stack.clickhouse(config.clickhouseDatabase));

  const send: Record<Way, (event: ProducerEvent) => Promise<number>> = {
    async log(event) {
      const [message] = logMessages(event);
      if (message === undefined) throw new Error('a probe is one message');
      return (await stack.publisher.publish(message)).seq;
    },
    async door(event) {
      const { results } = await postBatch(config.doorUrl, [event]);
      const [outcome] = results;
      if (outcome?.outcome !== 'accepted') throw new Error('a probe was not accepted');
      return outcome.seq;
    },
  };

  async function probe(way: Way, sku: string): Promise<Sample> {
    const wanted = (atp.get(sku) ?? 0) - 1;
    atp.set(sku, wanted);
    const event = adjustment(sku, -1);
    const startedMs = performance.now();
    const seenLive = live.seen(sku, wanted);
    const seqs = send[way](event);
    const atpMs = (await answered(stack, sku, wanted)) - startedMs;
    const wsMs = (await seenLive) - startedMs;
    const sqlMs = (await sql.seen(await seqs)) - startedMs;
    return { atpMs, wsMs, sqlMs };
  }

  async function runWay(way: Way, own: readonly string[], seconds: number): Promise<Sample[]> {
    const endMs = performance.now() + seconds * 1000;
    const samples: Promise<Sample>[] = [];
    for (let number = 0; performance.now() < endMs; number++) {
      const sku = own[number % own.length] ?? '';
      const sample = probe(way, sku);
      samples.push(sample);
      await Promise.race([sample, sleep(PROBE_MS)]);
    }
    return Promise.all(samples);
  }

  const half = PROBE_SKUS / 2;
  return {
    async run(seconds) {
      const log = runWay('log', skus.slice(0, half), seconds);
      // Half a step apart, so that the two ways do not ask at the same moments.
      await sleep(PROBE_MS / 2);
      const door = runWay('door', skus.slice(half), seconds);
      return { log: await log, door: await door };
    },
    close() {
      live.close();
      sql.close();
    },
  };
}

/** Asks for the ATP again and again; the time when the answer showed what was wanted. */
async function answered({ link }: Stack, sku: string, wanted: number): Promise<number> {
  const subject = askStock(sku, 'atp');
  const question = JSON.stringify({ sku });
  const endMs = performance.now() + GIVE_UP_MS;
  for (;;) {
    const answer = await link.nc.request(subject, question, { timeout: GIVE_UP_MS });
    const { totals } = answer.json<AtpView>();
    const nowMs = performance.now();
    if (totals.atp === wanted) return nowMs;
    if (nowMs > endMs) throw new Error(`${sku}: ATP is ${totals.atp}, not ${wanted}`);
  }
}

/** Follows the ATP of SKUs on a WebSocket; resolves when each has shown its first value. */
async function follow(url: string, skus: readonly string[], first: number) {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const waiting = new Map<string, (atMs: number) => void>();
  const keyOf = (sku: string, atp: number) => `atp:${sku} ${atp}`;
  const seen = (sku: string, atp: number) =>
    new Promise<number>((resolve) => waiting.set(keyOf(sku, atp), resolve));
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as ServerMessage<AtpView>;
    if (message.op === 'error') throw new Error(`${message.topic}: ${message.detail}`);
    if (message.op !== 'snapshot' && message.op !== 'delta') return;
    const { totals } = message.data;
    if (totals === undefined) return;
    const key = `${message.topic} ${totals.atp}`;
    waiting.get(key)?.(performance.now());
    waiting.delete(key);
  });
  const opened = skus.map((sku) => seen(sku, first));
  for (const sku of skus) socket.send(JSON.stringify({ op: 'subscribe', topic: `atp:${sku}` }));
  await Promise.all(opened);
  return { seen, close: () => socket.close() };
}

/** Looks again and again how far the tables are. */
function watchSql(client: ClickHouse) {
  let closed = false;
  let waiting: { seq: number; resolve: (atMs: number) => void }[] = [];
  const poll = async () => {
    while (!closed) {
      const result = await client.query({
        query: `SELECT least(
                  (SELECT max(seq) FROM events),
                  (SELECT max(seq) FROM stock_movements WHERE sku_id LIKE 'PROBE-%'))`,
        format: 'JSONCompactEachRow',
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      });
      const [row] = await result.json<[number]>();
      const nowMs = performance.now();
      const there = waiting.filter(({ seq }) => seq <= (row?.[0] ?? 0));
      waiting = waiting.filter((each) => !there.includes(each));
      for (const { resolve } of there) resolve(nowMs);
      await sleep(SQL_POLL_MS);
    }
  };
  void poll();
  return {
    seen: (seq: number) => new Promise<number>((resolve) => waiting.push({ seq, resolve })),
    close: () => {
      closed = true;
    },
  };
}

let number = 0;
const run = Date.now().toString(36);

function adjustment(sku: string, units: number): ProducerEvent {
  number += 1;
  return {
    specversion: '1.0',
    id: `probe-${run}-${number}`,
    source: 'https://wms.bench.example/probe',
    type: 'stocktide.inventory.adjusted.v1',
    time: new Date().toISOString(),
    data: {
      adjustment_id: `probe-${number}`,
      sku_id: sku,
      node_id: 'dc-1',
      state: 'available',
      qty_delta: units,
      reason_code: units < 0 ? 'shrinkage' : 'opening_balance',
      raw_code: '',
      actor: 'bench',
    },
  };
}
