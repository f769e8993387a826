/**
 * Bench `pipeline`: how fast the processors bring a waiting LOG into ClickHouse, and how near that is to
 * a bare pipe that computes nothing.
 *
 *   LOG filled ─▶ warm-up ─▶ A processors ─▶ B bare pipe ─▶ A ─▶ B …    each into an empty database
 *
 * A and B alternate, so that what else the machine does falls on both; of the pairs' ratios the median
 * counts. Time runs from the claim of the slice (B: from its consumer) to the last flush. Each run is a
 * fresh process: its first, not yet compiled second is in the figure.
 */
import type { BenchOptions } from './arguments.ts';
import type { BareOrder, BareReport } from './bare-pipe-main.ts';
import type { RowsPerEvent } from './bare-rows.ts';
import { fillLog } from './fill.ts';
import { median, round } from './measure.ts';
import { say } from './progress.ts';
import { profiled, type Stack } from './stack.ts';
import { traffic } from './traffic.ts';
import { cpuMeter } from './usage.ts';
import { forgetState, watchRuntime } from './watch.ts';

const SEED = 1;
const EVENTS = 600_000;
const ROUNDS = 3;
const MAX_SKUS = 5_000;
const NODES = 4;
const START_MS = Date.UTC(2025, 0, 1);
/** 35,000 orders a day: within the run order lines are closed, remembered for a day and forgotten. */
const STEP_MS = 2_500;

/** CPU seconds for a million events; null where the system does not tell. */
type CpuPerMillion = Record<'process' | 'nats' | 'clickhouse', number | null>;
interface Run {
  readonly eventsPerSec: number;
  readonly rows: number;
  readonly cpu: CpuPerMillion;
}

export async function pipeline(options: BenchOptions, stack: Stack): Promise<object> {
  const events = options.events ?? EVENTS;
  const rounds = options.rounds ?? ROUNDS;
  // At most a tenth of the log is opening stock.
  const skus = Math.max(1, Math.min(MAX_SKUS, Math.floor(events / (10 * NODES))));
  const timeOf = (order: number) => START_MS + order * STEP_MS;
  const mix = traffic({ seed: SEED, skus, nodes: NODES, timeOf });
  const { lastSeq } = await fillLog(stack.publisher, mix, events);
  say(`${lastSeq} events in the log`);

  await bare(stack, { toSeq: Math.ceil(lastSeq / 10), rowsPerEvent: {} }, 'warm_up');
  await dropDatabase(stack, 'warm_up');
  const runs: { processors: Run; bare: Run }[] = [];
  for (let number = 1; number <= rounds; number++) {
    const database = `processors_${number}`;
    const processors = await hosted(stack, lastSeq, database, options);
    const rowsPerEvent = await readRowsPerEvent(stack, database);
    await dropDatabase(stack, database);
    const pipe = await bare(stack, { toSeq: lastSeq, rowsPerEvent }, `bare_${number}`);
    await dropDatabase(stack, `bare_${number}`);
    runs.push({ processors, bare: pipe });
    say(
      `round ${number} of ${rounds}: processors ${round(processors.eventsPerSec)}/s, ` +
        `bare pipe ${round(pipe.eventsPerSec)}/s`,
    );
  }
  return report(runs, lastSeq);
}

/** The processors over the whole log. */
async function hosted(
  stack: Stack,
  lastSeq: number,
  database: string,
  options: BenchOptions,
): Promise<Run> {
  await forgetState(stack.link);
  const watch = watchRuntime(stack.link);
  const part = await stack.start({
    name: 'processors',
    file: 'processors/main.ts',
    env: { CLICKHOUSE_DATABASE: database },
    nodeArgs: profiled(options.profile),
  });
  const startedMs = await Promise.race([watch.claimed, part.died]);
  const used = cpuMeter({
    process: part.pid,
    nats: stack.natsPid,
    clickhouse: stack.clickhousePid,
  });
  const flushedMs = await Promise.race([watch.flushed(lastSeq), part.died]);
  const cpu = used();
  watch.stop();
  await part.stop();
  const rows = await countRows(stack, database);
  return result({ events: lastSeq, ms: flushedMs - startedMs, rows, cpu });
}

/** The bare pipe over the log up to a sequence. */
async function bare(stack: Stack, order: BareOrder, database: string): Promise<Run> {
  await stack.migrated(database);
  const used = cpuMeter({ nats: stack.natsPid, clickhouse: stack.clickhousePid });
  const part = await stack.start({
    name: 'bare pipe',
    file: 'bench/bare-pipe-main.ts',
    args: [JSON.stringify(order)],
    env: { CLICKHOUSE_DATABASE: database },
  });
  const { cpuS, flushedMs, startedMs } = await part.message<BareReport>();
  const cpu = { process: cpuS, ...used() };
  await part.stop();
  const rows = await countRows(stack, database);
  return result({ events: order.toSeq, ms: flushedMs - startedMs, rows, cpu });
}

function result(run: { events: number; ms: number; rows: number; cpu: CpuPerMillion }): Run {
  const { cpu, events, ms, rows } = run;
  const perMillion = (seconds: number | null) =>
    seconds === null ? null : (seconds * 1e6) / events;
  return {
    eventsPerSec: (events * 1000) / ms,
    rows,
    cpu: {
      process: perMillion(cpu.process),
      nats: perMillion(cpu.nats),
      clickhouse: perMillion(cpu.clickhouse),
    },
  };
}

function report(runs: readonly { processors: Run; bare: Run }[], events: number): object {
  const processors = runs.map((run) => run.processors);
  const bares = runs.map((run) => run.bare);
  const speed = (some: readonly Run[]) => round(median(some.map((run) => run.eventsPerSec)));
  const ratios = runs.map((run) => run.processors.eventsPerSec / run.bare.eventsPerSec);
  return {
    eventsPerSec: speed(processors),
    barePipeEventsPerSec: speed(bares),
    ratio: round(median(ratios), 3),
    events,
    seed: SEED,
    cpuSecondsPerMillion: { processors: cpuOf(processors), barePipe: cpuOf(bares) },
    rows: { processors: processors[0]?.rows, barePipe: bares[0]?.rows },
    rounds: runs.map((run, index) => ({
      eventsPerSec: round(run.processors.eventsPerSec),
      barePipeEventsPerSec: round(run.bare.eventsPerSec),
      ratio: round(ratios[index] ?? NaN, 3),
    })),
  };
}

function cpuOf(runs: readonly Run[]): CpuPerMillion {
  const middle = (part: keyof CpuPerMillion) => {
    const seconds = runs.map(({ cpu }) => cpu[part]);
    return seconds.every((each) => each !== null) ? round(median(seconds), 1) : null;
  };
  return { process: middle('process'), nats: middle('nats'), clickhouse: middle('clickhouse') };
}

async function readRowsPerEvent(stack: Stack, database: string): Promise<RowsPerEvent> {
  const rows = await stack.clickhouse(database).query({
    query: `SELECT type, movements / events FROM
              (SELECT type, count() AS events FROM events GROUP BY type) AS e
              INNER JOIN (SELECT type, count() AS movements FROM stock_movements GROUP BY type) AS m
              USING (type)`,
    format: 'JSONCompactEachRow',
  });
  return Object.fromEntries(await rows.json<[string, number]>());
}

async function countRows(stack: Stack, database: string): Promise<number> {
  const rows = await stack.clickhouse(database).query({
    query: `SELECT (SELECT count() FROM events) + (SELECT count() FROM stock_movements)`,
    format: 'JSONCompactEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  const [row] = await rows.json<[number]>();
  return row?.[0] ?? 0;
}

/** Its background merges would otherwise burden the next run. */
async function dropDatabase(stack: Stack, database: string): Promise<void> {
  await stack.clickhouse('default').command({
    query: 'DROP DATABASE IF EXISTS {database:Identifier} SYNC',
    query_params: { database },
  });
}
