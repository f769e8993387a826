/**
 * Bench `latency`: from publishing an event to the ATP answer that reflects it, to a delta on a WebSocket
 * and to a row that SQL sees, while 1,000 other events a second pass through the same processes.
 *
 *   probe ─┬─ straight into the LOG ─┬─▶ ATP, asked over NATS as the API asks
 *          └─ POST to the door ──────┴─▶ WebSocket atp:<sku>, SQL
 *
 * The whole stack runs: door, processors, API. The clock starts right before a probe is sent. The ATP is
 * asked again as soon as an answer is there and SQL every 20 ms, so that each figure holds up to that
 * much of the asking itself. Probes have SKUs of their own: one must know what to wait for.
 */
import type { BenchOptions } from './arguments.ts';
import { fillLog } from './fill.ts';
import { underLoad } from './load.ts';
import { percentile, round } from './measure.ts';
import { openProbes, type Sample } from './probes.ts';
import { say } from './progress.ts';
import { profiled, type Stack } from './stack.ts';
import { openingStock, orders } from './traffic.ts';
import { watchRuntime } from './watch.ts';

const MIX = { seed: 1, skus: 1_000, nodes: 4, timeOf: () => Date.now() };
const LOG_EVENTS_PER_SEC = 1_000;
const WARM_UP_S = 10;
const SECONDS = 60;

export async function latency(options: BenchOptions, stack: Stack): Promise<object> {
  const seconds = options.seconds ?? SECONDS;
  const { apiPort, doorPort, doorUrl, processorsPort } = stack.config;
  const watch = watchRuntime(stack.link);
  const nodeArgs = profiled(options.profile);
  const parts = [
    await stack.start({ name: 'door', file: 'ingest/main.ts' }),
    await stack.start({ name: 'processors', file: 'processors/main.ts', nodeArgs }),
    await stack.start({ name: 'api', file: 'api/main.ts' }),
  ];
  const died = Promise.race(parts.map((part) => part.died));
  await Promise.race([
    Promise.all([doorPort, processorsPort, apiPort].map((port) => stack.ready(port))),
    died,
  ]);

  const { lastSeq } = await fillLog(stack.publisher, openingStock(MIX), MIX.skus * MIX.nodes);
  await Promise.race([watch.flushed(lastSeq), died]);
  const probes = await openProbes(stack);
  const events = orders(MIX);
  const measure = (forSeconds: number) => {
    const load = { doorUrl, events, logEventsPerSec: LOG_EVENTS_PER_SEC };
    return Promise.race([underLoad(load, () => probes.run(forSeconds)), died]);
  };
  say(`warming up for ${WARM_UP_S} s`);
  await measure(WARM_UP_S);
  say(`measuring for ${seconds} s`);
  const { logEventsPerSec, result } = await measure(seconds);
  probes.close();
  watch.stop();
  for (const part of parts.reverse()) await part.stop();
  return {
    ...figures(result.log),
    throughDoor: figures(result.door),
    loadLogEventsPerSec: round(logEventsPerSec),
    seconds,
    seed: MIX.seed,
  };
}

function figures(samples: readonly Sample[]) {
  const of = (what: keyof Sample, p: number) =>
    percentile(
      samples.map((sample) => sample[what]),
      p,
    );
  return {
    atpP50Ms: round(of('atpMs', 50), 1),
    atpP99Ms: round(of('atpMs', 99), 1),
    sqlP50Ms: round(of('sqlMs', 50)),
    sqlP99Ms: round(of('sqlMs', 99)),
    wsP50Ms: round(of('wsMs', 50), 1),
    wsP99Ms: round(of('wsMs', 99), 1),
    samples: samples.length,
  };
}
