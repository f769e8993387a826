/**
 * A runtime of the test's own process over real servers: start it, wait until it has flushed a
 * sequence, stop it, or end it as a crash would.
 */
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClickHouse, type ClickHouse } from '../../platform/clickhouse/client.ts';
import { migrate } from '../../platform/clickhouse/migrate.ts';
import { readConfig, type Config } from '../../platform/config.ts';
import { createLog, type Log } from '../../platform/log.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { connectNats, type NatsLink } from '../../platform/nats/connect.ts';
import { createPublisher, type Publisher } from '../../platform/nats/publisher.ts';
import { ensureStreams } from '../../platform/nats/streams.ts';
import { answerQuestions } from '../../processors/runtime/questions.ts';
import { Runtime, type RuntimeOptions } from '../../processors/runtime/runtime.ts';
import { createSlice, type SliceSpec } from '../../processors/runtime/slices.ts';

const MIGRATIONS = fileURLToPath(new URL('../../sql/migrations', import.meta.url));

/** Connections to the servers of a test, with the schema in place. */
export interface Plumbing {
  readonly config: Config;
  readonly log: Log;
  readonly link: NatsLink;
  readonly publisher: Publisher;
  readonly clickhouse: ClickHouse;
  close(): Promise<void>;
}

export async function connect(
  nats: { url: string; user: string; pass: string },
  clickhouse: { url: string },
  options: { database?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Plumbing> {
  const config = readConfig({
    NATS_URL: nats.url,
    NATS_USER: nats.user,
    NATS_PASSWORD: nats.pass,
    CLICKHOUSE_URL: clickhouse.url,
    CLICKHOUSE_DATABASE: options.database ?? 'stocktide',
    LOG_LEVEL: 'error',
    ...options.env,
  });
  const log = createLog({ name: 'test', level: config.logLevel, format: 'pretty' });
  const client = createClickHouse(config);
  await migrate(client, { dir: MIGRATIONS, database: config.clickhouseDatabase, log });
  const link = await connectNats({ ...nats, name: 'test', log });
  await ensureStreams(link.jsm, config);
  const publisher = createPublisher({
    link,
    maxInFlight: config.maxInFlight,
    timeoutMs: config.publishTimeoutMs,
    metrics: createMetrics({ process: 'test' }),
  });
  return {
    config,
    log,
    link,
    publisher,
    clickhouse: client,
    async close() {
      publisher.close();
      await link.close();
      await client.close();
    },
  };
}

export interface RunningRuntime {
  readonly runtime: Runtime;
  /** Settles when the runtime ends; rejects with what ended it. */
  readonly done: Promise<void>;
  /** Waits until everything up to a log sequence is in ClickHouse. */
  flushed(seq: number): Promise<void>;
  stop(): Promise<void>;
}

export interface RuntimeSetup {
  readonly processors?: readonly SliceSpec[];
  readonly limits?: Partial<Config>;
  /** Another name for the slice: its own checkpoint and its own tokens. */
  readonly name?: string;
  readonly rehearse?: NonNullable<RuntimeOptions['rehearse']>;
  /** Instead of the plumbing's, as ones that fail in a way of the test's own. */
  readonly clickhouse?: ClickHouse;
  readonly link?: NatsLink;
}

/** Starts a runtime that is live when this resolves. */
export async function startRuntime(
  plumbing: Plumbing,
  setup: RuntimeSetup = {},
): Promise<RunningRuntime> {
  const starting = beginRuntime(plumbing, setup);
  await Promise.race([starting.live, starting.done]);
  return starting;
}

/** Starts a runtime; `live` resolves when it is. What ends it earlier rejects `done`. */
export function beginRuntime(
  plumbing: Plumbing,
  setup: RuntimeSetup = {},
): RunningRuntime & { readonly live: Promise<void> } {
  const { config, log, publisher } = plumbing;
  const link = setup.link ?? plumbing.link;
  const stopping = new AbortController();
  const limits = { ...config, ...setup.limits };
  const slice = createSlice(setup.processors ?? 'all', limits);
  const runtime = new Runtime({
    link,
    publisher,
    clickhouse: setup.clickhouse ?? plumbing.clickhouse,
    slice: setup.name === undefined ? slice : { ...slice, name: setup.name },
    log,
    metrics: createMetrics({ process: 'test' }),
    signal: stopping.signal,
    limits,
    ...(setup.rehearse === undefined ? {} : { rehearse: setup.rehearse }),
  });
  let isLive = (): void => undefined;
  let stopAnswering = (): void => undefined;
  const live = new Promise<void>((resolve) => (isLive = resolve));
  const done = (async () => {
    await runtime.recover();
    await runtime.run(() => {
      stopAnswering = answerQuestions(link, runtime);
      isLive();
    });
  })().finally(() => stopAnswering());
  done.catch(() => undefined);
  return {
    runtime,
    done,
    live,
    async flushed(seq) {
      while (runtime.flushed < seq) {
        if (runtime.phase === 'stopped') throw new Error(`stopped before ${seq} was flushed`);
        await Promise.race([sleep(20), done]);
      }
    },
    async stop() {
      stopping.abort();
      await done;
    },
  };
}
