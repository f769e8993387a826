/**
 * Starts one of our own processes as a child: TypeScript under the same Node, tied to this process
 * (tether.ts), its output on this terminal.
 */
import { spawn } from 'node:child_process';
import { Transform, type TransformCallback } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { nodeArgsOf } from './node-args.ts';
import type { Instance } from './supervise.ts';

/** Beyond the time to drain, in which a process ends by itself. */
const KILL_GRACE_MS = 5_000;

/** How long an ended process's output is waited for. */
const LAST_WORDS_MS = 500;

export interface NodeProcess {
  name: string;
  /** File of the process, relative to the project. */
  file: string;
  args?: string[];
  env: NodeJS.ProcessEnv;
  /** DRAIN_TIMEOUT_MS of the process: one that has not ended well after it is killed. */
  drainTimeoutMs: number;
}

/** @throws when the process cannot be spawned at all. */
export async function startNodeProcess({
  name,
  file,
  args = [],
  env,
  drainTimeoutMs,
}: NodeProcess): Promise<Instance> {
  const child = spawn(
    process.execPath,
    [
      ...nodeArgsOf(file),
      ...['--import', import.meta.resolve('tsx')],
      ...['--import', import.meta.resolve('./tether.ts')],
      projectFile(file),
      ...args,
    ],
    { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  // Log lines carry the name of their process; what else it prints (a crash, a usage error) does not.
  child.stdout?.pipe(process.stdout, { end: false });
  child.stderr?.pipe(prefixLines(`${name} | `)).pipe(process.stderr, { end: false });

  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      // Its last words may still be in the pipe; a grandchild that holds the pipe must not matter.
      const late = setTimeout(resolve, LAST_WORDS_MS, code);
      child.once('close', () => {
        clearTimeout(late);
        resolve(code);
      });
    });
  });
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => resolve(child.pid ?? 0));
  });
  return {
    pid,
    exited,
    async stop() {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), drainTimeoutMs + KILL_GRACE_MS);
      await exited;
      clearTimeout(late);
    },
  };
}

function projectFile(relative: string): string {
  return fileURLToPath(new URL(`../../${relative}`, import.meta.url));
}

/** Puts `prefix` in front of every line; a last line without an end gets one. */
export function prefixLines(prefix: string): Transform {
  let rest = '';
  return new Transform({
    decodeStrings: false,
    transform(chunk: Buffer | string, _encoding, done: TransformCallback) {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      done(null, lines.map((line) => `${prefix}${line}\n`).join(''));
    },
    flush(done: TransformCallback) {
      done(null, rest === '' ? '' : `${prefix}${rest}\n`);
    },
  });
}
