/**
 * `npm run bench -- NAME`: measures, prints a summary for people and, as the
 * last line of stdout, the result as one JSON object. Progress goes to stderr.
 *
 * Ends with 0 when it measured, whatever the figures are: a budget is for people to compare with
 * (docs/benchmarks.md), not a test. Ctrl-C stops what was started and ends with 130.
 */
import {
  readArguments,
  USAGE,
  UsageError,
  type BenchName,
  type BenchOptions,
} from './arguments.ts';
import { dashboard } from './dashboard.ts';
import { detection } from './detection.ts';
import { door } from './door.ts';
import { iforest } from './iforest.ts';
import { latency } from './latency.ts';
import { loadNow, machine, machineLine } from './machine.ts';
import { nab } from './nab.ts';
import { pipeline } from './pipeline.ts';
import { say } from './progress.ts';
import { recovery } from './recovery.ts';
import { sockets } from './sockets.ts';
import { startStack, type Stack } from './stack.ts';
import { uci } from './uci.ts';

type Bench = (options: BenchOptions) => Promise<object>;

const BENCH: Record<BenchName, Bench> = {
  pipeline: onStack(pipeline),
  door: onStack(door),
  latency: onStack(latency),
  recovery: onStack(recovery),
  sockets: onStack(sockets),
  dashboard: onStack(dashboard),
  nab,
  iforest,
  detection,
  uci,
};

try {
  const options = readArguments(process.argv.slice(2));
  if (options === 'help') console.log(USAGE);
  else await run(options);
} catch (error) {
  const isUsage = error instanceof UsageError;
  const reason = error instanceof Error ? error.message : String(error);
  console.error(isUsage ? `${reason}\n\n${USAGE}` : `the bench failed: ${reason}`);
  process.exitCode = isUsage ? 2 : 1;
}

async function run(options: BenchOptions): Promise<void> {
  const { bench } = options;
  const on = machine();
  say(`${bench} on ${machineLine(on)}`);
  const figures = await BENCH[bench](options);
  const result = {
    bench,
    ...figures,
    at: new Date().toISOString(),
    machine: { ...on, loadAfter: loadNow() },
  };
  if (!options.json) console.log(JSON.stringify(result, null, 2));
  console.log(JSON.stringify(result));
}

/** A bench of the running system: its servers are started before and stopped after it. */
function onStack(measure: (options: BenchOptions, stack: Stack) => Promise<object>): Bench {
  return async (options) => {
    const stack = await startStack();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        say('stopping');
        void stack.stop().finally(() => process.exit(130));
      });
    }
    try {
      return await measure(options, stack);
    } finally {
      await stack.stop();
    }
  };
}
