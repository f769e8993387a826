/**
 * The local NATS server: finds the nats-server program, writes its configuration, starts it on
 * loopback with JetStream and a random password, and hands out where it listens.
 *
 * Everything it needs to come back as the same server lies in the store directory:
 *
 *     server.json       port and password, mode 0600, written once
 *     nats-server.conf  made from server.json at each start, mode 0600
 *     nats-server.pid   written by the server itself, as is ports/
 *     server.lock.N     ours: one server per store (two would corrupt it)
 *     jetstream/        the streams
 *
 * Guarantees: same port and password at every start on the same directory; a second server on a
 * store is refused; the server ends with its parent, and a new one starts only after it has.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.ts';
import { acquireLock } from './lock.ts';
import { isPortFree, pickPort } from './ports.ts';
import { processCommand, processExists } from './processes.ts';

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 10;
/** Lines of the server's own log that are kept to explain a failed start. */
const KEPT_LOG_LINES = 20;
const DEFAULT_MAX_FILE_BYTES = 64 * 2 ** 30;
const USER = 'stocktide';
/** Said at every start; the password is random, in a file of mode 0600 and used on loopback only. */
const EXPECTED_WARNING = 'Plaintext passwords detected';

export interface NatsServerOptions {
  /** Created when missing. One server at a time. */
  storeDir: string;
  log: Log;
  /** Default: the port of the last start on this store, at first a random one. */
  port?: number;
  /** What all streams together may occupy on disk. Default 64 GiB. */
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

  const storeDir = resolve(options.storeDir);
  const lock = acquireLock(join(storeDir, 'server.lock'));
  try {
    await stopOrphan(storeDir, options.log);
    const { port, pass } = await identity(storeDir, options);
    const configPath = writeConfig(storeDir, { port, pass, maxFileBytes: options.maxFileBytes });

    const child = spawn(program, ['-c', configPath], {
      stdio: ['ignore', 'ignore', 'pipe'],
      // A group of its own: Ctrl-C in a terminal reaches the launcher, which stops its parts in order.
      detached: true,
    });
    const lastLines = forwardLog(child, options.log);
    const exited = new Promise<number | null>((resolveExit, reject) => {
      child.once('error', reject);
      child.once('exit', resolveExit);
    });
    const guard = guardAgainstOrphan(child);
    void exited.then(
      () => guard?.kill('SIGKILL'),
      () => undefined,
    );
    const pid = await untilReady({ child, exited, storeDir, lastLines });
    void exited.then(() => lock.release());

    return { url: `nats://127.0.0.1:${port}`, user: USER, pass, port, pid, exited, stop };

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
async function stopOrphan(storeDir: string, log: Log): Promise<void> {
  let pid: number;
  try {
    pid = Number(readFileSync(pidPath(storeDir), 'utf8'));
  } catch {
    return;
  }
  if (!Number.isInteger(pid) || pid <= 0) return;
  if (!processCommand(pid)?.includes(configFile(storeDir))) return;

  log.warn({ pid, storeDir }, 'stopping a nats-server that outlived its launcher');
  process.kill(pid, 'SIGTERM');
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (processExists(pid)) {
    if (Date.now() > deadline) process.kill(pid, 'SIGKILL');
    await sleep(POLL_MS);
  }
}

/** Port and password of this store's server, made up at the first start. */
async function identity(
  storeDir: string,
  options: NatsServerOptions,
): Promise<{ port: number; pass: string }> {
  const file = join(storeDir, 'server.json');
  const known = readIdentity(file);
  const pass = known?.pass ?? randomBytes(24).toString('base64url');
  const wanted = options.port ?? known?.port;
  if (wanted !== undefined && !(await isPortFree(wanted))) {
    const mend = options.port === undefined ? ` Free it, or delete ${file} for another port.` : '';
    throw new Error(`port ${wanted} of the local NATS server is taken by another program.${mend}`);
  }
  const port = wanted ?? (await pickPort());
  writeFileSync(file, `${JSON.stringify({ port, pass })}\n`, { mode: 0o600 });
  return { port, pass };
}

function readIdentity(file: string): { port: number; pass: string } | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { port: number; pass: string };
  } catch {
    return undefined;
  }
}

function writeConfig(
  storeDir: string,
  values: { port: number; pass: string; maxFileBytes: number | undefined },
): string {
  const jetstreamDir = join(storeDir, 'jetstream');
  mkdirSync(jetstreamDir, { recursive: true });
  // A killed server leaves its ports file, which would look like a server that is ready.
  rmSync(portsDir(storeDir), { recursive: true, force: true });
  mkdirSync(portsDir(storeDir));
  const lines = [
    `listen: "127.0.0.1:${values.port}"`,
    `pid_file: ${JSON.stringify(pidPath(storeDir))}`,
    `ports_file_dir: ${JSON.stringify(portsDir(storeDir))}`,
    `authorization { user: ${USER}, password: "${values.pass}" }`,
    `jetstream { store_dir: ${JSON.stringify(jetstreamDir)}, max_file: ${values.maxFileBytes ?? DEFAULT_MAX_FILE_BYTES} }`,
  ];
  const path = configFile(storeDir);
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  return path;
}

function configFile(storeDir: string): string {
  return join(storeDir, 'nats-server.conf');
}

function portsDir(storeDir: string): string {
  return join(storeDir, 'ports');
}

function pidPath(storeDir: string): string {
  return join(storeDir, 'nats-server.pid');
}

/**
 * The server writes its ports file when it accepts clients, so that file is the sign.
 * @returns the server's pid
 */
async function untilReady(start: {
  child: ChildProcess;
  exited: Promise<number | null>;
  storeDir: string;
  lastLines: string[];
}): Promise<number> {
  const { child, exited, storeDir, lastLines } = start;
  let ended = false;
  const end = exited.finally(() => (ended = true));
  end.catch(() => undefined);
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    if (ended) throw new Error(`nats-server ended while starting:\n${lastLines.join('\n')}`);
    if (Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`nats-server was not ready after ${START_TIMEOUT_MS} ms`);
    }
    if (child.pid !== undefined && readdirSync(portsDir(storeDir)).length > 0) return child.pid;
    await Promise.race([sleep(POLL_MS), end.catch(() => undefined)]);
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
