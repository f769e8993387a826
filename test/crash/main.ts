/**
 * `npm run crash`: law 3 by force. Each round kills the processors, the ClickHouse host, nats-server and
 * sometimes the door with SIGKILL at random instants under load and compares every table, row for row,
 * with an uninterrupted run over the same log.
 */
import { parseArgs } from 'node:util';
import { crashRound, type RoundResult } from './round.ts';

const USAGE = `Kills the processors, the ClickHouse host, nats-server and sometimes the door at random instants under
load, starts them again, and compares every table, row for row, with an uninterrupted run over the same
log.

  npm run crash -- [--rounds N] [--seed N] [--seconds S] [--json]

  --rounds N    rounds (20)
  --seed N      seed of the first round, each further one adds 1; made up and printed when absent
  --seconds S   length of a round's load (6)
  --json        the last line is {"rounds": …, "equal": …}

Ends with 0 when every round was equal, 1 when one was not (its data directory is kept and named), 2 for
wrong arguments.`;

interface Options {
  readonly rounds: number;
  readonly seed: number;
  readonly seconds: number;
  readonly json: boolean;
}

const options = readOptions();
if (options !== null) process.exitCode = await run(options);

async function run({ json, rounds, seconds, seed }: Options): Promise<number> {
  let equal = 0;
  for (let round = 1; round <= rounds; round++) {
    const label = `round ${round}/${rounds} (seed ${seed + round - 1})`;
    const startMs = performance.now();
    try {
      const result = await crashRound({ seed: seed + round - 1, loadMs: seconds * 1_000 });
      if (result.differences.length === 0) equal += 1;
      report(label, result, performance.now() - startMs);
    } catch (error) {
      say(`${label}: FAILED`);
      for (let cause = error; cause instanceof Error; cause = cause.cause)
        say(`  ${cause.message}`);
    }
  }
  const summary = json ? JSON.stringify({ rounds, equal }) : `${equal} of ${rounds} rounds equal`;
  process.stdout.write(`${summary}\n`);
  return equal === rounds ? 0 : 1;
}

function report(label: string, result: RoundResult, tookMs: number): void {
  const { differences, findings, keptIn, kills, logEvents, movements } = result;
  const verdict = differences.length === 0 ? 'equal' : 'DIFFERENT';
  say(
    `${label}: ${verdict} after ${(tookMs / 1_000).toFixed(1)} s; ${logEvents} events, ` +
      `${movements} movements, ${findings} findings; killed ${kills.join(', ')}`,
  );
  for (const { examples, rows, table } of differences) {
    say(`  ${table}: ${rows.ours} rows, reference ${rows.reference}`);
    for (const example of examples) say(`    ${example}`);
  }
  if (keptIn !== null) say(`  data kept in ${keptIn}`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Null when only help was asked for, or the arguments are wrong. */
function readOptions(): Options | null {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: 'string', default: '20' },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
        seconds: { type: 'string', default: '6' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(`${USAGE}\n`);
      return null;
    }
    return {
      rounds: positive('rounds', values.rounds),
      seed: positive('seed', values.seed),
      seconds: positive('seconds', values.seconds),
      json: values.json,
    };
  } catch (error) {
    say(`${(error as Error).message}\n\n${USAGE}`);
    process.exitCode = 2;
    return null;
  }
}

function positive(name: string, value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new Error(`--${name} ${value}: must be a whole number from 1`);
}
