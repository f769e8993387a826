import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createClickHouse, type ClickHouse } from '../../../platform/clickhouse/client.ts';
import { migrate, MigrationError } from '../../../platform/clickhouse/migrate.ts';
import { createLog } from '../../../platform/log.ts';
import { useClickHouse } from '../../support/servers.ts';

const clickhouse = useClickHouse();
const log = createLog({ name: 'test', level: 'silent', format: 'json' });

let dir: string;
let client: ClickHouse;
let databases = 0;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stocktide-migrations-'));
  client = onDatabase(`migrated_${++databases}`);
});
afterEach(async () => {
  rmSync(dir, { recursive: true });
  await client.close();
});

function onDatabase(clickhouseDatabase: string): ClickHouse {
  return createClickHouse({
    clickhouseUrl: clickhouse.url,
    clickhouseDatabase,
    clickhouseUser: 'default',
    clickhousePassword: '',
  });
}

const file = (name: string, sql: string) => writeFileSync(join(dir, name), sql);
const run = (on = client) => migrate(on, { dir, database: client.database, log });
const table = (name: string) =>
  `CREATE TABLE ${name} (a String) ENGINE = MergeTree ORDER BY a COMMENT 'not; the end'`;

async function tables(): Promise<string[]> {
  const result = await client.query({
    query: `SELECT name FROM system.tables
            WHERE database = currentDatabase() AND NOT startsWith(name, '_') ORDER BY name`,
    format: 'JSONEachRow',
  });
  return (await result.json<{ name: string }>()).map(({ name }) => name);
}

test('makes the database, applies the files in order, and nothing twice', async () => {
  file('0002_view.sql', 'CREATE VIEW b AS SELECT a FROM a');
  file('0001_a.sql', `-- grain: one a; source: none\n${table('a')};\n`);
  file('README.md', 'not a migration');
  expect(await run()).toEqual(['0001_a.sql', '0002_view.sql']);
  expect(await tables()).toEqual(['a', 'b']);
  expect(await run()).toEqual([]);

  file('0003_c.sql', table('c'));
  expect(await run()).toEqual(['0003_c.sql']);
});

test('the database is an Atomic one', async () => {
  file('0001_a.sql', table('a'));
  await run();
  const [found] = await clickhouse.rows(
    'SELECT engine FROM system.databases WHERE name = {name:String}',
    { name: client.database },
  );
  expect(found).toEqual({ engine: 'Atomic' });
});

test('an applied file that was changed stops with both checksums', async () => {
  file('0001_a.sql', table('a'));
  await run();
  file('0001_a.sql', `${table('a')} `);
  file('0002_b.sql', table('b'));
  await expect(run()).rejects.toThrow(MigrationError);
  await expect(run()).rejects.toThrow(
    /0001_a\.sql was applied with sha256 [0-9a-f]{64} and now has [0-9a-f]{64}: restore the file/,
  );
  expect(await tables()).toEqual(['a']);
});

test('an interrupted file goes on where it stopped', async () => {
  file('0001_ab.sql', `${table('a')}; CREATE TABLE b (x UInt8) ENGINE = Memory; ${table('a')}`);
  await expect(run()).rejects.toThrow(/0001_ab\.sql, statement 3 of 3: .*already exists/);
  await client.command({ query: 'DROP TABLE a' });
  // The first two are not repeated: b exists and could not be made again.
  expect(await run()).toEqual(['0001_ab.sql']);
  expect(await tables()).toEqual(['a', 'b']);
});

test('a file that failed may be mended, and starts over', async () => {
  file('0001_a.sql', `CREATE TABLE IF NOT EXISTS a (x UInt8) ENGINE = Memory; SELEKT 1`);
  await expect(run()).rejects.toThrow('0001_a.sql, statement 2 of 2');
  file('0001_a.sql', `CREATE TABLE IF NOT EXISTS a (x UInt8) ENGINE = Memory; SELECT 1`);
  expect(await run()).toEqual(['0001_a.sql']);
});

test('processes that start together take turns', async () => {
  for (const n of [1, 2, 3, 4]) file(`000${n}_t.sql`, table(`t${n}`));
  const others = [1, 2, 3].map(() => onDatabase(client.database));
  const applied = await Promise.all(others.map((other) => run(other)));
  expect(applied.flat().sort()).toEqual([1, 2, 3, 4].map((n) => `000${n}_t.sql`));
  expect(await tables()).toEqual(['t1', 't2', 't3', 't4']);
  await Promise.all(others.map((other) => other.close()));
});

test('a live lock is waited for', async () => {
  file('0001_a.sql', table('a'));
  await client.createDatabase();
  await client.command({ query: 'CREATE TABLE _migrations_lock (held UInt8) ENGINE = Memory' });
  const waiting = run();
  await expect.poll(async () => await tables(), { interval: 50 }).toEqual([]);
  await client.command({ query: 'DROP TABLE _migrations_lock' });
  expect(await waiting).toEqual(['0001_a.sql']);
});

test.each([
  ['1_short.sql', 'name it like 0001_events.sql'],
  ['0001_Upper.sql', 'name it like 0001_events.sql'],
])('a file named %s is refused', async (name, message) => {
  file(name, table('a'));
  await expect(run()).rejects.toThrow(message);
});

test('two files of one number, and one without a statement, are refused', async () => {
  file('0001_a.sql', '-- only words\n');
  await expect(run()).rejects.toThrow('0001_a.sql: there is no statement in it');
  file('0001_b.sql', table('b'));
  await expect(run()).rejects.toThrow('the number 0001 is taken by another file');
});

test('a client on another database is refused', async () => {
  const wrong = migrate(client, { dir, database: 'elsewhere', log });
  await expect(wrong).rejects.toThrow(`on database ${client.database}, not on elsewhere`);
});
