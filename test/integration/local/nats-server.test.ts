/**
 * The local NATS server: one per store, the same server after kill -9, clear words when it cannot start.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, Events, StorageType, type NatsConnection } from 'nats';
import { afterAll, describe, expect, test } from 'vitest';
import { LockedError } from '../../../platform/local/lock.ts';
import {
  findNatsServer,
  startNatsServer,
  type NatsServer,
} from '../../../platform/local/nats-server.ts';
import { processExists } from '../../../platform/local/processes.ts';
import { createLog } from '../../../platform/log.ts';
import { until } from '../../support/until.ts';

const log = createLog({ name: 'test', level: 'error', format: 'pretty' });
const stores: string[] = [];
const servers: NatsServer[] = [];

function store(): string {
  const path = mkdtempSync(join(tmpdir(), 'stocktide-nats-'));
  stores.push(path);
  return path;
}

async function start(storeDir: string): Promise<NatsServer> {
  const server = await startNatsServer({ storeDir, log });
  servers.push(server);
  return server;
}

function connectTo({ url, user, pass }: NatsServer): Promise<NatsConnection> {
  return connect({ servers: url, user, pass, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
}

async function untilReconnected(nc: NatsConnection): Promise<void> {
  for await (const { type } of nc.status()) if (type === Events.Reconnect) return;
}

/** A process that has started a server, to be killed. */
async function launch(storeDir: string): Promise<{ launcher: ChildProcess; pid: number }> {
  const file = fileURLToPath(new URL('./start-nats.ts', import.meta.url));
  const launcher = spawn(process.execPath, ['--import', 'tsx', file, storeDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [pid] = (await once(launcher.stdout, 'data')) as [Buffer];
  return { launcher, pid: Number(pid.toString()) };
}

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  for (const path of stores) rmSync(path, { recursive: true, force: true });
});

test('kill -9 and start again: same port, same password, no message lost', async () => {
  const storeDir = store();
  const first = await start(storeDir);
  const nc = await connectTo(first);
  const jsm = await nc.jetstreamManager();
  await jsm.streams.add({ name: 'KEPT', subjects: ['kept.>'], storage: StorageType.File });
  const js = nc.jetstream();
  for (let i = 0; i < 100; i++) await js.publish('kept.x', String(i));

  const reconnected = untilReconnected(nc);
  process.kill(first.pid, 'SIGKILL');
  expect(await first.exited).toBe(null);
  const second = await start(storeDir);
  expect(second).toMatchObject({ url: first.url, port: first.port, pass: first.pass });

  // The connection made before the kill comes back by itself.
  await reconnected;
  expect((await jsm.streams.info('KEPT')).state.messages).toBe(100);
  expect((await js.publish('kept.x', 'next')).seq).toBe(101);
  await nc.close();
});

test('is closed to strangers, and its secrets to other users of the machine', async () => {
  const storeDir = store();
  const server = await start(storeDir);
  await expect(connect({ servers: server.url })).rejects.toThrow(/authorization/i);
  await expect(connect({ servers: server.url, user: server.user, pass: 'guess' })).rejects.toThrow(
    /authorization/i,
  );
  expect(server.url).toBe(`nats://127.0.0.1:${server.port}`);
  for (const file of ['server.json', 'nats-server.conf']) {
    expect(readFileSync(join(storeDir, file), 'utf8')).toContain(server.pass);
    expect(statSync(join(storeDir, file)).mode & 0o777).toBe(0o600);
  }
});

test('a second server on a store is refused, until the first has stopped', async () => {
  const storeDir = store();
  const first = await start(storeDir);
  await expect(startNatsServer({ storeDir, log })).rejects.toThrow(LockedError);
  await first.stop();
  expect(processExists(first.pid)).toBe(false);
  const second = await start(storeDir);
  expect(second.port).toBe(first.port);
});

test('the server of a killed launcher ends, and the next one starts after it', async () => {
  const storeDir = store();
  const { launcher, pid: orphan } = await launch(storeDir);
  launcher.kill('SIGKILL');
  await once(launcher, 'exit');

  const server = await start(storeDir);
  expect(processExists(orphan)).toBe(false);
  expect(server.pid).not.toBe(orphan);

  const other = await launch(store());
  other.launcher.kill('SIGKILL');
  await until(() => !processExists(other.pid));
});

describe('cannot start', () => {
  test('its port is taken: the port and the mend are named', async () => {
    const storeDir = store();
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as AddressInfo;
    await expect(startNatsServer({ storeDir, log, port })).rejects.toThrow(`port ${port}`);
    writeFileSync(join(storeDir, 'server.json'), JSON.stringify({ port, pass: 'p' }));
    await expect(startNatsServer({ storeDir, log })).rejects.toThrow(
      /taken.*delete .*server\.json/,
    );
    squatter.close();
    // The refusal has given the lock back.
    await start(storeDir);
  });

  test('the server ends at once: its own words are in the error', async () => {
    const storeDir = store();
    writeFileSync(join(storeDir, 'jetstream'), 'a file where a directory must be');
    await expect(startNatsServer({ storeDir, log })).rejects.toThrow(/jetstream/);
  });

  test('the program is looked for where NATS_SERVER says, then on PATH', () => {
    const found = findNatsServer();
    expect(found).toMatch(/nats-server$/);
    expect(findNatsServer({ NATS_SERVER: found })).toBe(found);
    expect(findNatsServer({ NATS_SERVER: '/nowhere/nats-server', PATH: '/usr/sbin' })).toBe(
      undefined,
    );
  });
});
