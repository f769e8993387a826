/**
 * The connection to ClickHouse: a server, a cluster or the local host, always over HTTP.
 *
 * The official client, set up for this system; whoever needs SQL is given one. Connections are opened
 * when they are used, so that creating a client never fails: `waitForClickHouse` and the errors of
 * single requests tell whether somebody is there.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import { isLoopback, type Config } from '../config.ts';
import type { Log } from '../log.ts';

export type ClickHouseConfig = Pick<
  Config,
  'clickhouseUrl' | 'clickhouseDatabase' | 'clickhouseUser' | 'clickhousePassword'
> & {
  /** How long one request may take. */
  readonly requestTimeoutMs?: number;
};

/** The official client on one database, which may have to be made first. */
export type ClickHouse = ClickHouseClient & {
  readonly database: string;
  /** Makes the client's database if it is missing. */
  createDatabase(): Promise<void>;
};

const REQUEST_TIMEOUT_MS = 60_000;
/** Requests at a time; more wait for a connection. */
const MAX_CONNECTIONS = 16;
const RETRY_MS = 250;

export function createClickHouse(config: ClickHouseConfig): ClickHouse {
  const { clickhouseDatabase: database } = config;
  const client = createClient(options(config, database));
  return Object.assign(client, {
    database,
    async createDatabase() {
      // No request may name a database that is not there, this one included.
      const outside = createClient(options(config, 'default'));
      try {
        await outside.command({
          query: 'CREATE DATABASE IF NOT EXISTS {database:Identifier} ENGINE = Atomic',
          query_params: { database },
        });
      } finally {
        await outside.close();
      }
    },
  });
}

/** Waits until ClickHouse answers; throws the signal's reason when aborted. */
export async function waitForClickHouse(
  client: ClickHouseClient,
  { log, signal }: { log: Log; signal?: AbortSignal | undefined },
): Promise<void> {
  for (let tries = 1; ; tries++) {
    signal?.throwIfAborted();
    const answer = await client.ping();
    if (answer.success) return;
    if (tries === 20) log.warn({ err: answer.error }, 'ClickHouse does not answer, still trying');
    await sleep(RETRY_MS, undefined, signal ? { signal } : {});
  }
}

function options(config: ClickHouseConfig, database: string): Parameters<typeof createClient>[0] {
  // On one machine compressing costs more than it saves.
  const far = !isLoopback(new URL(config.clickhouseUrl).hostname);
  return {
    url: config.clickhouseUrl,
    username: config.clickhouseUser,
    password: config.clickhousePassword,
    database,
    application: 'stocktide',
    request_timeout: config.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    max_open_connections: MAX_CONNECTIONS,
    compression: { request: far, response: far },
    // Each failure reaches its caller, who logs it where it matters.
    log: { level: ClickHouseLogLevel.OFF },
  };
}
