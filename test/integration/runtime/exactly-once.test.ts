/** Exactly once over restarts of every kind: graceful, in mid-flush, after the insert (DESIGN law 3). */
import { expect, test } from 'vitest';
import type { ClickHouse } from '../../../platform/clickhouse/client.ts';
import { openCheckpoint } from '../../../platform/nats/checkpoints.ts';
import type { CheckpointRecord } from '../../../processors/runtime/checkpoint.ts';
import { useClickHouse } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { many } from './events.ts';
import { scene, tables, type Scene } from './scene.ts';

const clickhouse = useClickHouse();

const recordOf = async ({ own }: Scene) => {
  const checkpoint = await openCheckpoint<CheckpointRecord>(own.link.js, 'all');
  const record = await checkpoint.read();
  if (record === null) throw new Error('there is no checkpoint');
  return record;
};

/** Events, movements, and units that the view sums: each `n` when `n` adjustments count once. */
async function counts({ rows }: Scene) {
  const [row] = await rows<{ events: number; movements: number; units: number }>(
    `SELECT (SELECT count() FROM events) AS events, (SELECT count() FROM stock_movements) AS movements,
            (SELECT sum(qty) FROM stock_positions WHERE account = 'available') AS units`,
  );
  return row;
}
const each = (n: number) => ({ events: n, movements: n, units: n });

/** A client whose inserts into these tables never get through; the others are ClickHouse's own. */
const stuckOn = (client: ClickHouse, ...tables: string[]): ClickHouse =>
  withInserts(client, (table, insert) =>
    tables.includes(table) ? new Promise(() => undefined) : insert(),
  );

interface Insert {
  table: string;
  token: unknown;
}

/** A client that notes each insert. */
const noting = (client: ClickHouse, inserts: Insert[]): ClickHouse =>
  withInserts(client, (table, insert, token) => {
    inserts.push({ table, token });
    return insert();
  });

type Exec = ClickHouse['exec'];

/** The client with something of the test's own around each insert. */
function withInserts(
  client: ClickHouse,
  around: (table: string, insert: () => ReturnType<Exec>, token: unknown) => ReturnType<Exec>,
): ClickHouse {
  const exec: Exec = (params) => {
    const table = /INSERT INTO `(\w+)`/.exec(params.query)?.[1] ?? '';
    const token = params.clickhouse_settings?.['insert_deduplication_token'];
    return around(table, () => client.exec(params), token);
  };
  return new Proxy(client, {
    get(target, property) {
      if (property === 'exec') return exec;
      const value: unknown = Reflect.get(target, property);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

test('a graceful restart goes on where it stopped, from its snapshot', async () => {
  const here = await scene(clickhouse);
  const first = await here.start();
  await first.flushed(await here.append(many('a', 300)));
  await first.stop();
  const record = await recordOf(here);
  expect(record).toMatchObject({ flushed: 300, intent: null, snapshot: { seq: 300 } });

  const second = await here.start();
  expect(second.runtime.appliedSeq).toBe(300);
  expect(second.runtime.appliedEvents).toBe(0);
  await second.flushed(await here.append(many('b', 200)));
  expect(await counts(here)).toEqual(each(500));
});

test('a crash between flushes doubles nothing: the last one is repeated under its tokens', async () => {
  const here = await scene(clickhouse);
  const first = await here.start();
  await first.flushed(await here.append(many('a', 300)));
  await first.crash();
  // Inserted, and not yet written down as done.
  expect(await recordOf(here)).toMatchObject({ flushed: 0, intent: 300 });

  const second = await here.start();
  await second.flushed(await here.append(many('b', 200)));
  expect(await counts(here)).toEqual(each(500));
});

test('a crash in mid-flush is repaired as exactly one batch with the same tokens', async () => {
  const here = await scene(clickhouse);
  const first = await here.start();
  await first.flushed(await here.append(many('a', 100)));
  await first.stop();

  // `events` gets its block, `stock_movements` never does.
  const second = await here.start({ clickhouse: stuckOn(here.own.clickhouse, 'stock_movements') });
  await here.append(many('b', 150));
  await until(async () => (await counts(here))?.events === 250);
  expect(await counts(here)).toEqual({ events: 250, movements: 100, units: 100 });
  await here.append(many('c', 50));
  await second.crash();
  const { flushed, intent } = await recordOf(here);
  expect({ flushed, intent }).toEqual({ flushed: 100, intent: 250 });

  const inserts: Insert[] = [];
  const third = await here.start({ clickhouse: noting(here.own.clickhouse, inserts) });
  await third.flushed(300);
  expect(await counts(here)).toEqual(each(300));
  expect(inserts.slice(0, 2).sort((a, b) => (a.table < b.table ? -1 : 1))).toEqual([
    { table: 'events', token: 'all.events.100-250' },
    { table: 'stock_movements', token: 'all.stock_movements.100-250' },
  ]);
});

test('a crash after the intent and before any insert loses nothing', async () => {
  const here = await scene(clickhouse);
  const first = await here.start({
    clickhouse: stuckOn(here.own.clickhouse, 'events', 'stock_movements'),
  });
  await here.append(many('a', 80));
  await until(async () => (await recordOf(here)).intent === 80);
  await first.crash();
  expect(await counts(here)).toEqual(each(0));

  await (await here.start()).flushed(80);
  expect(await counts(here)).toEqual(each(80));
});

test('twenty crashes at any instant give the tables of a run that was never interrupted', async () => {
  const here = await scene(clickhouse);
  const limits = { flushMs: 10, flushRows: 50, snapshotEvents: 120 };
  for (let round = 0; round < 20; round++) {
    const running = await here.start({ limits });
    const seq = await here.append(many(`r${round}`, 60));
    // Sometimes all of it is flushed by then, sometimes a part, sometimes nothing.
    if (round % 3 === 0) await running.flushed(seq);
    else if (round % 3 === 1) await until(() => running.runtime.appliedSeq > seq - 30);
    await running.crash();
  }
  const last = await here.start({ limits });
  await last.flushed(1_200);
  expect(await counts(here)).toEqual(each(1_200));

  const reference = await scene(clickhouse);
  for (let round = 0; round < 20; round++) await reference.append(many(`r${round}`, 60));
  await (await reference.start()).flushed(1_200);
  expect(await tables(here)).toEqual(await tables(reference));
});
