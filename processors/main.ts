/**
 * The processors' process: brings the schema up to date, claims its slice, and runs it until it is told
 * to stop. `PROCESSORS=stock:0-7` runs a part; by default one process hosts all.
 */
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../platform/config.ts';
import { createClickHouse, waitForClickHouse } from '../platform/clickhouse/client.ts';
import { applyKpis, readKpis } from '../platform/clickhouse/kpis.ts';
import { migrate } from '../platform/clickhouse/migrate.ts';
import { Access } from '../platform/access/access.ts';
import { createHttp, listen } from '../platform/http/server.ts';
import { runProcess, type Life } from '../platform/lifecycle.ts';
import { connectNats } from '../platform/nats/connect.ts';
import { createPublisher } from '../platform/nats/publisher.ts';
import { ensureStreams } from '../platform/nats/streams.ts';
import { answerQuestions } from './runtime/questions.ts';
import { Runtime } from './runtime/runtime.ts';
import { createSlice, SliceError, type Slice } from './runtime/slices.ts';
import { reportStatus } from './runtime/status.ts';

const MIGRATIONS = fileURLToPath(new URL('../sql/migrations', import.meta.url));
const KPIS = fileURLToPath(new URL('../sql/kpi', import.meta.url));
const BODY_LIMIT = 1_024;

await runProcess({ name: 'processors', start });

async function start(life: Life): Promise<void> {
  const { config, log, metrics, signal } = life;
  const slice = sliceOf(life);

  const access = new Access({ config, nowMs: Date.now });
  const app = createHttp({
    life,
    bodyLimit: BODY_LIMIT,
    gate: {
      access,
      // It has nothing but what every process has.
      rules: {},
      onDecision: (decision) => log.info({ decision }, 'access refused'),
    },
  });
  await listen(app, {
    host: config.host,
    port: config.processorsPort,
    variable: 'PROCESSORS_PORT',
  });
  life.onStop('http', () => app.close());

  const clickhouse = createClickHouse(config);
  life.onStop('clickhouse', () => clickhouse.close());
  await waitForClickHouse(clickhouse, { log, signal });
  await migrate(clickhouse, { dir: MIGRATIONS, database: config.clickhouseDatabase, log });
  await applyKpis(clickhouse, readKpis(KPIS));

  const { natsPassword: pass, natsUrl: url, natsUser: user } = config;
  const link = await connectNats({ url, user, pass, name: 'processors', log, signal });
  life.onStop('nats', () => link.close());
  life.addCheck('nats', () => ({ ok: link.connected }));
  await ensureStreams(link.jsm, config);
  const publisher = createPublisher({
    link,
    maxInFlight: config.maxInFlight,
    timeoutMs: config.publishTimeoutMs,
    metrics,
  });
  life.onStop('publisher', () => publisher.close());

  const runtime = new Runtime({
    link,
    publisher,
    clickhouse,
    slice,
    log,
    metrics,
    signal,
    limits: config,
  });
  life.addCheck('runtime', () => ({
    ok: runtime.phase === 'live' && runtime.trouble === null,
    detail: runtime.trouble ?? runtime.phase,
  }));
  life.onStop('status', reportStatus(link, runtime));
  await runtime.recover();
  let stopAnswering = () => {};
  const done = runtime.run(() => {
    stopAnswering = answerQuestions(link, runtime);
    life.ready();
  });
  done.catch(life.fatal);
  life.onStop('questions', () => stopAnswering());
  life.onStop('runtime', () => done.catch(() => undefined));
}

function sliceOf({ config }: Life): Slice {
  try {
    return createSlice(config.processors, config);
  } catch (error) {
    if (!(error instanceof SliceError)) throw error;
    const value = typeof config.processors === 'string' ? config.processors : 'a list';
    throw new ConfigError([{ variable: 'PROCESSORS', value, allowed: error.message }]);
  }
}
