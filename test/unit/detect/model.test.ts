/** The shrinkage model: what training makes, what reading refuses, and how the stream scores with it. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { FEATURES } from '../../../processors/detect/model/features.ts';
import {
  modelBytes,
  ModelError,
  readModel,
  scoreRow,
  trainModel,
  type Model,
} from '../../../processors/detect/model/model.ts';
import { seededRandom } from '../../../processors/detect/forest/random.ts';
import { event, logMessages } from '../../support/given.ts';
import { ReducerBench } from '../../support/reducers.ts';

const HOUR = 60;
const DAY = 24 * HOUR;

/** SKUs of which most lose little, seldom and explained; a few in a hundred are adjusted much. */
function ordinary(seed = 7): number[][] {
  const random = seededRandom(seed);
  const rare = () => -Math.log(1 - random());
  return Array.from({ length: 400 }, () =>
    FEATURES.map((name) => {
      if (name === 'unexplained_share') return random();
      if (name === 'adjusted_cost_log') return random() < 0.03 ? 5 + 3 * random() : 4 + random();
      if (name === 'days_since_count') return 60;
      return name === 'losses' || name === 'loss_cost_log' ? rare() : 3 * random();
    }),
  );
}
/** Loses much and often, and is adjusted much. */
const FAR: Partial<Record<(typeof FEATURES)[number], number>> = {
  ...{ losses: 9, loss_cost_log: 9, adjusted_cost_log: 8, days_since_count: 60 },
};
const outlier = FEATURES.map((name) => FAR[name] ?? 1);
const model = trainModel(ordinary(), 1);

describe('a model', () => {
  test('is the same bytes for the same rows and seed, and reads back', () => {
    expect(modelBytes(trainModel(ordinary(), 1))).toEqual(modelBytes(model));
    expect(modelBytes(trainModel(ordinary(), 2))).not.toEqual(modelBytes(model));
    expect(readModel(modelBytes(model))).toEqual(model);
  });

  test('ranks a SKU that loses often above the others, and says by what', () => {
    const { drivers, score } = scoreRow(model, outlier);
    const others = ordinary(8).map((row) => scoreRow(model, row).score);
    expect(score).toBeGreaterThan(Math.max(...others));
    const farthest = drivers.slice(0, 3).map(({ name }) => name);
    expect(farthest.sort()).toEqual(['adjusted_cost_log', 'loss_cost_log', 'losses']);
  });

  const changed = (change: (copy: Record<string, unknown>) => void) => {
    const copy = JSON.parse(Buffer.from(modelBytes(model)).toString()) as Record<string, unknown>;
    change(copy);
    return Buffer.from(JSON.stringify(copy));
  };
  const trees = (copy: Record<string, unknown>) => (copy['forest'] as Model['forest']).trees;
  test.each([
    ['no JSON', Buffer.from('{'), /not JSON/],
    ['null', Buffer.from('null'), /no known version/],
    ['another version', changed((copy) => (copy['version'] = 2)), /no known version/],
    ['other features', changed((copy) => (copy['features'] = ['losses'])), /its features are not/],
    [
      'a spread of 0',
      changed((copy) => (copy['spread'] = FEATURES.map(() => 0))),
      /centre or spread/,
    ],
    ['no forest', changed((copy) => delete copy['forest']), /no forest/],
    ['no trees', changed((copy) => (copy['forest'] = { sampleSize: 256, trees: [] })), /no forest/],
    [
      // It would never come to a leaf.
      'a tree that leads back to its root',
      changed((copy) => ((trees(copy)[0]?.left as number[])[0] = 0)),
      /trees are broken/,
    ],
    [
      'a tree that asks for a feature that is not there',
      changed((copy) => ((trees(copy)[0]?.feature as number[])[0] = FEATURES.length)),
      /trees are broken/,
    ],
  ])('with %s is refused', (_what, bytes, why) => {
    expect(() => readModel(bytes)).toThrow(ModelError);
    expect(() => readModel(bytes)).toThrow(why);
  });
});

describe('in the stream', () => {
  const trained = (id: string, bytes: Uint8Array | null, at: number) =>
    logMessages(
      event(
        'model.trained',
        {
          ...{ model_id: id, purpose: 'shrinkage', seed: 1, rows: 400, features: [...FEATURES] },
          sha256: createHash('sha256')
            .update(bytes ?? id)
            .digest('hex'),
          size_bytes: bytes?.length ?? 1,
          ...{ trained_from: '2026-02-01T00:00:00Z', trained_to: '2026-03-01T00:00:00Z' },
          ...{ actor: 'training', reason: 'test' },
        },
        { at },
      ),
      { id, nowMs: 0 },
    ).map((message) => (bytes === null ? message : { ...message, attachment: bytes }));

  const loss = (at: number, sku: string, units: number) =>
    event(
      'inventory.adjusted',
      {
        ...{ sku_id: sku, node_id: 'dc', qty_delta: -units },
        reason_code: 'shrinkage',
        raw_code: '06',
      },
      { at },
    );

  /** A hundred SKUs of 20 a unit, `z-busy` was adjusted often, `a-calm` was not. */
  function warehouse(): ReducerBench {
    const bench = new ReducerBench(['detect']);
    for (const sku of ['z-busy', 'a-calm', ...Array.from({ length: 98 }, (_, n) => `s${n}`)]) {
      bench.given(
        event(
          'item.upserted',
          {
            ...{ sku_id: sku, gtin: '', uom: 'EA', pack_qty: 1, abc_class: 'A' },
            ...{ unit_cost: '20', status: 'active' },
          },
          { at: 0 },
        ),
        event(
          'inventory.adjusted',
          { sku_id: sku, node_id: 'dc', qty_delta: 50, reason_code: 'opening_balance' },
          { at: 0 },
        ),
      );
    }
    for (let n = 0; n < 20; n++) {
      bench.given(
        event(
          'inventory.adjusted',
          {
            sku_id: 'z-busy',
            node_id: 'dc',
            qty_delta: n % 2 === 0 ? 3 : -3,
            reason_code: 'other',
          },
          { at: n },
        ),
      );
    }
    return bench;
  }
  const losses = [HOUR, 13 * HOUR].flatMap((at) => [loss(at, 'a-calm', 3), loss(at, 'z-busy', 3)]);
  const ranking = (bench: ReducerBench) =>
    bench.net('anomalies').map((row) => [row['rank'], row['sku_id'], row['model_id']]);

  test('without a model equals are ranked by name; with one, the more unusual first', () => {
    const without = warehouse()
      .given(...losses)
      .tick(DAY);
    expect(ranking(without)).toEqual([
      [1, 'a-calm', ''],
      [2, 'z-busy', ''],
    ]);
    expect(without.net('anomalies').map(({ score }) => score)).toEqual([null, null]);
    const scored = warehouse()
      .feed(...trained('m1', modelBytes(model), HOUR / 2))
      .given(...losses)
      .tick(DAY);
    expect(ranking(scored)).toEqual([
      [1, 'z-busy', 'm1'],
      [2, 'a-calm', 'm1'],
    ]);
    const [busy, calm] = scored.net('anomalies').map(({ score }) => Number(score));
    expect(busy).toBeGreaterThan(calm ?? 1);
    expect(scored.findings[0]?.detail).toMatch(
      /; isolation forest 0\.\d\d \(model m1\): \w+ z -?[\d.]+, \w+ z/,
    );
  });

  test('a model whose bytes are missing or broken is refused, and the last good one stays', () => {
    const bench = warehouse()
      .feed(...trained('good', modelBytes(model), 30))
      .feed(...trained('missing', null, 40))
      .feed(...trained('broken', Buffer.from('{'), 50))
      .given(...losses)
      .tick(DAY);
    expect(bench.rows('models').map((row) => [row['model_id'], row['outcome']])).toEqual([
      ['good', 'accepted'],
      ['missing', 'refused'],
      ['broken', 'refused'],
    ]);
    const refusals = bench.findings.filter(({ code }) => code === 'MODEL_REFUSED');
    expect(refusals.map(({ detail }) => detail)).toEqual([
      'Model missing is refused: its bytes are missing, or are not those that the hash is of; of the models before it good stays',
      'Model broken is refused: it is not JSON; of the models before it good stays',
    ]);
    expect(new Set(refusals.map(({ findingId }) => findingId)).size).toBe(1);
    expect(ranking(bench).map(([, , id]) => id)).toEqual(['good', 'good']);
    bench.feed(...trained('better', modelBytes(trainModel(ordinary(), 3)), 2 * DAY));
    expect(bench.ended.filter(({ code }) => code === 'MODEL_REFUSED')).toMatchObject([
      { findingId: refusals[0]?.findingId, entity: 'model/shrinkage' },
    ]);
  });

  test('a restart between model and losses changes nothing', async () => {
    const before = () => warehouse().feed(...trained('m1', modelBytes(model), 30));
    const whole = before()
      .given(...losses)
      .tick(DAY);
    let restarted = before();
    for (const one of losses) restarted = (await restarted.restarted()).given(one);
    restarted.tick(DAY);
    expect(restarted.rows('anomalies')).toEqual(whole.rows('anomalies'));
    expect(whole.net('anomalies').every(({ score }) => score !== null)).toBe(true);
  });
});
