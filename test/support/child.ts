/**
 * One of our own processes as a child of a test: tied to it, so that nothing is left behind, with what it
 * printed kept for when something went wrong.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TETHER = fileURLToPath(new URL('../../platform/launcher/tether.ts', import.meta.url));
/** Characters of output that are kept. */
const KEPT = 64_000;

export interface Child {
  readonly pid: number;
  /** The exit code, or null after a signal. */
  readonly exited: Promise<number | null>;
  readonly hasExited: boolean;
  /** The end of what it printed. */
  output(): string;
  signal(signal: NodeJS.Signals): void;
  /** Sends the signal and waits until the process is gone. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts `file` (relative to the project) under the same Node. */
export function startChild({
  args = [],
  env,
  file,
}: {
  args?: readonly string[];
  env: NodeJS.ProcessEnv;
  file: string;
}): Child {
  const child = spawn(process.execPath, ['--import', 'tsx', '--import', TETHER, file, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-KEPT)));
  }
  let hasExited = false;
  const exited = new Promise<number | null>((resolve) => {
    // Not `exit`: its last words may still be on their way.
    child.once('close', (code) => {
      hasExited = true;
      resolve(code);
    });
  });
  return {
    pid: child.pid ?? 0,
    exited,
    get hasExited() {
      return hasExited;
    },
    output: () => output,
    signal: (signal) => void child.kill(signal),
    end(signal) {
      if (!hasExited) child.kill(signal);
      return exited;
    },
  };
}
