/**
 * The system of one crash round: nats-server, ClickHouse host, door and processors as processes on a data
 * directory of their own. What is killed is started again at once, on the same data and port; a process
 * of ours that ends by itself (it lost a server in mid-start) comes back as under the launcher.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startClickHouseHost, type ClickHouseHost } from '../../platform/local/clickhouse.ts';
import { startNatsServer, type NatsServer } from '../../platform/local/nats-server.ts';
import { pickPort } from '../../platform/local/ports.ts';
import { createLog } from '../../platform/log.ts';
import { startChild, type Child } from '../support/child.ts';
import { until } from '../support/until.ts';

export type Victim = 'processors' | 'clickhouse' | 'nats' | 'door';

export interface System {
  /** Configuration of every process, NATS_URL and CLICKHOUSE_URL included. */
  readonly env: Readonly<Record<string, string>>;
  readonly doorUrl: string;
  /** SIGKILL, and a new start; resolves when the process is there, not when it is ready. */
  kill(victim: Victim): Promise<void>;
  /** A number that the processors measure; null while they do not answer. */
  measured(metric: string): Promise<number | null>;
  /** Ends door and processors in order; throws when one of them does not end in peace. */
  finish(): Promise<void>;
  /** Ends everything. */
  stop(): Promise<void>;
  /** What the processors and the door printed, for a round that failed. */
  output(): string;
}

/** Small bounds, so that a round sees many flushes and some snapshots. */
const BOUNDS = {
  FLUSH_MS: '100',
  FLUSH_ROWS: '1500',
  MAX_PENDING_ROWS: '6000',
  SNAPSHOT_EVENTS: '500',
  RECENT_IDS: '40000',
  RECENT_MOVEMENTS: '40000',
};
const READY_TIMEOUT_MS = 60_000;

/** Starts everything on `dataDir`; ready for events when it resolves. */
export async function startSystem(dataDir: string): Promise<System> {
  const log = createLog({ name: 'crash', level: 'silent', format: 'json' });
  const dirs = { nats: join(dataDir, 'nats'), clickhouse: join(dataDir, 'clickhouse') };
  for (const dir of Object.values(dirs)) mkdirSync(dir, { recursive: true });
  const hostEnv = { LOG_LEVEL: 'error', CLICKHOUSE_PASSWORD: '' };
  const startNats = () => startNatsServer({ storeDir: dirs.nats, log });
  const startHost = () => startClickHouseHost({ dataDir: dirs.clickhouse, log, env: hostEnv });
  let [nats, clickhouse]: [NatsServer, ClickHouseHost] = await Promise.all([
    startNats(),
    startHost(),
  ]);

  const ports = { door: await pickPort(), processors: await pickPort() };
  const env = {
    ...BOUNDS,
    NATS_URL: nats.url,
    NATS_USER: nats.user,
    NATS_PASSWORD: nats.pass,
    CLICKHOUSE_URL: clickhouse.url,
    CLICKHOUSE_DATABASE: 'stocktide',
    CLICKHOUSE_PASSWORD: '',
    HOST: '127.0.0.1',
    ACCESS: 'open',
    PROCESSORS: 'all',
    // Ticks come with the load, so that minutes pass in seconds and the log ends when the load does.
    CLOCK: 'feed',
    DOOR_PORT: String(ports.door),
    PROCESSORS_PORT: String(ports.processors),
    LOG_LEVEL: 'warn',
    LOG_FORMAT: 'pretty',
  };
  const door = keepRunning('ingest/main.ts', env);
  const processors = keepRunning('processors/main.ts', env);
  const doorUrl = `http://127.0.0.1:${ports.door}`;
  const processorsUrl = `http://127.0.0.1:${ports.processors}`;
  const output = () => `--- processors\n${processors.output()}\n--- door\n${door.output()}`;

  const restart: Record<Victim, () => Promise<void>> = {
    processors: () => processors.kill(),
    door: () => door.kill(),
    async nats() {
      process.kill(nats.pid, 'SIGKILL');
      await nats.exited;
      nats = await startNats();
    },
    async clickhouse() {
      process.kill(clickhouse.pid, 'SIGKILL');
      await clickhouse.exited;
      clickhouse = await startHost();
    },
  };
  const stop = async () => {
    await Promise.all([processors.end('SIGKILL'), door.end('SIGKILL')]);
    await Promise.all([nats.stop(), clickhouse.stop()]);
  };
  try {
    for (const url of [doorUrl, processorsUrl]) {
      await until(async () => (await fetch(`${url}/readyz`)).ok, READY_TIMEOUT_MS);
    }
  } catch (error) {
    await stop();
    throw new Error(`the system does not get ready\n${output()}`, { cause: error });
  }
  return {
    env,
    doorUrl,
    stop,
    output,
    kill: (victim) => restart[victim](),
    async measured(metric) {
      try {
        const text = await (await fetch(`${processorsUrl}/metrics`)).text();
        const line = text.split('\n').find((each) => each.startsWith(`${metric}{`));
        return line === undefined ? null : Number(line.split(' ').at(-1));
      } catch {
        return null;
      }
    },
    async finish() {
      const ends = { door: await door.end('SIGTERM'), processors: await processors.end('SIGTERM') };
      for (const [name, code] of Object.entries(ends)) {
        if (code !== 0) throw new Error(`the ${name} ended with ${code}\n${output()}`);
      }
    },
  };
}

interface Kept {
  kill(): Promise<void>;
  /** Ends it for good; its exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  output(): string;
}

function keepRunning(file: string, env: NodeJS.ProcessEnv): Kept {
  let ending = false;
  let before = '';
  let child: Child;
  const start = () => {
    child = startChild({ file, env });
    const started = child;
    void started.exited.then(() => {
      before += started.output();
      if (!ending) start();
    });
  };
  start();
  return {
    async kill() {
      await child.end('SIGKILL');
    },
    end(signal) {
      ending = true;
      return child.end(signal);
    },
    output: () => before + child.output(),
  };
}
