/**
 * Real servers for integration tests: a nats-server and a ClickHouse host of the test file's own,
 * each with its own temporary data directory and port.
 *
 *     const nats = useNats();               // started before the file's tests, stopped after them
 *     const clickhouse = useClickHouse();   // with an empty database
 *     test('…', async () => { await connect({ servers: nats.url, user: nats.user, pass: nats.pass }) });
 *
 * `kill` is kill -9; `restart` brings the server back on the same data, port and password.
 */
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { startClickHouseHost, type ClickHouseHost } from '../../platform/local/clickhouse.ts';
import { startNatsServer, type NatsServer } from '../../platform/local/nats-server.ts';
import { processExists } from '../../platform/local/processes.ts';
import { createLog } from '../../platform/log.ts';

/** What a test sees of a server: its address, and the means to end and revive it. */
interface TestServer {
  readonly pid: number;
  /** SIGKILL, and waits until the process is gone. */
  kill: () => Promise<void>;
  /** Starts it again after `kill`, or stops and starts it: same data, same port. */
  restart: () => Promise<void>;
  /** Ends it for good and removes its data. */
  stop: () => Promise<void>;
}

export interface TestNats extends TestServer {
  readonly url: string;
  readonly user: string;
  readonly pass: string;
  readonly port: number;
}

export interface TestClickHouse extends TestServer {
  readonly url: string;
  readonly port: number;
  /** An empty Atomic database of this test file. */
  readonly database: string;
  /** A client on `database`. It survives `kill` and `restart`. */
  readonly client: ClickHouseClient;
  /** Rows of a query as objects. */
  rows<T = Record<string, unknown>>(query: string, params?: Record<string, unknown>): Promise<T[]>;
}

const log = createLog({ name: 'test', level: 'error', format: 'pretty' });

/** A nats-server with JetStream, empty. The caller stops it. */
export async function startTestNats(): Promise<TestNats> {
  const storeDir = temporaryDirectory('nats');
  const control = await controlled(storeDir, () => startNatsServer({ storeDir, log }));
  const { url, user, pass, port } = control.current();
  return Object.assign(control.server, { url, user, pass, port });
}

/** A local ClickHouse host with an empty database. The caller stops it. */
export async function startTestClickHouse(
  environment: Record<string, string> = {},
): Promise<TestClickHouse> {
  const dataDir = temporaryDirectory('clickhouse');
  const env = { LOG_LEVEL: 'error', CLICKHOUSE_PASSWORD: '', ...environment };
  const control = await controlled(dataDir, () => startClickHouseHost({ dataDir, log, env }));
  const { url, port } = control.current();
  const database = 'test';
  const password = env.CLICKHOUSE_PASSWORD;
  const admin = createClient({ url, password });
  await admin.command({ query: `CREATE DATABASE ${database} ENGINE = Atomic` });
  await admin.close();

  // Tests provoke errors and look at them; the client's own log would only repeat them.
  const quiet = { level: ClickHouseLogLevel.OFF };
  const client = createClient({ url, password, database, log: quiet });
  const stopServer = control.server.stop;
  return Object.assign(control.server, {
    url,
    port,
    database,
    client,
    async rows<T>(query: string, params: Record<string, unknown> = {}): Promise<T[]> {
      const result = await client.query({ query, query_params: params, format: 'JSONEachRow' });
      return result.json<T>();
    },
    async stop() {
      await client.close();
      await stopServer();
    },
  });
}

/** {@link startTestNats} for all tests of the calling file (or describe block). */
export function useNats(): TestNats {
  return used(startTestNats);
}

/** {@link startTestClickHouse} for all tests of the calling file (or describe block). */
export function useClickHouse(environment: Record<string, string> = {}): TestClickHouse {
  return used(() => startTestClickHouse(environment));
}

/** An object that stands for the server once `beforeAll` has started it. */
function used<S extends TestServer>(start: () => Promise<S>): S {
  let server: S | undefined;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.stop());
  return new Proxy({} as S, {
    get(_target, property) {
      if (server === undefined) throw new Error('the server starts in beforeAll: use it in a test');
      return server[property as keyof S];
    },
  });
}

function temporaryDirectory(name: string): string {
  return mkdtempSync(join(tmpdir(), `stocktide-${name}-`));
}

async function controlled<S extends NatsServer | ClickHouseHost>(
  dataDir: string,
  start: () => Promise<S>,
): Promise<{ current: () => S; server: TestServer }> {
  let running = await start();
  // A test file that ends without its afterAll must not leave a server behind.
  const killNow = () => {
    if (processExists(running.pid)) process.kill(running.pid, 'SIGKILL');
  };
  process.once('exit', killNow);
  const server: TestServer = {
    get pid() {
      return running.pid;
    },
    async kill() {
      process.kill(running.pid, 'SIGKILL');
      await running.exited;
    },
    async restart() {
      await running.stop();
      running = await start();
    },
    async stop() {
      await running.stop();
      process.off('exit', killNow);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return { current: () => running, server };
}
