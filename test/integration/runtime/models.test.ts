/** A model from its training to the scores of the stream: through the object store, the door and the LOG. */
import { beforeEach, describe, expect, test } from 'vitest';
import { getModel, MODEL_BUCKET } from '../../../platform/nats/models.ts';
import { STREAMS } from '../../../platform/nats/streams.ts';
import {
  announce,
  LEAST_ROWS,
  train,
  TrainingError,
} from '../../../processors/runtime/train/train.ts';
import { event } from '../../support/log.ts';
import { useClickHouse } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { startTestDoor } from './door.ts';
import { at, tick } from './events.ts';
import { scene, type Scene } from './scene.ts';

const clickhouse = useClickHouse();
const HOUR_S = 3_600;
const SKUS = 300;
const OPTIONS = { days: 7, toMs: null, seed: 1, actor: 'test', reason: 'test', replicas: 1 };

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

describe('a trained model', () => {
  let here: Scene;
  beforeEach(async () => {
    here = await scene(clickhouse);
    await startTestDoor(here);
  });
  const trainedOn = () => train({ clickhouse: here.own.clickhouse, link: here.own.link }, OPTIONS);

  test('scores what follows, and scores the same when all is replayed', async () => {
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

    // From the snapshot, and from the beginning of the log under another name: the same rows again.
    await first.stop();
    const second = await here.start();
    await second.flushed(await here.append([...losses('s2', [15, 27]), tick(28 * HOUR_S)]));
    const whole = await anomalies(here);
    expect(whole.map(({ model_id: id }) => id)).toContain(model.model_id);
    await second.crash();
    await here.own.link.jsm.streams.purge(STREAMS.snapshots);
    await here.own.clickhouse.command({ query: 'TRUNCATE TABLE anomalies' });
    const again = await here.start({ name: 'again' });
    await again.flushed(await here.lastSeq());
    expect(await anomalies(here)).toEqual(whole);
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

  test('is not made of too little', async () => {
    const running = await here.start();
    await expect(trainedOn()).rejects.toThrow('there are no facts of the floor yet');
    await running.flushed(await here.append([...opening.slice(0, 3), tick(SKUS)]));
    await expect(trainedOn()).rejects.toThrow(TrainingError);
    await expect(trainedOn()).rejects.toThrow(`${LEAST_ROWS} are needed`);
    expect((await here.own.link.jsm.streams.info(STREAMS.inbox)).state.last_seq).toBe(0);
  });
});
