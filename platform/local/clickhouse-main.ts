/**
 * The process of the local ClickHouse host: the embedded engine behind ClickHouse's HTTP interface.
 * Started by `startClickHouseHost` (clickhouse.ts), or by hand:
 *
 *     TZ=UTC UV_THREADPOOL_SIZE=20 node --import tsx platform/local/clickhouse-main.ts --data-dir d --port 8123
 *
 *     <data-dir>/engine/    what ClickHouse stores
 *     <data-dir>/spool/     insert data on their way; emptied here
 *     <data-dir>/host.lock  one host per directory
 *
 * May be killed at any instant: the engine opens what it had acknowledged. Ends when its parent does.
 */
import type { Server } from 'node:http';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { runProcess, type Life } from '../lifecycle.ts';
import { openEngine, type Engine } from './clickhouse-engine.ts';
import { createHostServer } from './clickhouse-http.ts';
import { HOST_LOCK, hostEnvironment, readHostLimits } from './clickhouse-limits.ts';
import { openSpool } from './clickhouse-spool.ts';
import { acquireLock } from './lock.ts';

/** How often connections that have fallen idle are looked for while stopping. */
const SWEEP_MS = 20;
const ANSWER_TIMEOUT_MS = 1_000;

await runProcess({
  name: 'clickhouse',
  start: async (life) => {
    try {
      await start(life);
    } catch (error) {
      // The parent says it to whoever asked for a host; the log of this process has the stack.
      process.send?.({ failed: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  },
});

async function start(life: Life): Promise<void> {
  const limits = readHostLimits(process.env);
  const { dataDir, port } = readArguments();
  for (const [name, value] of Object.entries(hostEnvironment(limits))) {
    if (process.env[name] !== value) {
      throw new Error(`start the local ClickHouse host with ${name}=${value} in its environment`);
    }
  }
  // The parent's end closes the channel between the two; a host without it would keep the lock.
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));

  const lock = acquireLock(join(dataDir, HOST_LOCK));
  life.onStop('lock', () => lock.release());
  const spool = openSpool(join(dataDir, 'spool'), limits.maxBodyBytes);
  const engine = openEngine(join(dataDir, 'engine'), limits);
  const { clickhouseUser: user, clickhousePassword: password } = life.config;
  const { log, metrics } = life;
  const account = { user, password };
  const server = createHostServer({ engine, spool, limits, account, log, metrics });
  life.onStop('http', () => closeAll(server, engine));

  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen({ host: '127.0.0.1', port }, listening);
  });
  life.ready();
  process.send?.({ listening: true });
}

/** Takes no more connections, lets statements end, and gives their answers time to be sent. */
async function closeAll(server: Server, engine: Engine): Promise<void> {
  let closed = false;
  server.close(() => (closed = true));
  await engine.close();
  const deadline = Date.now() + ANSWER_TIMEOUT_MS;
  while (!closed) {
    server.closeIdleConnections();
    // A connection that never carried a request does not count as idle.
    if (Date.now() > deadline) server.closeAllConnections();
    await sleep(SWEEP_MS);
  }
}

function readArguments(): { dataDir: string; port: number } {
  const { values } = parseArgs({
    options: { 'data-dir': { type: 'string' }, port: { type: 'string', default: '8123' } },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`--port ${values.port}: a port is a whole number from 0 to 65535`);
  }
  if (values['data-dir'] === undefined) throw new Error('--data-dir is missing');
  return { dataDir: resolve(values['data-dir']), port };
}
