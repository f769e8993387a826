/**
 * Brings a database's schema up to date: the numbered files of a directory, in order, each once.
 *
 *   sql/migrations/0001_events.sql, 0002_…        forward only, one object per file
 *   _migrations        one row per finished statement: file, its sha256, position, time
 *   _migrations_lock   exists while somebody migrates; its comment names who
 *
 * Guarantees: an applied file that was changed stops the start, naming it and both checksums. Statements
 * are recorded one by one, so that an interrupted file is taken up where it stopped; the statement that
 * was running then may run again, and is written to bear that (IF NOT EXISTS). Two processes that start
 * at the same time take turns. The lock is a best effort: it is given up when its holder has not renewed
 * it for LEASE_S, and on a cluster it counts per replica.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.ts';
import { tokenize } from '../local/sql-tokens.ts';
import type { ClickHouse } from './client.ts';
import { clickhouseCode } from './errors.ts';

/** The schema cannot be brought up to date; the message says which file and why. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

interface Migration {
  name: string;
  sha256: string;
  statements: string[];
}

/** What `_migrations` knows about a file. */
interface Progress {
  name: string;
  sha256: string;
  /** Statements finished, of how many. */
  finished: number;
  statements: number;
}

const FILE_NAME = /^\d{4}_[a-z0-9_]+\.sql$/;
const LEASE_S = 30;
const RENEW_MS = 10_000;
const LOCK_POLL_MS = 250;
const LOCK_TIMEOUT_MS = 300_000;
const TABLE_EXISTS = 57;

/**
 * Makes the client's database if it is missing and applies what is new in `dir`. Returns the names of
 * the files applied. Throws a MigrationError, or the client's error when ClickHouse is not there.
 */
export async function migrate(
  client: ClickHouse,
  { dir, database, log }: { dir: string; database: string; log: Log },
): Promise<string[]> {
  if (client.database !== database) {
    throw new MigrationError(`the client is on database ${client.database}, not on ${database}`);
  }
  const migrations = await readMigrations(dir);
  await client.createDatabase();
  await client.command({ query: CREATE_MIGRATIONS });

  if (pending(migrations, await readProgress(client)).length === 0) return [];
  return await withLock(client, log, async () => {
    const applied: string[] = [];
    for (const { migration, from } of pending(migrations, await readProgress(client))) {
      await apply(client, migration, from);
      log.info({ file: migration.name, database }, 'migration applied');
      applied.push(migration.name);
    }
    return applied;
  });
}

/** The statements of an SQL text, without the semicolons between; comments stay with what follows. */
export function splitStatements(sql: string): string[] {
  // The lexer counts bytes.
  const latin1 = Buffer.from(sql).toString('latin1');
  const statements: string[] = [];
  let start = 0;
  let tokens = 0;
  const finish = (end: number) => {
    const text = Buffer.from(latin1.slice(start, end), 'latin1').toString().trim();
    if (tokens > 0) statements.push(text);
    start = end + 1;
    tokens = 0;
  };
  for (const token of tokenize(latin1)) {
    if (token.kind === 'symbol' && token.text === ';') finish(token.start);
    else tokens++;
  }
  finish(latin1.length);
  return statements;
}

async function readMigrations(dir: string): Promise<Migration[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.sql')).sort();
  const numbers = new Set<string>();
  for (const name of names) {
    const number = name.slice(0, 4);
    if (!FILE_NAME.test(name)) {
      throw new MigrationError(`${join(dir, name)}: name it like 0001_events.sql`);
    }
    if (numbers.has(number)) {
      throw new MigrationError(`${join(dir, name)}: the number ${number} is taken by another file`);
    }
    numbers.add(number);
  }
  return await Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(dir, name));
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return { name, sha256, statements: splitStatements(bytes.toString()) };
    }),
  );
}

/** What is left to do, and from which statement on. Throws on an applied file that has changed. */
function pending(
  migrations: readonly Migration[],
  progress: readonly Progress[],
): { migration: Migration; from: number }[] {
  return migrations.flatMap((migration) => {
    const rows = progress.filter(({ name }) => name === migration.name);
    const complete = rows.find((row) => row.finished === row.statements);
    if (complete !== undefined && complete.sha256 !== migration.sha256) {
      throw new MigrationError(
        `${migration.name} was applied with sha256 ${complete.sha256} and now has ` +
          `${migration.sha256}: restore the file and put the change into a new one`,
      );
    }
    if (complete !== undefined) return [];
    // A file that failed half-way may be mended; then it starts over.
    const from = rows.find((row) => row.sha256 === migration.sha256)?.finished ?? 0;
    return [{ migration, from }];
  });
}

async function apply(client: ClickHouse, migration: Migration, from: number): Promise<void> {
  const { name, sha256, statements } = migration;
  if (statements.length === 0) throw new MigrationError(`${name}: there is no statement in it`);
  for (const [index, query] of statements.entries()) {
    if (index < from) continue;
    try {
      await client.command({ query });
    } catch (error) {
      if (clickhouseCode(error) === null) throw error;
      throw new MigrationError(
        `${name}, statement ${index + 1} of ${statements.length}: ${(error as Error).message}`,
        { cause: error },
      );
    }
    await client.insert({
      table: '_migrations',
      columns: ['name', 'sha256', 'finished', 'statements'],
      values: [[name, sha256, index + 1, statements.length]],
      format: 'JSONCompactEachRow',
      clickhouse_settings: { async_insert: 0 },
    });
  }
}

const CREATE_MIGRATIONS = `
  CREATE TABLE IF NOT EXISTS _migrations (
    name String COMMENT 'File in sql/migrations',
    sha256 String COMMENT 'Checksum of the whole file, hexadecimal',
    finished UInt32 COMMENT 'Statements of the file that have run',
    statements UInt32 COMMENT 'Statements in the file',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the statement had run'
  )
  ENGINE = MergeTree ORDER BY (name, finished)
  COMMENT 'Applied schema migrations, one row per finished statement'`;

async function readProgress(client: ClickHouse): Promise<Progress[]> {
  const result = await client.query({
    query: `SELECT name, sha256, max(finished) AS finished, max(statements) AS statements
            FROM _migrations GROUP BY name, sha256`,
    format: 'JSONEachRow',
  });
  return await result.json<Progress>();
}

/** Runs `work` while holding the lock, which is the existence of a table: only one can create it. */
async function withLock<R>(client: ClickHouse, log: Log, work: () => Promise<R>): Promise<R> {
  const holder = randomUUID();
  const deadline = Date.now() + LOCK_TIMEOUT_MS;
  while (!(await takeLock(client, holder))) {
    if (await isStale(client)) {
      log.warn('the lock of an interrupted migration is removed');
      await client.command({ query: 'DROP TABLE IF EXISTS _migrations_lock' });
    } else if (Date.now() > deadline) {
      throw new MigrationError(
        `another process has been migrating ${client.database} for ${LOCK_TIMEOUT_MS / 1000} s; ` +
          'if none is, drop its table _migrations_lock',
      );
    } else {
      await sleep(LOCK_POLL_MS);
    }
  }
  let renewals = 0;
  const renew = setInterval(() => {
    const query = `ALTER TABLE _migrations_lock MODIFY COMMENT '${holder} ${++renewals}'`;
    client.command({ query }).catch((err: unknown) => log.warn({ err }, 'lock not renewed'));
  }, RENEW_MS);
  try {
    return await work();
  } finally {
    clearInterval(renew);
    await client.command({ query: 'DROP TABLE IF EXISTS _migrations_lock' });
  }
}

async function takeLock(client: ClickHouse, holder: string): Promise<boolean> {
  try {
    await client.command({
      query: `CREATE TABLE _migrations_lock (held UInt8) ENGINE = Memory COMMENT '${holder}'`,
    });
    return true;
  } catch (error) {
    if (clickhouseCode(error) === TABLE_EXISTS) return false;
    throw error;
  }
}

async function isStale(client: ClickHouse): Promise<boolean> {
  const result = await client.query({
    query: `SELECT dateDiff('second', metadata_modification_time, now()) > {lease:UInt32} AS stale
            FROM system.tables
            WHERE database = currentDatabase() AND name = '_migrations_lock'`,
    query_params: { lease: LEASE_S },
    format: 'JSONEachRow',
  });
  return (await result.json<{ stale: number }>())[0]?.stale === 1;
}
