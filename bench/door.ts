/**
 * Bench `door`: events from HTTP batches to the acknowledged answer, that is to JetStream's storage.
 *
 *   load process ─▶ HTTP, some connections, a batch in flight on each ─▶ door ─▶ LOG ─▶ answer
 *
 * `eventsPerSec` counts events as the producer sends them; the door makes several LOG events of a
 * document (`logEventsPerSec`). Nothing reads the LOG meanwhile.
 */
import type { BenchOptions } from './arguments.ts';
import type { LoadOrder, LoadReport } from './door-load-main.ts';
import { round } from './measure.ts';
import { say } from './progress.ts';
import { profiled, type Stack } from './stack.ts';
import { cpuMeter } from './usage.ts';
import { STREAMS } from '../platform/nats/streams.ts';

const EVENTS = 200_000;

/** The first is the one that the headline figures are of. */
const VARIANTS = [
  { form: 'ndjson', batchEvents: 1000, connections: 4 },
  { form: 'ndjson', batchEvents: 500, connections: 8 },
  { form: 'json', batchEvents: 1000, connections: 4 },
  { form: 'json', batchEvents: 500, connections: 8 },
  // As `npm run replay` posts.
  { form: 'ndjson', batchEvents: 500, connections: 1 },
] as const;

export async function door(options: BenchOptions, stack: Stack): Promise<object> {
  const events = options.events ?? EVENTS;
  const part = await stack.start({
    name: 'door',
    file: 'ingest/main.ts',
    nodeArgs: profiled(options.profile),
  });
  await Promise.race([stack.ready(stack.config.doorPort), part.died]);

  const url = `http://127.0.0.1:${stack.config.doorPort}`;
  const results: ReturnType<typeof figures>[] = [];
  for (const [index, variant] of VARIANTS.entries()) {
    const used = cpuMeter({ door: part.pid, nats: stack.natsPid });
    const load = await stack.start({
      name: 'door load',
      file: 'bench/door-load-main.ts',
      args: [JSON.stringify({ ...variant, url, events, seed: index + 1 } satisfies LoadOrder)],
    });
    const report = await Promise.race([load.message<LoadReport>(), part.died]);
    const result = figures(variant, report, used());
    results.push(result);
    say(
      `${variant.form} × ${variant.batchEvents}, ${variant.connections} connections: ` +
        `${result.eventsPerSec} events/s, ${result.logEventsPerSec} in the log`,
    );
    await load.stop();
    await stack.link.jsm.streams.purge(STREAMS.log);
  }
  await part.stop();
  const [first] = results;
  return { ...first, variants: results };
}

function figures(
  variant: (typeof VARIANTS)[number],
  report: LoadReport,
  cpu: Record<'door' | 'nats', number | null>,
) {
  const { cpuS, events, logEvents, seconds } = report;
  // The meter has seen the warm-up as well, a tenth of the events.
  const perMillion = (cpuSeconds: number | null) =>
    cpuSeconds === null ? null : round((cpuSeconds * 1e6) / (events * 1.1), 1);
  return {
    eventsPerSec: round(events / seconds),
    logEventsPerSec: round(logEvents / seconds),
    ...variant,
    events,
    bytesPerEvent: round(report.bytesPerEvent),
    batchP50Ms: round(report.batchP50Ms, 1),
    batchP99Ms: round(report.batchP99Ms, 1),
    cpuSecondsPerMillion: {
      door: perMillion(cpu.door),
      nats: perMillion(cpu.nats),
      load: round((cpuS * 1e6) / events, 1),
    },
  };
}
