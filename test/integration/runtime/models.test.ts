/** A model from its training to the scores of the stream: through the object store, the door and the LOG. */
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createDeadLetters } from '../../../ingest/dead/writer.ts';
import { createDoor } from '../../../ingest/door/accept.ts';
import { doorLimits } from '../../../ingest/door/limits.ts';
import { createDoorMetrics } from '../../../ingest/door/metrics.ts';
import { createRecentIds } from '../../../ingest/door/recent-ids.ts';
import { createStoredHash } from '../../../ingest/door/streams.ts';
import { startInbox } from '../../../ingest/inbox/inbox.ts';
import { createMetrics } from '../../../platform/metrics.ts';
import { getModel } from '../../../platform/nats/models.ts';
import { MODEL_BUCKET, STREAMS } from '../../../platform/nats/streams.ts';
import {
  announce,
  LEAST_ROWS,
  train,
  TrainingError,
} from '../../../processors/runtime/train/train.ts';
import { event } from '../../support/log.ts';
import { startChild } from '../../support/child.ts';
import { useClickHouse } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { at, tick } from './events.ts';
import { scene, type Scene } from './scene.ts';

const clickhouse = useClickHouse();
const HOUR_S = 3_600;
const SKUS = 300;
const OPTIONS = { days: 7, toMs: null, seed: 1, actor: 'test', reason: 'test' };

const changed = (
  id: string,
  sku: string,
  change: { units: number; seconds: number; code: string },
) =>
  event(
    'inventory.adjusted',
    {
      ...{ adjustment_id: id, sku_id: sku, node_id: 'dc-1', state: 'available', actor: 'tester' },
      ...{ qty_delta: change.units, raw_code: change.code, unit_cost: '40', currency: 'USD' },
      reason_code: change.code === '06' ? 'shrinkage' : 'opening_balance',
    },
    { id, time: at(change.seconds) },
  );
const opening = Array.from({ length: SKUS }, (_, n) =>
  changed(`open-${n}`, `s${n}`, { units: 100, seconds: n, code: '' }),
);
const losses = (sku: string, hours: readonly number[]) =>
  hours.map((hour) =>
    changed(`loss-${sku}-${hour}`, sku, { units: -2, seconds: hour * HOUR_S, code: '06' }),
  );

const anomalies = ({ rows }: Scene) =>
  rows<{ sku_id: string; model_id: string; score: number | null; sign: number }>(
    'SELECT sku_id, model_id, score, sign FROM anomalies ORDER BY seq, sku_id, sign',
  );
const models = ({ rows }: Scene) =>
  rows<{ model_id: string; outcome: string }>('SELECT model_id, outcome FROM models ORDER BY seq');

/** The door's own core on the inbox, as ingest/main.ts wires it. */
function openDoor({ own: { config, link, log, publisher } }: Scene): void {
  const metrics = createMetrics({ process: 'test' });
  const stopping = new AbortController();
  const { maxEventBytes, recentIds } = config;
  const door = createDoor({
    ...{ publisher, limits: doorLimits(config), metrics: createDoorMetrics(metrics) },
    clock: { mode: 'feed', nowMs: Date.now },
    recentIds: createRecentIds(recentIds),
    dead: createDeadLetters({ publisher, maxEventBytes, now: Date.now }),
    storedHash: createStoredHash(link.jsm),
    onAccepted: () => undefined,
  });
  const inbox = startInbox({ link, door, log, metrics, signal: stopping.signal });
  onTestFinished(async () => {
    stopping.abort();
    await inbox.drained();
  });
}

describe('a trained model', () => {
  let here: Scene;
  beforeEach(async () => {
    here = await scene(clickhouse);
    openDoor(here);
  });
  const trainedOn = () => train({ clickhouse: here.own.clickhouse, link: here.own.link }, OPTIONS);

  test('scores what follows, over a restart and over a replay of the log', async () => {
    const first = await here.start();
    await first.flushed(await here.append([...opening, tick(SKUS)]));
    const model = await trainedOn();
    await until(async () => (await models(here)).length === 1);
    expect(await models(here)).toEqual([{ model_id: model.model_id, outcome: 'accepted' }]);
    expect((await getModel(here.own.link, model.sha256))?.length).toBe(model.size_bytes);

    await first.flushed(await here.append([...losses('s1', [1, 13]), tick(14 * HOUR_S)]));
    const found = await anomalies(here);
    expect(found).toMatchObject([{ sku_id: 's1', model_id: model.model_id, sign: 1 }]);
    expect(found[0]?.score).toBeGreaterThan(0);

    // With the snapshot, and without one: then the log is replayed, and the model read and scored with again.
    await first.stop();
    const second = await here.start();
    await second.flushed(await here.append([...losses('s2', [15, 27]), tick(28 * HOUR_S)]));
    await second.crash();
    await here.own.link.jsm.streams.purge(STREAMS.snapshots);
    const third = await here.start();
    await third.flushed(await here.append([...losses('s3', [29, 41]), tick(42 * HOUR_S)]));
    const whole = await anomalies(here);
    expect(whole[0]).toEqual(found[0]);
    const scored = whole.filter(({ sign }) => sign === 1);
    expect(scored.map(({ model_id, sku_id }) => [sku_id, model_id])).toEqual(
      ['s1', 's2', 's3'].map((sku) => [sku, model.model_id]),
    );
    expect(scored.every(({ score }) => score !== null && score > 0)).toBe(true);
  });

  test('that was damaged in the store is refused with a finding, and the one before stays', async () => {
    const running = await here.start();
    await running.flushed(await here.append([...opening, tick(SKUS)]));
    const good = await trainedOn();
    await until(async () => (await models(here)).length === 1);

    const damaged = { ...good, model_id: 'damaged', sha256: 'd'.repeat(64) };
    const store = await here.own.link.js.views.os(MODEL_BUCKET);
    await store.putBlob({ name: damaged.sha256 }, Buffer.from('something else'));
    await announce(here.own.link, damaged, Date.parse(at(61)));
    await announce(
      here.own.link,
      { ...good, model_id: 'gone', sha256: 'e'.repeat(64) },
      Date.parse(at(62)),
    );
    await until(async () => (await models(here)).length === 3);
    expect(await models(here)).toEqual([
      { model_id: good.model_id, outcome: 'accepted' },
      { model_id: 'damaged', outcome: 'refused' },
      { model_id: 'gone', outcome: 'refused' },
    ]);
    await until(async () => {
      const found = await here.rows(`SELECT 1 FROM findings WHERE code = 'MODEL_REFUSED'`);
      return found.length > 0;
    });
    await running.flushed(await here.append([...losses('s1', [1, 13]), tick(14 * HOUR_S)]));
    expect(await anomalies(here)).toMatchObject([{ sku_id: 's1', model_id: good.model_id }]);
  });

  test('comes from the command line, which says what became of it', async () => {
    const running = await here.start();
    const env = {
      ...{ NATS_URL: here.nats.url, NATS_USER: here.nats.user, NATS_PASSWORD: here.nats.pass },
      ...{ CLICKHOUSE_URL: clickhouse.url, CLICKHOUSE_DATABASE: here.database },
    };
    const run = async (...args: string[]) => {
      const child = startChild({ file: 'processors/runtime/train-main.ts', args, env });
      return { code: await child.exited, output: child.output() };
    };
    const early = await run();
    expect(early.output).toContain('there are no facts of the floor yet');
    expect(early.code).toBe(2);

    await running.flushed(await here.append([...opening, tick(SKUS)]));
    const { code, output } = await run('--json', '--seed', '7', '--reason', 'a test');
    expect(code, output).toBe(0);
    const line = output.split('\n').find((one) => one.startsWith('{')) ?? '';
    expect(JSON.parse(line)).toMatchObject({ outcome: 'accepted', seed: 7, reason: 'a test' });
    expect(await models(here)).toMatchObject([{ outcome: 'accepted' }]);
    expect((await run('--days', '0')).output).toContain('--days 0: must be a whole number from 1');
  });

  test('is not made of too little', async () => {
    const running = await here.start();
    await expect(trainedOn()).rejects.toThrow('there are no facts of the floor yet');
    await running.flushed(await here.append([...opening.slice(0, 3), tick(SKUS)]));
    await expect(trainedOn()).rejects.toThrow(TrainingError);
    await expect(trainedOn()).rejects.toThrow(`${LEAST_ROWS} are needed`);
    expect((await here.own.link.jsm.streams.info(STREAMS.inbox)).state.last_seq).toBe(0);
  });
});
