/**
 * Starts the local ClickHouse host as a child process and hands out where it listens.
 *
 * The engine must not be loaded into another process (a crash there takes both down, and its thread
 * pool and time zone are set before Node starts); so this file never imports it.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Log } from '../log.ts';
import { HOST_LOCK, hostEnvironment, readHostLimits } from './clickhouse-limits.ts';
import { LockedError, lockHolder } from './lock.ts';
import { isPortFree, pickPort } from './ports.ts';

/** In the data directory: the port of the last start. */
const PORT_FILE = 'port';
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
 * @throws {LockedError} when another host runs on the directory.
 * @throws {Error} when the engine is not installed, the port is taken, or the child ends while
 *   starting.
 */
export async function startClickHouseHost(options: ClickHouseHostOptions): Promise<ClickHouseHost> {
  const dataDir = resolve(options.dataDir);
  const lockPath = join(dataDir, HOST_LOCK);
  const holder = lockHolder(lockPath);
  // The host itself takes the lock; this look comes first because its port would be taken as well.
  if (holder !== undefined) throw new LockedError(lockPath, holder);
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
  await untilListening(child, dataDir);
  writeFileSync(join(dataDir, PORT_FILE), `${port}\n`);
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

/** @throws {Error} with the child's own reason, when it had the time to give one */
function untilListening(child: ChildProcess, dataDir: string): Promise<void> {
  return new Promise((ready, failed) => {
    const fail = (reason: string): void => {
      clearTimeout(late);
      failed(new Error(`the local ClickHouse host on ${dataDir} did not start: ${reason}`));
    };
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`it was not ready after ${START_TIMEOUT_MS} ms`);
    }, START_TIMEOUT_MS);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`it ended with code ${code ?? 'none (killed)'}`));
    child.once('message', (message: { listening: true } | { failed: string }) => {
      if ('failed' in message) return fail(message.failed);
      clearTimeout(late);
      ready();
    });
  });
}

async function choosePort(dataDir: string, wanted: number | undefined): Promise<number> {
  const file = join(dataDir, PORT_FILE);
  const port = wanted ?? rememberedPort(file) ?? (await pickPort());
  if (await isPortFree(port)) return port;
  const mend = wanted === undefined ? ` Free it, or delete ${file} for another port.` : '';
  throw new Error(`port ${port} of the local ClickHouse host is taken by another program.${mend}`);
}

function rememberedPort(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}
