/**
 * Told to stop while something that it waits for does not come: a runtime ends in its time, what it began is whole
 * or not there, and the next start does the rest.
 */
import type { JetStreamClient } from 'nats';
import { expect, test } from 'vitest';
import type { ClickHouse } from '../../../platform/clickhouse/client.ts';
import { openCheckpoint } from '../../../platform/nats/checkpoints.ts';
import type { NatsLink } from '../../../platform/nats/connect.ts';
import { putModel } from '../../../platform/nats/models.ts';
import { STREAMS } from '../../../platform/nats/streams.ts';
import type { CheckpointRecord } from '../../../processors/runtime/checkpoint.ts';
import { event } from '../../support/log.ts';
import { useClickHouse } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { adjusted, at, many, SOURCE } from './events.ts';
import { scene, type Scene } from './scene.ts';

const clickhouse = useClickHouse();
const limits = { drainTimeoutMs: 500, flushMs: 20 };
const NEVER = new Promise<never>(() => undefined);

/** The same, with some of its members replaced. */
function replaced<T extends object>(whole: T, parts: Partial<T>): T {
  return new Proxy(whole, {
    get(target, property) {
      if (Object.hasOwn(parts, property)) return Reflect.get(parts, property) as unknown;
      const value: unknown = Reflect.get(target, property);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** A connection on which the chunks of snapshots are stored, and never acknowledged. */
async function withoutSnapshots(here: Scene, onChunk = () => undefined as void): Promise<NatsLink> {
  const { link } = await here.connect();
  const publish: JetStreamClient['publish'] = async (subject, payload, options) => {
    const ack = await link.js.publish(subject, payload, options);
    if (!subject.startsWith('snap.')) return ack;
    onChunk();
    return NEVER;
  };
  return replaced(link, { js: replaced(link.js, { publish }) });
}

async function recordOf({ own }: Scene): Promise<CheckpointRecord> {
  const record = await (await openCheckpoint<CheckpointRecord>(own.link.js, 'all')).read();
  if (record === null) throw new Error('there is no checkpoint');
  return record;
}

const units = async ({ rows }: Scene) =>
  (await rows<{ units: number }>('SELECT sum(qty) AS units FROM stock_movements'))[0]?.units;
const snapshotChunks = async ({ own }: Scene) =>
  (await own.link.jsm.streams.info(STREAMS.snapshots)).state.messages;

/** A new start has to apply the whole log, has its state then, and leaves no remains of the snapshot. */
async function startsOver(here: Scene, events: number): Promise<void> {
  const next = await here.start({ limits });
  await next.flushed(await here.append([adjusted('last', 1)]));
  expect(next.runtime.appliedEvents).toBe(events + 1);
  expect(await units(here)).toBe(events + 1);
  expect(await snapshotChunks(here)).toBe(0);
  await next.stop();
  expect((await recordOf(here)).snapshot?.seq).toBe(events + 1);
}

test('a last snapshot that takes too long is given up: all is flushed, nothing to repair', async () => {
  const here = await scene(clickhouse);
  const first = await here.start({ limits, link: await withoutSnapshots(here) });
  await first.flushed(await here.append(many('a', 200)));
  await first.stop();
  expect(await recordOf(here)).toMatchObject({ flushed: 200, intent: null, snapshot: null });
  expect(await snapshotChunks(here)).toBeGreaterThan(0);
  await startsOver(here, 200);
});

test('a snapshot under way that takes too long is given up as well', async () => {
  const here = await scene(clickhouse);
  let chunks = 0;
  const link = await withoutSnapshots(here, () => void chunks++);
  const first = await here.start({ limits: { ...limits, snapshotEvents: 100 }, link });
  await first.flushed(await here.append(many('a', 150)));
  await until(() => chunks > 0);
  await first.flushed(await here.append(many('b', 50)));
  await first.stop();
  expect(await recordOf(here)).toMatchObject({ flushed: 200, intent: null, snapshot: null });
  await startsOver(here, 200);
});

test('an insert that ClickHouse does not answer is left alone, and done by the next start', async () => {
  const here = await scene(clickhouse);
  let waiting = false;
  const exec: ClickHouse['exec'] = (asked) => {
    if (!asked.query.startsWith('INSERT INTO `stock_movements`'))
      return here.own.clickhouse.exec(asked);
    waiting = true;
    return NEVER;
  };
  const first = await here.start({ limits, clickhouse: replaced(here.own.clickhouse, { exec }) });
  await here.append(many('a', 200));
  await until(() => waiting);
  await first.stop();
  expect(first.runtime.flushed).toBe(0);
  expect((await recordOf(here)).intent).toBeGreaterThan(0);

  const second = await here.start({ limits });
  await second.flushed(200);
  expect(await units(here)).toBe(200);
});

test('bytes that an event names and that do not come leave the event to the next start', async () => {
  const here = await scene(clickhouse);
  const { link } = await here.connect();
  let asked = false;
  const os = () => {
    asked = true;
    return NEVER;
  };
  const js = replaced(link.js, { views: replaced(link.js.views, { os }) });
  const first = await here.start({ limits, link: replaced(link, { js }) });
  const before = await here.append(many('a', 50));
  const bytes = Buffer.from('no model');
  const trained = event(
    'model.trained',
    {
      ...{ model_id: 'm1', purpose: 'shrinkage', sha256: await putModel(here.own.link, bytes) },
      ...{ size_bytes: bytes.length, features: ['x'], rows: 1, seed: 1, actor: 'a', reason: 'r' },
      ...{ trained_from: at(0), trained_to: at(1) },
    },
    { id: 'm1', time: at(2), source: SOURCE },
  );
  const last = await here.append([trained, ...many('b', 50)]);
  await until(() => asked);
  await first.stop();
  expect(await recordOf(here)).toMatchObject({
    flushed: before,
    intent: null,
    snapshot: { seq: before },
  });

  const second = await here.start({ limits });
  await second.flushed(last);
  expect(await units(here)).toBe(100);
  expect(await here.rows('SELECT model_id, outcome FROM models')).toEqual([
    { model_id: 'm1', outcome: 'refused' },
  ]);
});
