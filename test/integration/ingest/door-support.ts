/** What the tests of the door have in common: a door process of their own, and what lies in the streams. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { JetStreamManager, StoredMsg } from 'nats';
import { afterAll, afterEach } from 'vitest';
import type { ProducerEvent } from '../../../contracts/envelope.ts';
import type { InputType } from '../../../contracts/events.ts';
import type { BatchAnswer, DeadLetter } from '../../../contracts/rejections.ts';
import { exampleEvent } from '../../../ingest/door/examples.ts';
import { pickPort } from '../../../platform/local/ports.ts';
import { createLog } from '../../../platform/log.ts';
import { connectNats, type NatsLink } from '../../../platform/nats/connect.ts';
import { STREAMS } from '../../../platform/nats/streams.ts';
import type { TestNats } from '../../support/servers.ts';
import { until } from '../../support/until.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MAIN = 'ingest/main.ts';
export const log = createLog({ name: 'test', level: 'silent', format: 'json' });

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** A BatchAnswer, or a problem document with its members beside. */
  readonly body: BatchAnswer & {
    type: string;
    detail: string;
    field?: string;
    value?: string;
    allowed?: string;
    lines?: number;
    truncated?: boolean;
  };
}

export interface TestDoor {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Everything that it has logged. */
  output(): string;
  /** Posts to `/v1/events`, by default JSON. */
  post(body: unknown, headers?: Record<string, string>, query?: string): Promise<Answer>;
  get<T>(path: string): Promise<T>;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

const running = new Set<TestDoor>();
afterAll(async () => {
  for (const door of running) await door.kill();
});

/** A door on this server, ready unless told not to wait. It is ended with the test file. */
export async function startDoor(
  nats: Pick<TestNats, 'url' | 'user' | 'pass'>,
  env: Record<string, string> = {},
  { waitForReady = true } = {},
): Promise<TestDoor> {
  const port = await pickPort();
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN], {
    cwd: ROOT,
    env: {
      ...process.env,
      NATS_URL: nats.url,
      NATS_USER: nats.user,
      NATS_PASSWORD: nats.pass,
      DOOR_PORT: String(port),
      LOG_LEVEL: 'warn',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const url = `http://127.0.0.1:${port}`;
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    running.delete(door);
    return (await exited)[0];
  };
  const door: TestDoor = {
    url,
    port,
    pid: child.pid ?? 0,
    output: () => output,
    async post(body, headers = {}, query = '') {
      const isRaw = typeof body === 'string' || body instanceof Uint8Array;
      const response = await fetch(`${url}/v1/events${query}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: isRaw ? body : JSON.stringify(body),
      });
      const answer = (await response.json()) as Answer['body'];
      return { status: response.status, headers: response.headers, body: answer };
    },
    async get<T>(path: string) {
      return (await (await fetch(`${url}${path}`)).json()) as T;
    },
    stop: () => end('SIGTERM'),
    async kill() {
      await end('SIGKILL');
    },
  };
  running.add(door);
  const probe = waitForReady ? '/readyz' : '/healthz';
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`the door ended: ${output}`);
    return (await fetch(`${url}${probe}`)).ok;
  }, 60_000);
  return door;
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A connection of the present test. */
export async function connected(nats: TestNats): Promise<NatsLink> {
  const { url, user, pass } = nats;
  const link = await connectNats({ url, user, pass, name: 'test', log });
  closing.push(() => link.close());
  return link;
}

/** The example of a type under an id of its own. */
export function event(
  name: InputType,
  id: string,
  data: Record<string, unknown> = {},
): ProducerEvent & { data: Record<string, unknown> } {
  const example = exampleEvent(name);
  return { ...example, id, data: { ...(example.data as Record<string, unknown>), ...data } };
}

/** An adjustment, the plainest event. */
export const adjusted = (id: string, data: Record<string, unknown> = {}) =>
  event('inventory.adjusted', id, data);

export interface LogEntry {
  readonly seq: number;
  readonly subject: string;
  readonly event: {
    id: string;
    source: string;
    type: string;
    time: string;
    ingestedtime: string;
    datahash: string;
    data: Record<string, unknown>;
  };
}

/** The LOG's events, in order; ticks only when asked for. */
export async function logEntries(
  link: { jsm: JetStreamManager },
  wanted: (entry: LogEntry) => boolean = ({ subject }) => !subject.includes('.clock.'),
): Promise<LogEntry[]> {
  const messages = await storedMessages(link.jsm, STREAMS.log);
  return messages
    .map((message) => ({
      seq: message.seq,
      subject: message.subject,
      event: message.json<LogEntry['event']>(),
    }))
    .filter(wanted);
}

export type Letter = DeadLetter & { readonly stream: { seq: number; subject: string } };

/** All dead letters, oldest first. */
export async function deadLetters(link: { jsm: JetStreamManager }): Promise<Letter[]> {
  const messages = await storedMessages(link.jsm, STREAMS.dead);
  return messages.map((message) => ({
    ...message.json<DeadLetter>(),
    stream: { seq: message.seq, subject: message.subject },
  }));
}

/** Everything in a stream; what was removed is left out. */
async function storedMessages(jsm: JetStreamManager, stream: string): Promise<StoredMsg[]> {
  const { state } = await jsm.streams.info(stream);
  const messages: StoredMsg[] = [];
  const read = (seq: number) => jsm.streams.getMessage(stream, { seq }).catch(() => null);
  for (let from = Math.max(1, state.first_seq); from <= state.last_seq; from += READ_AHEAD) {
    const count = Math.min(READ_AHEAD, state.last_seq - from + 1);
    const found = await Promise.all(Array.from({ length: count }, (_, i) => read(from + i)));
    messages.push(...found.filter((message) => message !== null));
  }
  return messages;
}

const READ_AHEAD = 200;
