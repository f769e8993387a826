/** The command line of `npm run bench`. Pure. */
import { parseArgs } from 'node:util';

export const BENCHES = [
  'pipeline',
  'door',
  'latency',
  'recovery',
  'sockets',
  'dashboard',
  'nab',
  'iforest',
  'detection',
  'uci',
] as const;
export type BenchName = (typeof BENCHES)[number];

export interface BenchOptions {
  readonly bench: BenchName;
  /** Print nothing on stdout but the JSON line. */
  readonly json: boolean;
  readonly events: number | undefined;
  readonly seconds: number | undefined;
  readonly rounds: number | undefined;
  /** sockets: live clients. */
  readonly clients: number | undefined;
  /** dashboard: how long memory is watched. */
  readonly minutes: number | undefined;
  /** Directory for CPU profiles of the measured process. */
  readonly profile: string | undefined;
  /** nab, iforest, uci: where the data lies. */
  readonly data: string | undefined;
  /** nab: categories, such as artificial; all when absent. */
  readonly only: string | undefined;
  /** detection: days of each run. */
  readonly days: number | undefined;
  /** detection: seeds of the brand, separated by commas. */
  readonly seeds: string | undefined;
}

export const USAGE = `usage: npm run bench -- ${BENCHES.join('|')} [options]

  pipeline   events/s from a waiting log to ClickHouse, and beside it a bare pipe that computes nothing
  door       events/s from HTTP batches to the acknowledged answer
  latency    publish → ATP answer, → SQL, → WebSocket, while 1,000 events/s pass by
  sockets    an event at the door → the alert on each of 1,000 live sockets, beside one that does not read
  dashboard  size of the first view; frames per second and memory of an open page at 1,000 ATP updates/s
  nab        the detector of continuous series on the Numenta Anomaly Benchmark, with its own scorer
  iforest    the isolation forest on labelled tables, beside the published reference
  detection  incidents of a simulated brand: precision and recall at the alert budget, time to detect
  uci        write-offs that staff typed, among the first of the shrinkage ranking (UCI Online Retail)
  recovery   restart after kill -9 with a million positions, and bytes for each of them

  --json          nothing on stdout but the result, one line of JSON (it is the last line anyway)
  --events N      pipeline: events in the log (600000); door: events of each variant (200000);
                  recovery: positions (1000000)
  --seconds S     latency, sockets, dashboard: how long is measured (60, 30, 30)
  --clients N     sockets: live clients (1000)
  --minutes N     dashboard: how long memory is watched (1)
  --rounds N      pipeline: pairs of runs (3); recovery: restarts (3)
  --data DIR      nab, iforest: folder with the data (../shared/data/nab, ../shared/data/adbench);
                  uci: the file (../shared/data/uci_online_retail/online_retail_2010-12_2011-06.csv.gz)
  --only A,B      nab: only the categories that begin so
  --days N        detection: days of each run (28)
  --seeds A,B     detection: seeds of the brand (601 to 624; thresholds were chosen on seeds up to 100 and above 1000)
  --profile DIR   write a CPU profile of the measured process to DIR (it slows that process down)
  --help          this text

Benches of the running system start servers of their own in a temporary directory and remove them. docs/benchmarks.md says
how to read the figures.`;

/** What was asked for, or `help`. Throws a UsageError that names the argument and what would do. */
export function readArguments(args: readonly string[]): BenchOptions | 'help' {
  const { positionals, values } = parse(args);
  if (values.help === true) return 'help';
  const [name, ...more] = positionals;
  const bench = BENCHES.find((known) => known === name);
  if (bench === undefined) {
    throw new UsageError(`${name ?? 'nothing'}: name one of ${BENCHES.join(', ')}`);
  }
  if (more.length > 0) throw new UsageError(`${more.join(' ')}: one bench at a time`);
  return {
    bench,
    json: values.json === true,
    events: count('--events', values.events),
    seconds: count('--seconds', values.seconds),
    rounds: count('--rounds', values.rounds),
    clients: count('--clients', values.clients),
    minutes: count('--minutes', values.minutes),
    profile: values.profile,
    data: values.data,
    only: values.only,
    days: count('--days', values.days),
    seeds: values.seeds,
  };
}

/** The command line is not understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        events: { type: 'string' },
        seconds: { type: 'string' },
        rounds: { type: 'string' },
        clients: { type: 'string' },
        minutes: { type: 'string' },
        profile: { type: 'string' },
        data: { type: 'string' },
        only: { type: 'string' },
        days: { type: 'string' },
        seeds: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function count(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : 0;
  if (number === 0) throw new UsageError(`${option} ${value}: must be a whole number from 1`);
  return number;
}
