/**
 * The local NATS server: finds the nats-server program, starts it on loopback with JetStream and a
 * random password, and hands out where it listens.
 *
 * Guarantees: same port and password at every start on the same directory (nats-store.ts); a second
 * server on a store is refused, since two would corrupt it; the server ends with its parent, and a
 * new one starts only after it has.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.ts';
import { acquireLock } from './lock.ts';
import { natsStore, NATS_USER, type NatsStore } from './nats-store.ts';
import { processCommand, processExists } from './processes.ts';

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 10;
/** Lines of the server's own log that are kept to explain a failed start. */
const KEPT_LOG_LINES = 20;
/** Each stream has a bound of its own; this one must only not stand in their way. */
const DEFAULT_MAX_FILE_BYTES = 2 ** 40;
/** Said at every start; the password is random, in a file of mode 0600 and used on loopback only. */
const EXPECTED_WARNING = 'Plaintext passwords detected';

export interface NatsServerOptions {
  /** Created when missing. One server at a time. */
  storeDir: string;
  log: Log;
  /** Default: the port of the last start on this store, at first a random one. */
  port?: number;
  /** What all streams together may occupy on disk. Default 1 TiB. */
  maxFileBytes?: number;
}

export interface NatsServer {
  url: string;
  user: string;
  pass: string;
  port: number;
  pid: number;
  /** SIGTERM, then SIGKILL after 10 s. Resolves when the process is gone. */
  stop(): Promise<void>;
  /** The exit code (null after a signal), whoever ended it. nats-server 2.9 exits 1 on SIGTERM. */
  exited: Promise<number | null>;
}

/**
 * The nats-server program: `NATS_SERVER` when set (and then nothing else), else the first on PATH,
 * in /usr/sbin, /usr/local/bin or Homebrew's folder. Undefined when there is none.
 */
export function findNatsServer(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env['NATS_SERVER']) return isExecutable(env['NATS_SERVER']) ? env['NATS_SERVER'] : undefined;
  const path = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...path, '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin']
    .map((folder) => join(folder, 'nats-server'))
    .find(isExecutable);
}

/**
 * Starts nats-server and resolves when it accepts clients.
 * @throws {LockedError} when another process runs a server on this store.
 * @throws {Error} when the program is missing, the port is taken, or the server ends at once.
 */
export async function startNatsServer(options: NatsServerOptions): Promise<NatsServer> {
  const program = findNatsServer();
  if (program === undefined) throw new Error(missingProgram());

  const store = natsStore(resolve(options.storeDir));
  const lock = acquireLock(store.lockPath);
  try {
    await stopOrphan(store, options.log);
    const identity = await store.identity(options.port);
    store.prepare(identity, options.maxFileBytes ?? DEFAULT_MAX_FILE_BYTES);

    const child = spawn(program, ['-c', store.configPath], {
      stdio: ['ignore', 'ignore', 'pipe'],
      // A group of its own: Ctrl-C in a terminal reaches the launcher, which stops its parts in order.
      detached: true,
    });
    const lastLines = forwardLog(child, options.log);
    const exited = new Promise<number | null>((ended) => {
      // Not at `exit`: its last words may still be in the pipe.
      child.once('close', ended);
      // It could not be started at all, which reads like an end at once.
      child.once('error', (error) => {
        lastLines.push(error.message);
        ended(null);
      });
    });
    const guard = guardAgainstOrphan(child);
    void exited.then(() => guard?.kill('SIGKILL'));
    const pid = await untilReady({ child, exited, store, lastLines });
    void exited.then(() => lock.release());

    const url = `nats://127.0.0.1:${identity.port}`;
    return { ...identity, url, user: NATS_USER, pid, exited, stop };

    async function stop(): Promise<void> {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(late);
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}

function missingProgram(): string {
  const configured = process.env['NATS_SERVER'];
  if (configured) return `NATS_SERVER=${configured} is not an executable file`;
  return (
    'nats-server was not found (looked on PATH, in /usr/sbin, /usr/local/bin and /opt/homebrew/bin). ' +
    'Install it (Debian, Ubuntu: apt-get install nats-server; macOS: brew install nats-server) ' +
    'or set NATS_SERVER to its path.'
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Ends the server when this process ends, kill -9 included: the kernel then closes the standard input
 * of a shell that waits for it.
 */
function guardAgainstOrphan(server: ChildProcess): ChildProcess | undefined {
  if (server.pid === undefined) return undefined;
  const script = 'read -r _; kill -TERM "$1"';
  const guard = spawn('/bin/sh', ['-c', script, 'sh', String(server.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // Without a guard the next start stops the orphan.
  guard.on('error', () => undefined);
  guard.unref();
  return guard;
}

/**
 * The server of a launcher that was killed may still run for a moment, and the lock cannot see that.
 * The pid is believed only if the process was started with this store's configuration file.
 */
async function stopOrphan(store: NatsStore, log: Log): Promise<void> {
  const pid = store.lastPid();
  if (pid === undefined || !processCommand(pid)?.includes(store.configPath)) return;
  log.warn({ pid }, 'stopping a nats-server that outlived its launcher');
  send(pid, 'SIGTERM');
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (processExists(pid)) {
    if (Date.now() > deadline) send(pid, 'SIGKILL');
    await sleep(POLL_MS);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended by itself a moment ago.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** @returns the server's pid */
async function untilReady(start: {
  child: ChildProcess;
  exited: Promise<number | null>;
  store: NatsStore;
  lastLines: string[];
}): Promise<number> {
  const { child, exited, store, lastLines } = start;
  let ended = false;
  void exited.then(() => (ended = true));
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    if (child.pid !== undefined && store.isReady()) return child.pid;
    if (ended) throw new Error(`nats-server ended while starting:\n${lastLines.join('\n')}`);
    if (Date.now() > deadline) {
      child.kill('SIGKILL');
      await exited;
      throw new Error(`nats-server was not ready after ${START_TIMEOUT_MS} ms`);
    }
    await Promise.race([sleep(POLL_MS), exited]);
  }
}

/** Passes the server's log on, and returns the last lines of it. */
function forwardLog(child: ChildProcess, log: Log): string[] {
  const lastLines: string[] = [];
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      lastLines.push(line);
      if (lastLines.length > KEPT_LOG_LINES) lastLines.shift();
      // `[4211] 2026/01/02 03:04:05.678901 [WRN] text`
      const isTrouble = / \[(WRN|ERR|FTL)\] /.test(line) && !line.includes(EXPECTED_WARNING);
      log[isTrouble ? 'warn' : 'debug']({ line }, 'nats-server');
    }
  });
  return lastLines;
}
