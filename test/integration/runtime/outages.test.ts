/** ClickHouse or NATS away in flight: processing pauses and resumes, nothing is lost or doubled. */
import { expect, onTestFinished, test } from 'vitest';
import type { ProducerEvent } from '../../../contracts/envelope.ts';
import type { RuntimeStatus } from '../../../contracts/live.ts';
import { liveRuntime } from '../../../contracts/subjects.ts';
import { reportStatus } from '../../../processors/runtime/status.ts';
import { startTestClickHouse } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { many } from './events.ts';
import { scene, type Scene } from './scene.ts';

const units = async ({ rows }: Scene) =>
  (
    await rows<{ units: number }>(
      `SELECT sum(qty) AS units FROM stock_positions WHERE account = 'available'`,
    )
  )[0]?.units;
const eventCount = async ({ rows }: Scene) =>
  (await rows<{ n: number }>('SELECT count() AS n FROM events'))[0]?.n;

/** A host of the test's own: it is killed. */
async function ownClickHouse() {
  const clickhouse = await startTestClickHouse();
  onTestFinished(() => clickhouse.stop());
  return clickhouse;
}

/** More than any event of these tests leads to, the end of a minute included. */
const ROWS_OF_AN_EVENT = 10;

test('ClickHouse killed in flight: reading stops at MAX_PENDING_ROWS, says so, and goes on', async () => {
  const clickhouse = await ownClickHouse();
  const here = await scene(clickhouse);
  const limits = { flushRows: 50, flushMs: 20, maxPendingRows: 200 };
  const running = await here.start({ limits });
  await running.flushed(await here.append(many('before', 100)));
  onTestFinished(reportStatus(running.plumbing.link, running.runtime));
  const told: RuntimeStatus[] = [];
  here.own.link.nc.subscribe(liveRuntime('all'), {
    callback: (_error, message) => told.push(message.json<RuntimeStatus>()),
  });

  await clickhouse.kill();
  const last = await here.append(many('during', 1_000));
  await until(() => running.runtime.pendingRows >= 200);
  await until(() => told.some(({ phase }) => phase === 'paused'));
  // Two rows and more an event: what is pending never passes the bound by more than one event's.
  expect(running.runtime.pendingRows).toBeLessThanOrEqual(200 + ROWS_OF_AN_EVENT);
  expect(running.runtime.appliedSeq).toBeLessThanOrEqual(200);
  const paused = told.find(({ phase }) => phase === 'paused');
  expect(paused?.detail).toMatch(/^table \w+ cannot be written: /);
  expect(paused?.pendingRows).toBeLessThanOrEqual(200 + ROWS_OF_AN_EVENT);

  await clickhouse.restart();
  await running.flushed(last);
  expect(running.runtime.trouble).toBeNull();
  expect(await eventCount(here)).toBe(1_100);
  expect(await units(here)).toBe(1_100);
});

test('ClickHouse killed over and over under load loses and doubles nothing', async () => {
  const clickhouse = await ownClickHouse();
  const here = await scene(clickhouse);
  const running = await here.start({ limits: { flushRows: 40, flushMs: 20 } });
  let last = 0;
  for (let kill = 0; kill < 4; kill++) {
    const load = here.append(many(`r${kill}`, 300));
    await until(() => running.runtime.appliedSeq > kill * 300 + 50);
    await clickhouse.kill();
    last = await load;
    await clickhouse.restart();
  }
  await running.flushed(last);
  expect(await eventCount(here)).toBe(1_200);
  expect(await units(here)).toBe(1_200);
});

test('told to stop while ClickHouse is away, it ends in time, and the next start does the rest', async () => {
  const clickhouse = await ownClickHouse();
  const here = await scene(clickhouse);
  const first = await here.start({
    limits: { drainTimeoutMs: 500, maxPendingRows: 100, flushRows: 50 },
  });
  await first.flushed(await here.append(many('a', 100)));
  await clickhouse.kill();
  await here.append(many('b', 200));
  await until(() => first.runtime.trouble !== null);
  await first.stop();
  expect(first.runtime.flushed).toBe(100);

  await clickhouse.restart();
  const second = await here.start();
  await second.flushed(300);
  expect(await eventCount(here)).toBe(300);
  expect(await units(here)).toBe(300);
});

test('NATS killed in flight: what was published is applied once, and the checkpoint goes on', async () => {
  const clickhouse = await ownClickHouse();
  const here = await scene(clickhouse);
  const running = await here.start({ limits: { flushRows: 40, flushMs: 20, snapshotEvents: 100 } });
  const stubborn = async (events: readonly ProducerEvent[]): Promise<number> => {
    for (;;) {
      try {
        return await here.append(events);
      } catch {
        // The same ids again, until they are all acknowledged.
        await until(() => here.own.link.connected);
      }
    }
  };
  let last = 0;
  for (let kill = 0; kill < 4; kill++) {
    const load = stubborn(many(`r${kill}`, 300));
    await until(() => running.runtime.appliedSeq > kill * 300 + 50);
    await here.nats.kill();
    await here.nats.restart();
    last = await load;
  }
  await running.flushed(last);
  expect(last).toBe(1_200);
  expect(await eventCount(here)).toBe(1_200);
  expect(await units(here)).toBe(1_200);

  await running.stop();
  const second = await here.start();
  expect(second.runtime.flushed).toBe(last);
  // A snapshot that was being written when NATS went may be missing: then the log is applied again, and nothing more.
  await until(() => second.runtime.appliedSeq === last);
  expect(await eventCount(here)).toBe(1_200);
  expect(await units(here)).toBe(1_200);
});
