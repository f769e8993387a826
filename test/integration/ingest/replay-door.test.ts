/**
 * The replay and the demo feed as people start them, against a real door and a real nats-server: what
 * stands in the LOG afterwards, and what a kill in the middle does to it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, type NatsConnection } from 'nats';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readState } from '../../../simulator/state-file.ts';
import { pickPort } from '../../../platform/local/ports.ts';
import { STREAMS } from '../../../platform/nats/streams.ts';
import { runFile } from '../../../platform/running.ts';
import { useNats } from '../../support/servers.ts';
import { until } from '../../support/until.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SAMPLE = join(ROOT, 'test/support/uci-sample.csv');

const nats = useNats();
let home: string;
let doorUrl: string;
let door: ChildProcess;
let link: NatsConnection;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'stocktide-replay-door-'));
  const port = await pickPort();
  doorUrl = `http://127.0.0.1:${port}`;
  door = start('ingest/main.ts', [], {
    NATS_URL: nats.url,
    NATS_USER: nats.user,
    NATS_PASSWORD: nats.pass,
    DOOR_PORT: String(port),
    LOG_LEVEL: 'error',
  }).child;
  await until(async () => (await fetch(`${doorUrl}/readyz`)).ok, 60_000);
  const running = {
    apiUrl: doorUrl,
    doorUrl,
    clickhouseUrl: '',
    natsUrl: nats.url,
    natsUser: nats.user,
    natsPassword: nats.pass,
    accessToken: '',
    pid: process.pid,
  };
  writeFileSync(runFile(home), JSON.stringify(running));
  link = await connect({ servers: nats.url, user: nats.user, pass: nats.pass });
});

afterEach(async () => {
  for (const child of children) if (child !== door) await end(child, 'SIGKILL');
});
afterAll(async () => {
  await link?.close();
  await end(door, 'SIGTERM');
  rmSync(home, { recursive: true, force: true });
});

describe('npm run replay', () => {
  it('finds the running system, sends the file once, and says what it sent', async () => {
    const first = await run('ingest/replay/main.ts', ['uci-online-retail', SAMPLE, '--json']);
    expect(first).toMatchObject({ code: 0 });
    const summary = JSON.parse(first.stdout) as Record<string, object>;
    expect(summary).toMatchObject({
      ended: 'end',
      rows: { total: 22, read: 22 },
      // 6 items, 2 openings, 6 orders, 8 allocations, 6 shipments, 1 return (2 events), 2 refunds,
      // 4 adjustments.
      events: { sent: 36, accepted: 36, duplicates: 0, rejected: 0 },
      contents: {
        orderLines: 10,
        unitsSold: 58,
        unitsCancelled: 4,
        unitsWrittenOff: 6,
        unitsFound: 8,
        openingUnits: 52,
      },
    });

    const log = await readLog('https://shop.example/uci-online-retail');
    const types = log.map(({ type }) => type);
    const count = (type: string) => types.filter((t) => t === `stocktide.${type}.v1`).length;
    expect(count('order.line.created')).toBe(10);
    expect(count('shipment.line.dispatched')).toBe(8);
    expect(new Set(log.map(({ id }) => id)).size).toBe(log.length);

    const again = await run('ingest/replay/main.ts', ['uci-online-retail', SAMPLE, '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ events: { sent: 0, sentBefore: 36 } });
    const restarted = await run('ingest/replay/main.ts', [
      ...['uci-online-retail', SAMPLE, '--json', '--restart', '--url', doorUrl],
    ]);
    expect(JSON.parse(restarted.stdout)).toMatchObject({ events: { sent: 36, duplicates: 36 } });
    expect(await readLog('https://shop.example/uci-online-retail')).toHaveLength(log.length);
  });

  it('names the rows that the door rejects and exits with 1', async () => {
    const file = join(home, 'events.ndjson');
    const event = {
      specversion: '1.0',
      id: 'n1',
      source: 'https://x.example',
      type: 'stocktide.feed.heartbeat.v1',
      time: '2026-01-01T00:00:00Z',
      data: {
        feed_id: 'f',
        last_record_at: '2026-01-01T00:00:00Z',
        records: 1,
        expected_next_at: '2026-01-01T00:01:00Z',
      },
    };
    writeFileSync(
      file,
      [
        JSON.stringify(event),
        '{"specversion":',
        JSON.stringify({ ...event, id: 'n2', data: { ...event.data, records: '1' } }),
        JSON.stringify({ ...event, id: 'n3' }),
      ].join('\n'),
    );
    const { code, stdout } = await run('ingest/replay/main.ts', [file, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      events: { sent: 4, accepted: 2, rejected: 2 },
      firstRejections: [
        { row: 2, reason: 'not_json' },
        { row: 3, id: 'n2', reason: 'invalid_data' },
      ],
    });
  });

  it('says so when nothing runs', async () => {
    const { code, stderr } = await run('ingest/replay/main.ts', ['uci-online-retail', SAMPLE], {
      STOCKTIDE_HOME: join(home, 'empty'),
    });
    expect(code).toBe(2);
    expect(stderr).toContain('Start it with `npm start`');
  });
});

describe('the demo feed', () => {
  it('goes on after kill -9 without a double or a conflict', async () => {
    const rhythm = ['--rate', '200', '--history-minutes', '0'];
    const args = ['--url', doorUrl, ...rhythm, '--state', join(home, 'demo.json')];
    const saved = () => readState(join(home, 'demo.json'));

    const first = start('simulator/demo.ts', args);
    await until(async () => (await demoLog()).length > 600, 60_000);
    await end(first.child, 'SIGKILL');
    const clock = saved()?.clockMs ?? 0;
    const doubledBefore = await duplicates();

    const second = start('simulator/demo.ts', args);
    // The door may still be taking what the first one sent: the second has gone on when it says so.
    await until(async () => second.stderr().includes('going on with the brand'), 60_000);
    const before = (await demoLog()).length;
    await until(async () => (await demoLog()).length > before + 300, 60_000);
    second.child.kill('SIGTERM');
    expect(await exitCode(second.child)).toBe(0);
    expect(first.stderr() + second.stderr()).not.toContain('rejected');

    const log = await demoLog();
    expect(new Set(log.map(({ source, id }) => `${source} ${id}`)).size).toBe(log.length);
    expect(saved()?.clockMs).toBeGreaterThan(clock);
    // The opening, and the stretch after the save that was made again: the log had them all.
    expect((await duplicates()) - doubledBefore).toBeGreaterThan(200);
  });

  it('stops at once on wrong arguments, and says what is right', async () => {
    const { code, stderr } = await run('simulator/demo.ts', ['--url', 'door']);
    expect(code).toBe(2);
    expect(stderr).toContain('--url door: must be an address');
  });
});

interface LogEntry {
  id: string;
  source: string;
  type: string;
}

const demoLog = async () =>
  (await readLog('https://demo.example/')).filter(({ id }) => !id.startsWith('opening/'));

/** Events that the door dropped because the log had them. */
async function duplicates(): Promise<number> {
  const metrics = await fetch(`${doorUrl}/metrics`).then((response) => response.text());
  const values = metrics.matchAll(/^stocktide_door_duplicates_total\{.*\} (\d+)$/gm);
  return [...values].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** Every event of the LOG whose source begins so, in order. */
async function readLog(source: string): Promise<LogEntry[]> {
  const consumer = await link.jetstream().consumers.get(STREAMS.log);
  const { num_pending: pending } = await consumer.info();
  const entries: LogEntry[] = [];
  if (pending === 0) return entries;
  for await (const message of await consumer.fetch({ max_messages: pending })) {
    const entry = message.json<LogEntry>();
    if (entry.source.startsWith(source)) entries.push(entry);
  }
  return entries;
}

/** Starts a program of the project; what it prints is kept. */
function start(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ['--import', 'tsx', join(ROOT, file), ...args], {
    cwd: ROOT,
    env: { ...process.env, STOCKTIDE_HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (text.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text.stderr += chunk.toString()));
  return { child, stdout: () => text.stdout, stderr: () => text.stderr };
}

async function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { child, stdout, stderr } = start(file, args, env);
  const code = await exitCode(child);
  return { code, stdout: stdout(), stderr: stderr() };
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  return child.exitCode;
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined) return;
  child.kill(signal);
  await exitCode(child);
  children.delete(child);
}
