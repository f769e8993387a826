/** Slices of the key space in runtimes of their own: together they write what one runtime writes. */
import { expect, test } from 'vitest';
import type { ProducerEvent } from '../../../contracts/envelope.ts';
import type { SliceSpec } from '../../../processors/runtime/slices.ts';
import { useClickHouse } from '../../support/servers.ts';
import { traffic } from '../../support/traffic.ts';
import { startTestDoor } from './door.ts';
import { many, tick } from './events.ts';
import { scene, tables, type Scene } from './scene.ts';

const clickhouse = useClickHouse();
const START_MS = Date.parse('2026-03-02T08:00:00Z');

const ARCHIVE: readonly SliceSpec[] = [{ name: 'archive', lo: 0, hi: 15 }];
const LOWER: readonly SliceSpec[] = [{ name: 'stock', lo: 0, hi: 7 }];
const UPPER: readonly SliceSpec[] = [{ name: 'stock', lo: 8, hi: 15 }];

/**
 * A morning of traffic in which time passes by ticks, as in the real world: what a source sends lies
 * before the tick that follows it, and the tick reaches every slice.
 */
function morning(): ProducerEvent[] {
  const batches = traffic({ seed: 11, startMs: START_MS, ratePerSec: 10, stepMs: 5_000 });
  return Array.from({ length: 180 }, () => {
    const batch = batches.next().value;
    const lastMs = Math.max(...batch.map(({ time }) => Date.parse(time)));
    return [tick((lastMs - START_MS) / 1_000), ...batch];
  }).flat();
}

/** Movements of one event are numbered within it, across positions; a slice sees only its own. */
async function withoutNumbers(here: Scene): Promise<Record<string, unknown[]>> {
  const all = await tables(here);
  const movements = await here.rows(
    `SELECT * EXCEPT (idx), row_number() OVER (PARTITION BY seq, sku_id, node_id ORDER BY idx) AS nth
     FROM stock_movements ORDER BY sku_id, node_id, seq, nth`,
  );
  return { ...all, stock_movements: movements };
}

test('stock:0-7, stock:8-15 and archive together write the tables of one runtime', async () => {
  const events = morning();
  const one = await scene(clickhouse);
  const last = await one.append(events);
  await (await one.start()).flushed(last);

  const three = await scene(clickhouse);
  const slices = [
    await three.start({ processors: ARCHIVE }),
    await three.start({ processors: LOWER }),
    await three.start({ processors: UPPER }),
  ];
  expect(await three.append(events)).toBe(last);
  for (const slice of slices) await slice.flushed(last);
  expect(slices.map(({ runtime }) => runtime.slice.name)).toEqual([
    'archive',
    'stock-0-7',
    'stock-8-15',
  ]);

  const whole = await withoutNumbers(one);
  // Both halves have something to do, and counts are among it.
  for (const { runtime } of slices.slice(1))
    expect(runtime.slice.stock?.size()).toBeGreaterThan(10);
  expect(whole['stock_reconciliations']?.length).toBeGreaterThan(10);
  expect(await withoutNumbers(three)).toEqual(whole);
});

test('what several slices put aside is put aside once, and found once', async () => {
  const here = await scene(clickhouse);
  await startTestDoor(here);
  const slices = [
    await here.start({ processors: ARCHIVE }),
    await here.start({ processors: LOWER }),
    await here.start({ processors: UPPER }),
  ];
  await here.own.link.js.publish('ops.v1.clock.ticked.-.-.-.-', 'not json');
  const [one, other] = [tick(5), { ...tick(5), data: { tick: tick(6).time, clock: 'feed' } }];
  const last = await here.appendLate([one, other]);
  for (const slice of slices) await slice.flushed(last + 1);
  expect((await here.letters()).map(({ reason }) => reason)).toEqual([
    'undecodable',
    'id_conflict',
  ]);
  expect(await here.rows('SELECT code FROM findings')).toEqual([{ code: 'FEED_QUALITY' }]);
});

test('a slice that has nothing to write comes along all the same', async () => {
  const here = await scene(clickhouse);
  const events = many('a', 200, 1);
  await here.start({ processors: ARCHIVE });
  const halves = [await here.start({ processors: LOWER }), await here.start({ processors: UPPER })];
  const last = await here.append(events);
  for (const half of halves) await half.flushed(last);
  expect(halves.map(({ runtime }) => runtime.slice.stock?.size()).sort()).toEqual([0, 1]);
});

test('another slicing of what was written already is refused', async () => {
  const here = await scene(clickhouse);
  const all = await here.start();
  await all.flushed(await here.append(many('a', 50)));
  await all.stop();
  await expect(here.start({ processors: LOWER })).rejects.toThrow(
    /stock 0-7 has been run as slice all up to 50; slice stock-0-7 would insert it all again/,
  );
  expect((await here.rows('SELECT 1 FROM stock_movements')).length).toBe(50);
});
