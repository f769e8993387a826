/** State over restarts: from a snapshot, from the one before, from the log, from archived events. */
import { expect, test } from 'vitest';
import type { ProducerEvent } from '../../../contracts/envelope.ts';
import { openCheckpoint } from '../../../platform/nats/checkpoints.ts';
import { STREAMS } from '../../../platform/nats/streams.ts';
import type { CheckpointRecord } from '../../../processors/runtime/checkpoint.ts';
import { Intake } from '../../../processors/runtime/intake.ts';
import { Ledger } from '../../../processors/stock/ledger.ts';
import { event } from '../../support/log.ts';
import { useClickHouse } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { adjusted, at, many, SOURCE, tick } from './events.ts';
import { scene, tables, type Scene, type StartedRuntime } from './scene.ts';

const clickhouse = useClickHouse();
const limits = { snapshotEvents: 100, flushMs: 20 };

const checkpointOf = ({ own }: Scene) => openCheckpoint<CheckpointRecord>(own.link.js, 'all');
async function recordOf(here: Scene): Promise<CheckpointRecord> {
  const record = await (await checkpointOf(here)).read();
  if (record === null) throw new Error('there is no checkpoint');
  return record;
}

/** The whole ledger as rows, in a form that two runtimes can be compared by. */
function ledgerOf({ runtime }: StartedRuntime): unknown[] {
  const ledger = runtime.slice.stock?.books.ledger ?? new Ledger();
  return Array.from({ length: ledger.positions }, (_, row) => [
    ledger.skuOf(row),
    ledger.nodeOf(row),
    Array.from({ length: 20 }, (_, account) => ledger.balance(row, account)),
    ledger.lastSeq(row),
  ]);
}

/** Appends in steps, so that there is more than one snapshot. */
async function history(here: Scene, running: StartedRuntime): Promise<void> {
  for (const prefix of ['a', 'b', 'c']) {
    await running.flushed(await here.append(many(prefix, 150, 7)));
    await until(async () => ((await recordOf(here)).snapshot?.seq ?? 0) > 0);
  }
  await until(async () => (await recordOf(here)).previous !== null);
}

const purge = (here: Scene, subject: string) =>
  here.own.link.jsm.streams.purge(STREAMS.snapshots, { filter: subject });

test('a restart from a snapshot has the same state and inserts nothing again', async () => {
  const here = await scene(clickhouse);
  const first = await here.start({ limits });
  await history(here, first);
  await first.stop();
  const before = ledgerOf(first);
  const stored = await tables(here);

  const second = await here.start({ limits });
  expect(second.runtime.appliedEvents).toBe(0);
  expect(ledgerOf(second)).toEqual(before);
  // What the state knows beside balances: ids (a repeat is dropped), sources.
  expect(second.runtime.slice.feeds?.status(0)).toEqual(first.runtime.slice.feeds?.status(0));
  await second.flushed(await here.append([tick(1)]));
  expect((await tables(here))['stock_movements']).toEqual(stored['stock_movements']);
});

test('a log that is caught up with has a snapshot before a whole interval is over', async () => {
  const here = await scene(clickhouse);
  const first = await here.start({ limits });
  await first.flushed(await here.append(many('a', 30)));
  await until(async () => (await recordOf(here)).snapshot !== null);
  const { snapshot } = await recordOf(here);
  await first.crash();
  const second = await here.start({ limits });
  expect(second.runtime.appliedEvents).toBe(30 - (snapshot?.seq ?? 0));
  expect(ledgerOf(second)).toEqual(ledgerOf(first));
});

test('a crash behind a snapshot replays the rest muted', async () => {
  const here = await scene(clickhouse);
  const first = await here.start({ limits });
  await history(here, first);
  await first.crash();
  const { snapshot } = await recordOf(here);
  const second = await here.start({ limits });
  expect(second.runtime.appliedEvents).toBe(450 - (snapshot?.seq ?? 0));
  expect(ledgerOf(second)).toEqual(ledgerOf(first));
  await second.flushed(await here.append(many('d', 50, 7)));
  expect((await tables(here))['events']).toHaveLength(500);
});

test('a snapshot that cannot be read gives way to the one before, and that one to the log', async () => {
  const here = await scene(clickhouse);
  const first = await here.start({ limits });
  await history(here, first);
  await first.stop();
  const { previous, snapshot } = await recordOf(here);
  const stored = await tables(here);

  await purge(here, snapshot?.blob.subject ?? '');
  const second = await here.start({ limits });
  expect(second.runtime.appliedEvents).toBe(450 - (previous?.seq ?? 0));
  expect(ledgerOf(second)).toEqual(ledgerOf(first));
  await second.crash();

  await purge(here, 'snap.all.>');
  const third = await here.start({ limits });
  expect(third.runtime.appliedEvents).toBe(450);
  expect(ledgerOf(third)).toEqual(ledgerOf(first));
  expect(await tables(here)).toEqual(stored);
});

test('another state version is rebuilt from the log', async () => {
  const here = await scene(clickhouse);
  const first = await here.start({ limits });
  await history(here, first);
  await first.stop();
  const checkpoint = await checkpointOf(here);
  const record = await recordOf(here);
  await checkpoint.read();
  const older = (one: CheckpointRecord['snapshot']) =>
    one && { ...one, versions: { ...one.versions, stock: '0/older' } };
  await checkpoint.write({
    ...record,
    snapshot: older(record.snapshot),
    previous: older(record.previous),
  });

  const second = await here.start({ limits });
  expect(second.runtime.appliedEvents).toBe(450);
  expect(ledgerOf(second)).toEqual(ledgerOf(first));
  await second.flushed(await here.append(many('d', 50, 7)));
  expect((await tables(here))['stock_movements']).toHaveLength(500);
});

test('a snapshot that a part does not take back is not tried a second time', async () => {
  const here = await scene(clickhouse);
  const first = await here.start({ limits });
  await history(here, first);
  await first.stop();
  const checkpoint = await checkpointOf(here);
  const record = await recordOf(here);
  await checkpoint.read();
  // It says that it is of this version, and holds more ids than the bound allows.
  const versions = { ...record.snapshot?.versions, intake: new Intake(64).stateVersion };
  const lying = (one: CheckpointRecord['snapshot']) => one && { ...one, versions };
  await checkpoint.write({ ...record, snapshot: lying(record.snapshot), previous: null });

  const bounds = { limits: { ...limits, recentIds: 64 } };
  await expect(here.start(bounds)).rejects.toThrow(/the snapshot of \d+ cannot be restored: ids/);
  expect((await recordOf(here)).snapshot).toBeNull();
  const third = await here.start(bounds);
  expect(ledgerOf(third)).toEqual(ledgerOf(first));
});

test('what the log has dropped is rebuilt from the archived events', async () => {
  const here = await scene(clickhouse);
  const first = await here.start({ limits });
  const orders: ProducerEvent[] = [
    event(
      'policy.set',
      {
        policy: 'safety_stock',
        scope: { sku_id: 'sku-1' },
        value: { units: 3 },
        actor: 'a',
        reason: 'r',
      },
      { id: 'policy-1', time: at(1), source: SOURCE },
    ),
    event(
      'reservation.created',
      { reservation_id: 'r1', sku_id: 'sku-1', channel_id: 'web', qty: 2, expires_at: at(600) },
      { id: 'reservation-1', time: at(2), source: SOURCE },
    ),
  ];
  await here.append(orders);
  await history(here, first);
  await first.stop();

  await here.own.link.jsm.streams.purge(STREAMS.log, { seq: 301 });
  await purge(here, 'snap.all.>');
  const second = await here.start({ limits });
  expect(second.runtime.appliedEvents).toBe(452);
  expect(ledgerOf(second)).toEqual(ledgerOf(first));
  // A repeat of an archived event is still known, and the reservation still lapses.
  await here.appendLate([orders[1] as ProducerEvent, tick(700)]);
  await second.flushed(await here.append([adjusted('d', 1, { sku: 'sku-1', seconds: 701 })]));
  const [row] = await here.rows<{ kind: string; units: number }>(
    `SELECT kind, sum(qty) AS units FROM stock_movements
     WHERE from_account = 'soft_reserved' GROUP BY kind`,
  );
  expect(row?.units).toBe(2);
  expect(second.runtime.duplicates).toBe(1);
});

test('a log that was cut before everything was archived stops the start, naming what is lost', async () => {
  const here = await scene(clickhouse);
  const first = await here.start({ limits });
  await first.flushed(await here.append(many('a', 100)));
  await first.stop();
  await here.append(many('b', 100));
  await here.own.link.jsm.streams.purge(STREAMS.log, { seq: 151 });
  await expect(here.start({ limits })).rejects.toThrow(
    /the log begins at 151, but only 100 events are in ClickHouse: 101 to 150 are lost/,
  );
});
