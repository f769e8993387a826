/**
 * The servers and processes that a bench measures, started as `npm start` starts them, in a directory of
 * their own: a nats-server, the local ClickHouse host, and whichever of our processes the bench wants.
 *
 * Guarantees: whatever was started is ended and the directory removed when the bench ends, fails or is
 * interrupted; only processes that were started here are touched, by their pid. The environment of the
 * caller reaches the processes (FLUSH_ROWS and the like), except for addresses and secrets.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClickHouse, type ClickHouse } from '../platform/clickhouse/client.ts';
import { migrate } from '../platform/clickhouse/migrate.ts';
import { readConfig, type Config } from '../platform/config.ts';
import { nodeArgsOf } from '../platform/launcher/node-args.ts';
import { untilReady } from '../platform/launcher/readiness.ts';
import { startClickHouseHost } from '../platform/local/clickhouse.ts';
import { startNatsServer } from '../platform/local/nats-server.ts';
import { pickPort } from '../platform/local/ports.ts';
import { processExists } from '../platform/local/processes.ts';
import { createLog, type Log } from '../platform/log.ts';
import { createMetrics } from '../platform/metrics.ts';
import { connectNats, type NatsLink } from '../platform/nats/connect.ts';
import { createPublisher, type Publisher } from '../platform/nats/publisher.ts';
import { ensureStreams } from '../platform/nats/streams.ts';

const MIGRATIONS = fileURLToPath(new URL('../sql/migrations', import.meta.url));
const READY_MS = 120_000;
/** Longer than a process takes to drain. */
const STOP_MS = 30_000;

export interface PartOptions {
  readonly name: string;
  /** File relative to the project. */
  readonly file: string;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly nodeArgs?: readonly string[];
  /** Modules (file URLs) that are loaded in front of it. */
  readonly preload?: readonly string[];
}

/** A process of ours that runs. */
export interface Part {
  readonly pid: number;
  /** Rejects when it ends without having been told to; to be raced with what one waits for. */
  readonly died: Promise<never>;
  /** The next message that it sends over IPC; rejects when it ends without one. */
  message<T>(): Promise<T>;
  send(message: object): void;
  /** SIGTERM; resolves when it is gone. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

export interface Stack {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly link: NatsLink;
  readonly publisher: Publisher;
  /** Of the bench alone; removed at its end. */
  readonly directory: string;
  readonly natsPid: number;
  readonly clickhousePid: number;
  /** A client on a database; the schema is there only after `migrated`. */
  clickhouse(database: string): ClickHouse;
  /** The same with the schema in place. */
  migrated(database: string): Promise<ClickHouse>;
  start(part: PartOptions): Promise<Part>;
  /** Resolves when the part answers `/readyz` on its port. */
  ready(port: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the two servers, with the streams in place. */
export async function startStack(): Promise<Stack> {
  const dir = mkdtempSync(join(tmpdir(), 'stocktide-bench-'));
  const log = createLog({ name: 'bench', level: 'warn', format: 'pretty' });
  const stops: (() => Promise<unknown>)[] = [];
  const pids: number[] = [];
  const removeDir = () => rmSync(dir, { recursive: true, force: true });
  const endNow = () => {
    for (const pid of pids) if (processExists(pid)) process.kill(pid, 'SIGKILL');
    removeDir();
  };
  process.once('exit', endNow);

  const nats = await startNatsServer({ storeDir: join(dir, 'nats'), log });
  pids.push(nats.pid);
  stops.push(() => nats.stop());
  const quiet = { LOG_LEVEL: 'warn', LOG_FORMAT: 'pretty', CLICKHOUSE_PASSWORD: '' };
  const dataDir = join(dir, 'clickhouse');
  const host = await startClickHouseHost({ dataDir, log, env: quiet });
  pids.push(host.pid);
  stops.push(() => host.stop());

  const env = await processEnvironment({ ...quiet, natsUrl: nats.url, clickhouseUrl: host.url });
  Object.assign(env, { NATS_USER: nats.user, NATS_PASSWORD: nats.pass, STOCKTIDE_HOME: dir });
  const config = readConfig(env);
  const link = await connectNats({ ...nats, name: 'bench', log });
  stops.push(() => link.close());
  await ensureStreams(link.jsm, config);
  const publisher = createPublisher({
    link,
    maxInFlight: config.maxInFlight,
    timeoutMs: 30_000,
    metrics: createMetrics({ process: 'bench' }),
  });

  const clickhouse = (database: string) => {
    const client = createClickHouse({ ...config, clickhouseDatabase: database });
    stops.push(() => client.close());
    return client;
  };
  return {
    config,
    env,
    log,
    link,
    publisher,
    directory: dir,
    natsPid: nats.pid,
    clickhousePid: host.pid,
    clickhouse,
    async migrated(database) {
      const client = clickhouse(database);
      await migrate(client, { dir: MIGRATIONS, database, log });
      return client;
    },
    async start(options) {
      const part = await startPart({ ...options, env: { ...env, ...options.env } });
      pids.push(part.pid);
      stops.push(() => part.stop());
      return part;
    },
    async ready(port) {
      const url = `http://127.0.0.1:${port}`;
      const { signal } = new AbortController();
      const missing = await untilReady({ url, timeoutMs: READY_MS, signal });
      if (missing !== null) throw new Error(`${url} is not ready: ${missing}`);
    },
    async stop() {
      for (const stop of stops.splice(0).reverse()) await stop();
      process.off('exit', endNow);
      removeDir();
    },
  };
}

/** Arguments for Node that have it write a CPU profile when it ends. */
export function profiled(dir: string | undefined): string[] {
  return dir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(dir)}`];
}

/** What `platform/launcher` gives its processes, on ports that are free. */
async function processEnvironment(options: {
  natsUrl: string;
  clickhouseUrl: string;
  LOG_LEVEL: string;
  LOG_FORMAT: string;
  CLICKHOUSE_PASSWORD: string;
}): Promise<NodeJS.ProcessEnv> {
  const { clickhouseUrl, natsUrl, ...quiet } = options;
  const doorPort = String(await pickPort());
  return {
    ...process.env,
    ...quiet,
    NATS_URL: natsUrl,
    CLICKHOUSE_URL: clickhouseUrl,
    CLICKHOUSE_DATABASE: 'stocktide',
    CLICKHOUSE_USER: 'default',
    HOST: '127.0.0.1',
    // What a credential costs is a hash per request; the bench measures the rest.
    ACCESS: 'open',
    PROCESSORS: 'all',
    API_PORT: String(await pickPort()),
    DOOR_PORT: doorPort,
    DOOR_URL: `http://127.0.0.1:${doorPort}`,
    PROCESSORS_PORT: String(await pickPort()),
  };
}

async function startPart({
  args = [],
  env,
  file,
  name,
  nodeArgs = [],
  preload = [],
}: PartOptions): Promise<Part> {
  const child = spawn(
    process.execPath,
    [
      ...nodeArgsOf(file),
      ...nodeArgs,
      ...['--import', import.meta.resolve('tsx')],
      // It ends with the bench, whatever ends that.
      ...['--import', import.meta.resolve('../platform/launcher/tether.ts')],
      ...preload.flatMap((module) => ['--import', module]),
      fileURLToPath(new URL(`../${file}`, import.meta.url)),
      ...args,
    ],
    // The last line of the bench's own output is its result: a part's goes to stderr.
    { env, stdio: ['ignore', 2, 2, 'ipc'] },
  );
  await once(child, 'spawn');
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let told = false;
  const died = exited.then(() => {
    if (!told) throw new Error(`${name} ended by itself; its own words are above`);
    return new Promise<never>(() => undefined);
  });
  died.catch(() => undefined);
  const end = async (signal: NodeJS.Signals) => {
    told = true;
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await exited;
    clearTimeout(late);
  };
  return {
    pid: child.pid ?? 0,
    died,
    message: <T>() => nextMessage<T>(child, name),
    send: (message) => void child.send(message),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

function nextMessage<T>(child: ChildProcess, name: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`${name} ended before it was done`));
    if (child.exitCode !== null || child.signalCode !== null) return ended();
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as T);
    });
  });
}
