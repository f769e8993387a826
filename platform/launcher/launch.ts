/**
 * What one machine runs, and in which order:
 *
 *   lock on the home ─▶ nats-server ─▶ ClickHouse ─▶ door, processors, api ─▶ demo feed
 *
 * Each arrow waits until what stands before it is ready, and everything is stopped in reverse, so that
 * nothing outlives what it writes to. A part that dies later comes back on the same port. Servers
 * named by NATS_URL and CLICKHOUSE_URL are used as they are instead of local ones.
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { startClickHouseHost } from '../local/clickhouse.ts';
import { acquireLock, LockedError } from '../local/lock.ts';
import { startNatsServer } from '../local/nats-server.ts';
import type { Log } from '../log.ts';
import { runFile, type Running } from '../running.ts';
import { firstToken } from './first-token.ts';
import { startNodeProcess } from './node-process.ts';
import { choosePorts, type WantedPorts } from './ports.ts';
import { untilReady } from './readiness.ts';
import { keptSecret } from './secret.ts';
import { supervise, type Supervised } from './supervise.ts';

/** After this a process that is not ready is reported and left to go on; it may be replaying much. */
const READY_TIMEOUT_MS = 60_000;
const OLD_HOST_TIMEOUT_MS = 20_000;

export interface Launch {
  /** Read from `env`. */
  config: Config;
  /** What every process is given. */
  env: NodeJS.ProcessEnv;
  wantedPorts: WantedPorts;
  demo: boolean;
  log: Log;
  /** Aborts to give up starting. */
  signal: AbortSignal;
}

export interface Launched extends Running {
  /** The admin token of a first start, to be shown once. */
  readonly token: string | null;
}

/** A part ended before it was ready. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Everything that was started so far, in order. */
export interface Started {
  name: string;
  /** The process, when it is one. */
  pid?: () => number;
  stop(): Promise<void> | void;
}

/**
 * Starts everything. Each part is put into `started` at once, so that the caller can stop what there
 * is when a later part fails.
 * @throws when a part cannot be started, or ends before it is ready; the signal's reason when given up.
 */
export async function launch(options: Launch, started: Started[]): Promise<Launched> {
  const { config, env, signal } = options;
  const home = config.stocktideHome;
  const lock = acquireLock(join(home, 'launcher.lock'));
  started.push({ name: 'lock', stop: () => lock.release() });
  const ports = await choosePorts(join(home, 'ports.json'), options.wantedPorts);

  const nats = await useNats(options, started);
  signal.throwIfAborted();
  const clickhouseUrl = await useClickHouse(options, started);

  const isOpen = config.access === 'open';
  const accessToken = isOpen ? '' : config.accessToken || keptSecret(join(home, 'access-secret'));
  const doorUrl = `http://127.0.0.1:${ports.door}`;
  const processEnv: NodeJS.ProcessEnv = {
    ...env,
    ACCESS_TOKEN: accessToken,
    NATS_URL: nats.natsUrl,
    NATS_USER: nats.natsUser,
    NATS_PASSWORD: nats.natsPassword,
    CLICKHOUSE_URL: clickhouseUrl,
    API_PORT: String(ports.api),
    DOOR_PORT: String(ports.door),
    PROCESSORS_PORT: String(ports.processors),
    DOOR_URL: doorUrl,
  };
  // The API is the one way in from outside; the processes behind it stay on loopback.
  const innerEnv = { ...processEnv, HOST: '127.0.0.1' };
  const apiUrl = `http://${reachable(config.host)}:${ports.api}`;

  const processorsUrl = `http://127.0.0.1:${ports.processors}`;
  const start = (part: Part) => startPart(part, options, started);
  const ready = [
    await start({
      name: 'door',
      file: 'ingest/main.ts',
      // The demo tells its past first, which is to be judged as it was.
      env: options.demo ? { CLOCK: 'catch-up', ...innerEnv } : innerEnv,
      url: doorUrl,
    }),
    await start({
      name: 'processors',
      file: 'processors/main.ts',
      env: innerEnv,
      url: processorsUrl,
    }),
    await start({ name: 'api', file: 'api/main.ts', env: processEnv, url: apiUrl }),
  ];
  await Promise.all(ready.map((untilReady) => untilReady()));

  const running = { apiUrl, doorUrl, clickhouseUrl, ...nats, accessToken, pid: process.pid };
  writeRunFile(home, running);
  started.push({ name: 'run file', stop: () => rmSync(runFile(home), { force: true }) });
  if (options.demo) {
    const args = ['--url', doorUrl];
    await start({ name: 'demo', file: 'simulator/demo.ts', args, env: innerEnv });
  }
  const token = isOpen ? null : await firstToken(apiUrl, accessToken).catch(untold(options.log));
  return { ...running, token };
}

/** People can make a link themselves when the first one could not be made. */
const untold = (log: Log) => (error: unknown) => {
  log.warn({ err: error }, 'no sign-in link could be made; `npm run access -- link` makes one');
  return null;
};

type NatsAccess = Pick<Running, 'natsUrl' | 'natsUser' | 'natsPassword'>;

async function useNats({ config, env, log }: Launch, started: Started[]): Promise<NatsAccess> {
  if (env['NATS_URL']) {
    const { natsUrl, natsUser, natsPassword } = config;
    return { natsUrl, natsUser, natsPassword };
  }
  // The store remembers port and password, so every instance is the same server to its clients.
  const start = async () => {
    const server = await startNatsServer({ storeDir: join(config.stocktideHome, 'nats'), log });
    // It cannot notice that this process was killed; the start script ends it then.
    process.send?.({ started: 'nats-server', pid: server.pid });
    return server;
  };
  const first = await start();
  keep(supervise({ name: 'nats-server', first, start, log }), 'nats-server', started);
  return { natsUrl: first.url, natsUser: first.user, natsPassword: first.pass };
}

async function useClickHouse({ config, env, log }: Launch, started: Started[]): Promise<string> {
  if (env['CLICKHOUSE_URL']) return config.clickhouseUrl;
  const dataDir = join(config.stocktideHome, 'clickhouse');
  await untilHostIsGone(dataDir);
  const start = () => startClickHouseHost({ dataDir, log, env });
  const first = await start();
  keep(supervise({ name: 'clickhouse', first, start, log }), 'clickhouse', started);
  return first.url;
}

/** The host of a launcher that was killed notices and ends, but not at once. */
async function untilHostIsGone(dataDir: string): Promise<void> {
  const deadlineMs = performance.now() + OLD_HOST_TIMEOUT_MS;
  for (;;) {
    try {
      acquireLock(join(dataDir, 'host.lock')).release();
      return;
    } catch (error) {
      if (!(error instanceof LockedError) || performance.now() > deadlineMs) throw error;
      await sleep(100);
    }
  }
}

interface Part {
  name: string;
  file: string;
  args?: string[];
  env: NodeJS.ProcessEnv;
  /** Where it answers `/readyz`; without one it counts as ready at once, and may end in peace. */
  url?: string;
}

/** Starts a process of ours; what it returns waits until that is ready. */
async function startPart(
  part: Part,
  { config, log, signal }: Launch,
  started: Started[],
): Promise<() => Promise<void>> {
  signal.throwIfAborted();
  const { name, url } = part;
  let ready = url === undefined;
  const { drainTimeoutMs } = config;
  const start = () => startNodeProcess({ ...part, drainTimeoutMs });
  const supervised = supervise({
    name,
    first: await start(),
    start,
    log,
    // What cannot start is a fault to report, not one to repeat; a feed may come to its end; and a
    // signal to the whole process group ends parts before their turn.
    shouldRestart: (code) => ready && !signal.aborted && !(url === undefined && code === 0),
  });
  keep(supervised, name, started);

  const died = new AbortController();
  void supervised.ended.then(() => {
    died.abort(new StartError(`${name} ended while it was starting; its own message is above`));
  });
  return async () => {
    if (url === undefined) return;
    const missing = await untilReady({
      url,
      timeoutMs: READY_TIMEOUT_MS,
      signal: AbortSignal.any([signal, died.signal]),
    });
    ready = true;
    if (missing !== null) log.warn({ missing }, `${name} is not ready yet; going on without it`);
  };
}

function keep(supervised: Supervised, name: string, started: Started[]): void {
  started.push({ name, pid: () => supervised.pid(), stop: () => supervised.stop() });
}

/** Complete at once or not there: programs read it while it is written. It holds a password. */
function writeRunFile(home: string, running: Running): void {
  const draft = `${runFile(home)}.draft`;
  writeFileSync(draft, `${JSON.stringify(running, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, runFile(home));
}

/** The address under which this machine reaches a server that listens on `host`. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
