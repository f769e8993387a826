/**
 * Starts the local ClickHouse host as a child process and hands out where it listens.
 *
 * The engine must not be loaded into another process (a crash there takes both down, and its thread
 * pool and time zone are set before Node starts); so this file never imports it.
 */
import { fork } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Log } from '../log.ts';
import { hostEnvironment, readHostLimits } from './clickhouse-limits.ts';
import { isPortFree, pickPort } from './ports.ts';

/** Opening a large data directory after a kill is the slowest start. */
const START_TIMEOUT_MS = 60_000;
/** What the host gets beside its time for running statements. */
const STOP_GRACE_MS = 10_000;

export interface ClickHouseHostOptions {
  /** Created when missing. One host at a time. */
  dataDir: string;
  log: Log;
  /** Default: the port of the last start on this directory, at first a random one. */
  port?: number;
  /** Environment of the child beside what the host needs; CLICKHOUSE_PASSWORD sets a password. */
  env?: NodeJS.ProcessEnv;
}

export interface ClickHouseHost {
  url: string;
  port: number;
  pid: number;
  /** SIGTERM: running statements end or are cancelled; SIGKILL when that takes too long. */
  stop(): Promise<void>;
  /** The exit code (null after a signal), whoever ended it. */
  exited: Promise<number | null>;
}

/**
 * Starts the host and resolves when it answers.
 * @throws {Error} when the engine is not installed, the directory or port is in use, or the child
 *   ends while starting (its own message is on standard error and in the log).
 */
export async function startClickHouseHost(options: ClickHouseHostOptions): Promise<ClickHouseHost> {
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true });
  const port = await choosePort(dataDir, options.port);
  const env = { ...process.env, ...options.env };
  const limits = readHostLimits(env);

  const main = fileURLToPath(new URL('./clickhouse-main.ts', import.meta.url));
  const child = fork(main, ['--data-dir', dataDir, '--port', String(port)], {
    execArgv: ['--import', import.meta.resolve('tsx')],
    env: { ...env, ...hostEnvironment(limits) },
    // A group of its own: Ctrl-C in a terminal reaches the launcher, which stops its parts in order.
    detached: true,
  });
  const exited = new Promise<number | null>((ended) => child.once('exit', ended));
  await new Promise<void>((ready, failed) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      failed(new Error(`the local ClickHouse host was not ready after ${START_TIMEOUT_MS} ms`));
    }, START_TIMEOUT_MS);
    child.once('error', failed);
    child.once('exit', (code) => {
      clearTimeout(late);
      failed(new Error(`the local ClickHouse host on ${dataDir} ended while starting (${code})`));
    });
    child.once('message', () => {
      clearTimeout(late);
      ready();
    });
  });
  const pid = child.pid ?? 0;
  options.log.debug({ port, pid, dataDir }, 'local ClickHouse host is ready');
  return { url: `http://127.0.0.1:${port}`, port, pid, stop, exited };

  async function stop(): Promise<void> {
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), limits.stopTimeoutMs + STOP_GRACE_MS);
    await exited;
    clearTimeout(late);
  }
}

async function choosePort(dataDir: string, wanted: number | undefined): Promise<number> {
  const file = join(dataDir, 'port');
  const port = wanted ?? rememberedPort(file) ?? (await pickPort());
  if (!(await isPortFree(port))) {
    const mend = wanted === undefined ? ` Free it, or delete ${file} for another port.` : '';
    throw new Error(`port ${port} of the local ClickHouse host is taken.${mend}`);
  }
  writeFileSync(file, `${port}\n`);
  return port;
}

function rememberedPort(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}
