/**
 * Bench `pipeline`: how fast the processors bring a waiting LOG into ClickHouse, and how near that is to
 * a bare pipe that computes nothing.
 *
 *   LOG filled with the simulated brand ─▶ warm-up ─▶ A processors ─▶ B bare pipe ─▶ A ─▶ B …    each into an empty database
 *
 * A and B alternate, so that what else the machine does falls on both; of the pairs' ratios the median
 * counts. Time runs from the claim of the slice (B: from its consumer) to the last flush. Each run is a
 * fresh process: its first, not yet compiled second is in the figure.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ARCHIVE_TABLES } from '../processors/archive/tables.ts';
import type { Cell, TableName } from '../processors/processor.ts';
import { TABLE_COLUMNS } from '../processors/runtime/tables.ts';
import type { BenchOptions } from './arguments.ts';
import type { BareOrder, BareReport } from './bare-pipe-main.ts';
import type { TableRows } from './bare-rows.ts';
import { brandTraffic } from './brand-traffic.ts';
import { fillLog } from './fill.ts';
import { median, round } from './measure.ts';
import { say } from './progress.ts';
import { profiled, type Stack } from './stack.ts';
import { cpuMeter } from './usage.ts';
import { forgetState, watchRuntime } from './watch.ts';

const SEED = 1;
const EVENTS = 600_000;
const ROUNDS = 3;
/** Rows of each table that the bare pipe repeats. */
const SAMPLES = 2_000;
/** Tables that the bare pipe's own archive writes. */
const ARCHIVED: readonly string[] = Object.keys(ARCHIVE_TABLES);

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
  const { lastSeq } = await fillLog(stack.publisher, brandTraffic(SEED), events);
  say(`${lastSeq} events in the log`);

  await bare(stack, { toSeq: Math.ceil(lastSeq / 10), rowsFile: null }, 'warm_up');
  await dropDatabase(stack, 'warm_up');
  const runs: { processors: Run; bare: Run }[] = [];
  for (let number = 1; number <= rounds; number++) {
    const database = `processors_${number}`;
    const processors = await hosted(stack, lastSeq, database, options);
    const rowsFile = join(stack.directory, `rows-${number}.json`);
    writeFileSync(rowsFile, JSON.stringify(await readRows(stack, database)));
    await dropDatabase(stack, database);
    const pipe = await bare(stack, { toSeq: lastSeq, rowsFile }, `bare_${number}`);
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

/** What the processors wrote beside the archive: rows for an event of each type, and some of them. */
async function readRows(stack: Stack, database: string): Promise<TableRows[]> {
  const client = stack.clickhouse(database);
  const rows: TableRows[] = [];
  for (const [name, columns] of Object.entries(TABLE_COLUMNS)) {
    if (ARCHIVED.includes(name)) continue;
    const table = name as TableName;
    const means = await client.query({
      query: `SELECT type, rows / events FROM
                (SELECT type, count() AS events FROM events GROUP BY type) AS e
                INNER JOIN (
                  SELECT type, count() AS rows FROM {table:Identifier} AS t
                  INNER JOIN events AS caused ON caused.seq = t.seq GROUP BY type
                ) AS made USING (type)`,
      query_params: { table },
      format: 'JSONCompactEachRow',
    });
    const samples = await client.query({
      query: `SELECT ${columns.join(', ')} FROM {table:Identifier} LIMIT {samples:UInt32}`,
      query_params: { table, samples: SAMPLES },
      format: 'JSONCompactEachRow',
    });
    rows.push({
      table,
      perEvent: Object.fromEntries(await means.json<[string, number]>()),
      samples: await samples.json<Cell[]>(),
    });
  }
  return rows;
}

async function countRows(stack: Stack, database: string): Promise<number> {
  const counts = Object.keys(TABLE_COLUMNS).map((table) => `(SELECT count() FROM ${table})`);
  const rows = await stack.clickhouse(database).query({
    query: `SELECT ${counts.join(' + ')}`,
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
