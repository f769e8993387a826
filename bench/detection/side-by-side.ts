/** Simulated brands side by side, as many as there are cores, each in a process of its own. */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { round } from '../measure.ts';
import { say } from '../progress.ts';
import type { Run, RunOptions } from './run.ts';

const MAIN = fileURLToPath(new URL('./run-main.ts', import.meta.url));

/** The runs in the order of what was asked for. Rejects when one of them fails. */
export async function sideBySide(asked: readonly RunOptions[]): Promise<Run[]> {
  const runs: Run[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < asked.length; index = next++) {
      runs[index] = await apart(asked[index] as RunOptions);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return runs;
}

async function apart(options: RunOptions): Promise<Run> {
  const began = performance.now();
  const child = fork(MAIN, {
    execArgv: ['--import', import.meta.resolve('tsx')],
    serialization: 'advanced',
  });
  const done = new Promise<Run>((resolve, reject) => {
    child.once('message', (run: Run) => resolve(run));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`seed ${options.seed} ended with ${code}`)));
  });
  child.send(options);
  const one = await done;
  const seconds = round((performance.now() - began) / 1_000);
  const what = options.incidents ? 'with incidents' : 'without incidents';
  say(`seed ${one.seed} ${what}: ${one.events} events, ${one.alerts.length} alerts, ${seconds} s`);
  return one;
}
