/**
 * `npm run crash`: law 3 by force. Each round kills the processors, the ClickHouse host and nats-server
 * with SIGKILL at random instants under load and compares every table, row for row, with an
 * uninterrupted run over the same log.
 */
import { parseArgs } from 'node:util';
import { crashRound, type RoundResult } from './round.ts';

const HELP = `npm run crash -- [options]

Kills the processors, the ClickHouse host and nats-server at random instants under load, restarts them,
and compares every table with an uninterrupted run over the same log.

  --rounds N    rounds (default 20)
  --seed N      seed of the first round; each further one adds 1 (default: from the clock, printed)
  --seconds S   length of a round's load (default 6)
  --events N    events of a round's load (default 6000)
  --json        print {"rounds": …, "equal": …} as the last line
  --help        this

Exit code: 0 when every round was equal, 1 when one was not, 2 for wrong arguments.
`;

interface Arguments {
  readonly rounds: number;
  readonly seed: number;
  readonly seconds: number;
  readonly events: number;
  readonly json: boolean;
}

const args = readArguments(process.argv.slice(2));
let equal = 0;
for (let round = 1; round <= args.rounds; round++) {
  const seed = args.seed + round - 1;
  const startedMs = Date.now();
  const result = await crashRound({ seed, lengthMs: args.seconds * 1_000, events: args.events });
  if (result.equal) equal += 1;
  report(round, seed, result, Date.now() - startedMs);
}
if (args.json) process.stdout.write(`${JSON.stringify({ rounds: args.rounds, equal })}\n`);
else process.stdout.write(`${equal} of ${args.rounds} rounds equal\n`);
process.exit(equal === args.rounds ? 0 : 1);

function report(round: number, seed: number, result: RoundResult, tookMs: number): void {
  const { findings, kills, logEvents, movements } = result;
  const facts = `${logEvents} events, ${movements} movements, ${findings} findings`;
  const verdict = result.equal ? 'equal' : 'DIFFERENT';
  process.stderr.write(
    `round ${round}/${args.rounds} (seed ${seed}): ${verdict} after ${(tookMs / 1_000).toFixed(1)} s; ` +
      `${facts}; killed ${kills.join(', ')}\n`,
  );
  for (const { examples, rows, table } of result.differences) {
    process.stderr.write(`  ${table}: ${rows.ours} rows, reference ${rows.reference}\n`);
    for (const example of examples.slice(0, 10)) process.stderr.write(`    ${example}\n`);
  }
}

function readArguments(argv: string[]): Arguments {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        rounds: { type: 'string', default: '20' },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
        seconds: { type: 'string', default: '6' },
        events: { type: 'string', default: '6000' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(HELP);
      process.exit(0);
    }
    return {
      rounds: whole('rounds', values.rounds),
      seed: whole('seed', values.seed),
      seconds: whole('seconds', values.seconds),
      events: whole('events', values.events),
      json: values.json,
    };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}`);
    process.exit(2);
  }
}

function whole(name: string, value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new Error(`--${name} ${value}: a whole number from 1`);
}
