/**
 * Bench `recovery`: how long a restart after kill -9 takes with a million positions, and what each of them
 * costs in memory.
 *
 *   base   as many events on few positions ─▶ memory
 *   full   a million positions ─▶ memory ─▶ stopped, which leaves a snapshot
 *          ─▶ started, half a snapshot interval of events behind it ─▶ kill -9 ─▶ started ─▶ …
 *
 * A restart ends when the processors answer for everything that the log holds. On average half an interval
 * (SNAPSHOT_EVENTS) is replayed; `restartAtSnapshotS` is one right behind a snapshot. Bytes per position:
 * resident memory with the positions less that of the base, which has seen as many events and so
 * remembers as many ids and movements; each after a collection of garbage.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AtpView } from '../contracts/atp.ts';
import type { ProducerEvent } from '../contracts/envelope.ts';
import { askStock } from '../contracts/subjects.ts';
import { openCheckpoint } from '../platform/nats/checkpoints.ts';
import type { CheckpointRecord } from '../processors/runtime/checkpoint.ts';
import type { BenchOptions } from './arguments.ts';
import { fillLog } from './fill.ts';
import { median, round } from './measure.ts';
import { say } from './progress.ts';
import { profiled, type Part, type PartOptions, type Stack } from './stack.ts';
import { openingStock, orders, skuId, type TrafficOptions } from './traffic.ts';
import { newLog, watchRuntime } from './watch.ts';

const POSITIONS = 1_000_000;
const ROUNDS = 3;
const NODES = 10;
const BASE_SKUS = 100;
const START_MS = Date.UTC(2025, 0, 1);
const STEP_MS = 2_500;
const MIB = 2 ** 20;
const POLL_MS = 5;

type Memory = NodeJS.MemoryUsage;

export async function recovery(options: BenchOptions, stack: Stack): Promise<object> {
  const positions = options.events ?? POSITIONS;
  const rounds = options.rounds ?? ROUNDS;
  const mix = { seed: 1, nodes: NODES, timeOf: (order: number) => START_MS + order * STEP_MS };

  const base = await loaded(stack, 'base', onFewPositions(mix), positions);
  await base.part.stop();
  say(`base: ${round(base.memory.rss / MIB)} MiB`);
  await newLog(stack);

  const skus = Math.ceil(positions / NODES);
  const full = await loaded(stack, 'full', openingStock({ ...mix, skus }), positions);
  say(`${positions} positions: ${round(full.memory.rss / MIB)} MiB`);
  await full.part.stop();

  const atSnapshot = await restart(stack, full.lastSeq, []);
  const tail = Math.floor(stack.config.snapshotEvents / 2);
  const watch = watchRuntime(stack.link);
  const events = orders({ ...mix, skus });
  const { lastSeq } = await fillLog(stack.publisher, events, tail);
  await Promise.race([watch.flushed(lastSeq), atSnapshot.part.died]);
  watch.stop();
  const { snapshot } = (await checkpoint(stack)) ?? {};
  const restarts: number[] = [];
  let { part } = atSnapshot;
  for (let number = 1; number <= rounds; number++) {
    await part.kill();
    const again = await restart(stack, lastSeq, number === rounds ? profiled(options.profile) : []);
    ({ part } = again);
    restarts.push(again.seconds);
    say(`restart ${number} of ${rounds}: ${round(again.seconds, 2)} s`);
  }
  await part.stop();
  return {
    positions,
    restartS: round(median(restarts), 2),
    bytesPerPosition: round((full.memory.rss - base.memory.rss) / positions),
    restartAtSnapshotS: round(atSnapshot.seconds, 2),
    replayedEvents: lastSeq - (snapshot?.seq ?? 0),
    restartsS: restarts.map((seconds) => round(seconds, 2)),
    snapshotMiB: round((snapshot?.blob.bytes ?? 0) / MIB, 1),
    memoryMiB: { base: inMiB(base.memory), full: inMiB(full.memory) },
  };
}

/** Opening stock of the same positions again and again. */
function* onFewPositions(mix: Omit<TrafficOptions, 'skus'>): Generator<ProducerEvent, never> {
  for (let { seed } = mix; ; seed++) yield* openingStock({ ...mix, seed, skus: BASE_SKUS });
}

/** A runtime that has taken these events, and the memory that it holds then. */
async function loaded(
  stack: Stack,
  database: string,
  events: Iterable<ProducerEvent>,
  count: number,
): Promise<{ part: Part; memory: Memory; lastSeq: number }> {
  const { lastSeq } = await fillLog(stack.publisher, events, count);
  const watch = watchRuntime(stack.link);
  const part = await start(stack, database, {
    nodeArgs: ['--expose-gc'],
    preload: [import.meta.resolve('./memory-probe.ts')],
  });
  await Promise.race([watch.flushed(lastSeq), part.died]);
  watch.stop();
  const answer = part.message<Memory>();
  part.send({ memory: true });
  return { part, memory: await answer, lastSeq };
}

/** Starts the processors and waits until they answer for everything up to a sequence. */
async function restart(
  stack: Stack,
  lastSeq: number,
  nodeArgs: string[],
): Promise<{ part: Part; seconds: number }> {
  const startedMs = performance.now();
  const part = await start(stack, 'full', { nodeArgs });
  await Promise.race([answeredTo(stack, lastSeq), part.died]);
  return { part, seconds: (performance.now() - startedMs) / 1000 };
}

function start(
  stack: Stack,
  database: string,
  node: Pick<PartOptions, 'nodeArgs' | 'preload'>,
): Promise<Part> {
  const env = { CLICKHOUSE_DATABASE: database };
  return stack.start({ name: 'processors', file: 'processors/main.ts', env, ...node });
}

async function answeredTo({ link }: Stack, seq: number): Promise<void> {
  const sku = skuId(0);
  for (;;) {
    try {
      const answer = await link.nc.request(askStock(sku, 'atp'), JSON.stringify({ sku }));
      if (answer.json<AtpView>().seq >= seq) return;
    } catch {
      // Nobody answers yet.
    }
    await sleep(POLL_MS);
  }
}

function inMiB({ arrayBuffers, heapUsed, rss }: Memory) {
  return {
    rss: round(rss / MIB),
    heapUsed: round(heapUsed / MIB),
    arrayBuffers: round(arrayBuffers / MIB),
  };
}

async function checkpoint({ link }: Stack): Promise<CheckpointRecord | null> {
  return (await openCheckpoint<CheckpointRecord>(link.js, 'all')).read();
}
