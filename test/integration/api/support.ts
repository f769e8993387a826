/**
 * The API as a process of its own, as in production, and a live client for it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import type { ClientMessage, ServerMessage } from '../../../contracts/live.ts';
import { pickPort } from '../../../platform/local/ports.ts';
import { reportStatus } from '../../../processors/runtime/status.ts';
import {
  connect,
  startRuntime,
  type Plumbing,
  type RunningRuntime,
} from '../../support/runtime.ts';
import type { TestClickHouse, TestNats } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { startDoor, type TestDoor } from '../ingest/door-support.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** A process has half a minute of loading before it on a machine that has much else to do. */
const START_MS = 60_000;

export interface RunningProcess {
  readonly url: string;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** Starts a process that listens on the port that `portVariable` names, and waits until it is ready. */
export async function startProcess(
  main: string,
  { portVariable, env }: { portVariable: string; env: Record<string, string> },
): Promise<RunningProcess> {
  const port = await pickPort();
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', main], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, LOG_LEVEL: 'error', [portVariable]: String(port), ...env },
  });
  const killNow = () => child.kill('SIGKILL');
  process.once('exit', killNow);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const url = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(`${url}/readyz`)).ok, START_MS);
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      const code = await exited;
      process.off('exit', killNow);
      return code;
    },
  };
}

export interface Running {
  readonly plumbing: Plumbing;
  readonly runtime: RunningRuntime;
  readonly door: TestDoor;
  readonly api: RunningProcess;
  stop(): Promise<void>;
}

export type Servers = { readonly nats: TestNats; readonly clickhouse: TestClickHouse };

/** The API alone in front of a test's servers. */
export const startApi = (
  { nats, clickhouse }: Servers,
  env: Record<string, string> = {},
): Promise<RunningProcess> =>
  startProcess('api/main.ts', {
    portVariable: 'API_PORT',
    env: {
      ...{ NATS_URL: nats.url, NATS_USER: nats.user, NATS_PASSWORD: nats.pass },
      ...{ CLICKHOUSE_URL: clickhouse.url, ...env },
    },
  });

/**
 * Processors, a door and the API in front of a test's servers; `before` the door's clock ticks and the API
 * starts, the log may be filled; `env` is for both.
 */
export async function startAll(
  { nats, clickhouse }: Servers,
  before: (parts: Pick<Running, 'plumbing' | 'runtime'>) => Promise<unknown> = async () => {},
  env: Record<string, string> = {},
): Promise<Running> {
  const { pass, url, user } = nats;
  const plumbing = await connect({ url, user, pass }, clickhouse);
  const runtime = await startRuntime(plumbing, { limits: { flushMs: 50 } });
  const stopReporting = reportStatus(plumbing.link, runtime.runtime);
  await before({ plumbing, runtime });
  const door = await startDoor(nats, env);
  const api = await startApi({ nats, clickhouse }, { ...env, DOOR_URL: door.url });
  return {
    ...{ plumbing, runtime, door, api },
    async stop() {
      stopReporting();
      await api.stop();
      await runtime.stop();
      await plumbing.close();
    },
  };
}

/** What a live client may be sent, with the data as the test knows it. */
export type Received = ServerMessage<Record<string, unknown>>;

/** A client of `/v1/live` that keeps all it was sent. */
export class LiveClient {
  readonly got: Received[] = [];
  readonly #socket: WebSocket;
  readonly closed: Promise<number>;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('message', (data: Buffer) => {
      this.got.push(JSON.parse(data.toString()) as Received);
    });
  }

  /** Connects, or rejects with the status of the refusal in the message. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<LiveClient> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/live`, { headers });
    const client = new LiveClient(socket);
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return client;
  }

  say(message: ClientMessage): void {
    this.sendRaw(JSON.stringify(message));
  }

  sendRaw(data: string | Buffer): void {
    this.#socket.send(data);
  }

  /** Waits for a message that fits; earlier ones count. */
  async find(fits: (message: Received) => boolean): Promise<Received> {
    await until(() => this.got.some(fits));
    const found = this.got.find(fits);
    if (found === undefined) throw new Error('a message was there and is gone');
    return found;
  }

  close(): Promise<number> {
    this.#socket.close();
    return this.closed;
  }
}
