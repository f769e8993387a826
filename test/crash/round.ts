/**
 * One round: the real servers, door and processors under load, killed with SIGKILL at random instants,
 * each restarted at once; then the same log once more without interruption, and every table compared.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouse } from '../../platform/clickhouse/client.ts';
import { pickPort } from '../../platform/local/ports.ts';
import { openCheckpoint } from '../../platform/nats/checkpoints.ts';
import { STREAMS } from '../../platform/nats/streams.ts';
import type { CheckpointRecord } from '../../processors/runtime/checkpoint.ts';
import { createDoorClient } from '../../ingest/replay/door-client.ts';
import { random } from '../../bench/traffic.ts';
import { startChild, type Child } from '../support/child.ts';
import { connect, startRuntime, type Plumbing } from '../support/runtime.ts';
import { startTestClickHouse, startTestNats } from '../support/servers.ts';
import { compareDatabases, type TableDifference } from './compare.ts';
import { makeLoad } from './load.ts';

export interface RoundOptions {
  readonly seed: number;
  /** How long the load lasts (ms). */
  readonly lengthMs: number;
  /** Events of the load, as a producer counts them. */
  readonly events: number;
}

export interface RoundResult {
  readonly equal: boolean;
  /** What was killed, in order, with the instant (ms from the start of the load). */
  readonly kills: readonly string[];
  readonly logEvents: number;
  readonly movements: number;
  readonly findings: number;
  readonly differences: readonly TableDifference[];
}

const VICTIMS = ['processors', 'clickhouse', 'nats'] as const;
type Victim = (typeof VICTIMS)[number];
/** Kills beside the one that each victim gets. */
const MAX_FURTHER_KILLS = 3;
const BATCH_EVENTS = 100;
const QUIET_MS = 60_000;
const REFERENCE = 'reference';
/** Small, so that a round sees many flushes and some snapshots. */
const PRESSURE = {
  FLUSH_MS: '150',
  FLUSH_ROWS: '2000',
  SNAPSHOT_EVENTS: '4000',
  LOG_LEVEL: 'warn',
  LOG_FORMAT: 'pretty',
};

export async function crashRound(options: RoundOptions): Promise<RoundResult> {
  const nats = await startTestNats();
  const clickhouse = await startTestClickHouse();
  const doorPort = String(await pickPort());
  const env = {
    ...PRESSURE,
    NATS_URL: nats.url,
    NATS_USER: nats.user,
    NATS_PASSWORD: nats.pass,
    CLICKHOUSE_URL: clickhouse.url,
    CLICKHOUSE_DATABASE: 'stocktide',
    HOST: '127.0.0.1',
    ACCESS_TOKEN: '',
    PROCESSORS: 'all',
    DOOR_PORT: doorPort,
    PROCESSORS_PORT: String(await pickPort()),
  };
  const plumbing = await connect(nats, clickhouse, { env: { LOG_LEVEL: 'silent' } });
  const runProcessors = () => startChild({ file: 'processors/main.ts', env });
  let processors = runProcessors();
  const door = startChild({ file: 'ingest/main.ts', env });
  try {
    const restart: Record<Victim, () => Promise<void>> = {
      async processors() {
        await processors.end('SIGKILL');
        processors = runProcessors();
      },
      async clickhouse() {
        await clickhouse.kill();
        await clickhouse.restart();
      },
      async nats() {
        await nats.kill();
        await nats.restart();
      },
    };
    const kills: string[] = [];
    const startMs = Date.now();
    const killing = (async () => {
      for (const { atMs, victim } of plan(options)) {
        await sleep(Math.max(0, startMs + atMs - Date.now()));
        kills.push(`${victim} at ${Date.now() - startMs} ms`);
        await restart[victim]();
      }
    })();
    await Promise.all([
      killing,
      post({ ...options, startMs, url: `http://127.0.0.1:${doorPort}` }),
    ]);
    const lastSeq = await settled(plumbing, () => processors);
    await door.end('SIGTERM');
    return await compare(plumbing, await flushedTo(plumbing, lastSeq, () => processors), kills);
  } finally {
    await processors.end('SIGKILL');
    await door.end('SIGKILL');
    await plumbing.close();
    await clickhouse.stop();
    await nats.stop();
  }
}

/** Each victim once and some again, at random instants of the load, in order of time. */
function plan({ lengthMs, seed }: RoundOptions): { atMs: number; victim: Victim }[] {
  const rng = random(seed + 13);
  const further = Array.from({ length: Math.floor(rng() * (MAX_FURTHER_KILLS + 1)) }, () => {
    return VICTIMS[Math.floor(rng() * VICTIMS.length)] ?? 'processors';
  });
  return [...VICTIMS, ...further]
    .map((victim) => ({ victim, atMs: Math.floor(rng() * lengthMs) }))
    .sort((a, b) => a.atMs - b.atMs);
}

/** Posts the load at an even pace; what the door cannot take now is sent again. */
async function post(options: RoundOptions & { startMs: number; url: string }): Promise<void> {
  const { lengthMs, startMs, url } = options;
  const client = createDoorClient({
    url,
    accessToken: '',
    giveUpAfterMs: QUIET_MS,
    stop: new AbortController().signal,
    onWait: () => undefined,
  });
  const load = makeLoad(options);
  for (let at = 0; at < load.length; at += BATCH_EVENTS) {
    const batch = load.slice(at, at + BATCH_EVENTS);
    await client.post(`${batch.map((event) => JSON.stringify(event)).join('\n')}\n`);
    await sleep(Math.max(0, startMs + (lengthMs * at) / load.length - Date.now()));
  }
}

/** Waits until the processors have flushed the log and no finding is on its way; the log's end. */
async function settled(plumbing: Plumbing, processors: () => Child): Promise<number> {
  const { jsm } = plumbing.link;
  let quiet = 0;
  for (const deadline = Date.now() + QUIET_MS; quiet < 3; await sleep(300)) {
    if (Date.now() > deadline) throw new Error(`no rest: ${processors().output()}`);
    const { state: log } = await jsm.streams.info(STREAMS.log);
    const { state: inbox } = await jsm.streams.info(STREAMS.inbox);
    // The clock ticks on, so the end of the log is never quite reached.
    const near = (await progress(plumbing)) >= log.last_seq - 2;
    quiet = near && inbox.messages === 0 ? quiet + 1 : 0;
  }
  return (await jsm.streams.info(STREAMS.log)).state.last_seq;
}

/** Stops the processors once the whole log is flushed; the log's end. */
async function flushedTo(
  plumbing: Plumbing,
  lastSeq: number,
  processors: () => Child,
): Promise<number> {
  const { state } = await plumbing.link.jsm.streams.info(STREAMS.log);
  const end = Math.max(lastSeq, state.last_seq);
  for (const deadline = Date.now() + QUIET_MS; (await progress(plumbing)) < end; await sleep(100)) {
    if (Date.now() > deadline) throw new Error(`not flushed to ${end}: ${processors().output()}`);
  }
  const code = await processors().end('SIGTERM');
  if (code !== 0) throw new Error(`the processors ended with ${code}: ${processors().output()}`);
  const { flushed } = await record(plumbing);
  if (flushed < end) throw new Error(`ended after ${flushed} of ${end}: ${processors().output()}`);
  return end;
}

/** How far the flushes have come; the last one may still be under way. */
async function progress(plumbing: Plumbing): Promise<number> {
  const { flushed, intent } = await record(plumbing);
  return Math.max(flushed, intent ?? 0);
}

async function record(plumbing: Plumbing): Promise<Pick<CheckpointRecord, 'flushed' | 'intent'>> {
  const checkpoint = await openCheckpoint<CheckpointRecord>(plumbing.link.js, 'all');
  return (await checkpoint.read()) ?? { flushed: 0, intent: null };
}

/** Runs the log once more, without interruption, into a database of its own. */
async function compare(
  plumbing: Plumbing,
  lastSeq: number,
  kills: readonly string[],
): Promise<RoundResult> {
  const { config, link } = plumbing;
  const [host] = link.nc.getServer().split(',');
  const nats = { url: `nats://${host}`, user: config.natsUser, pass: config.natsPassword };
  const again = await connect(
    nats,
    { url: config.clickhouseUrl },
    { database: REFERENCE, env: { LOG_LEVEL: 'silent' } },
  );
  const raised = new Set<string>();
  try {
    const rehearse = ({ id }: { id: string }) => void raised.add(id);
    const reference = await startRuntime(again, { name: REFERENCE, rehearse });
    await reference.flushed(lastSeq);
    await reference.stop();
  } finally {
    await again.close();
  }
  const { clickhouse } = plumbing;
  const differences = [
    ...(await compareDatabases(clickhouse, REFERENCE)),
    ...(await compareFindings(clickhouse, raised)),
  ];
  return {
    equal: differences.length === 0,
    kills,
    logEvents: await number(clickhouse, 'SELECT count() FROM events'),
    movements: await number(clickhouse, 'SELECT count() FROM stock_movements'),
    findings: raised.size,
    differences,
  };
}

/** Each finding of the uninterrupted run is in the log once, and no other. */
async function compareFindings(
  clickhouse: ClickHouse,
  raised: ReadonlySet<string>,
): Promise<TableDifference[]> {
  const result = await clickhouse.query({
    query: 'SELECT finding_id FROM findings',
    format: 'JSONEachRow',
  });
  const found = (await result.json<{ finding_id: string }>()).map((row) => row.finding_id);
  const unique = new Set(found);
  const examples = [
    ...found.filter((id, index) => found.indexOf(id) !== index).map((id) => `doubled: ${id}`),
    ...found.filter((id) => !raised.has(id)).map((id) => `only after the kills: ${id}`),
    ...[...raised].filter((id) => !unique.has(id)).map((id) => `only without kills: ${id}`),
  ];
  const rows = { ours: found.length, reference: raised.size };
  return examples.length === 0 ? [] : [{ table: 'finding.raised', rows, examples }];
}

async function number(clickhouse: ClickHouse, query: string): Promise<number> {
  const result = await clickhouse.query({ query, format: 'JSONCompactEachRow' });
  return Number((await result.json<[number | string]>())[0]?.[0] ?? 0);
}
