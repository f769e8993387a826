/** Messages of the log that are not as they should be: each is told, none stops the reading. */
import { expect, test } from 'vitest';
import { event } from '../../support/log.ts';
import { useClickHouse } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { startTestDoor } from './door.ts';
import { adjusted, at, many, SOURCE } from './events.ts';
import { scene, type Scene } from './scene.ts';

const clickhouse = useClickHouse();

/** What lies in the log that no door has put there. */
async function smuggle({ own }: Scene, text: string | Uint8Array): Promise<number> {
  const payload = typeof text === 'string' ? Buffer.from(text) : text;
  return (await own.link.js.publish('ops.v1.inventory.adjusted.1.-.1.-', payload)).seq;
}

const unitsOf = async ({ rows }: Scene, sku: string) => {
  const [row] = await rows<{ units: number }>(
    `SELECT sum(qty) AS units FROM stock_positions WHERE account = 'available' AND sku_id = '${sku}'`,
  );
  return row?.units;
};

test('a duplicate from beyond the window of JetStream is dropped, after a restart too', async () => {
  const here = await scene(clickhouse);
  const first = await here.start();
  const file = many('yesterday', 40, 1);
  await here.append(file);
  await first.flushed(await here.appendLate(file));
  expect(first.runtime.duplicates).toBe(40);
  await first.stop();

  const second = await here.start();
  const last = await here.appendLate(file);
  await second.flushed(last);
  expect(last).toBe(120);
  expect(second.runtime.duplicates).toBe(40);
  expect(await unitsOf(here, 'sku-0')).toBe(40);
  expect(await here.rows('SELECT seq FROM events')).toHaveLength(40);
  expect(await here.letters()).toEqual([]);
});

test('an id that comes again with other data goes to DEAD and raises one finding', async () => {
  const here = await scene(clickhouse);
  await startTestDoor(here);
  const running = await here.start();
  await here.append([adjusted('one', 5)]);
  // Twice, so that the same finding arises twice.
  await here.appendLate([adjusted('one', 7)]);
  await running.flushed(await here.appendLate([adjusted('one', 9)]));
  expect(await unitsOf(here, 'mug')).toBe(5);

  const letters = await here.letters();
  expect(letters.map(({ reason }) => reason)).toEqual(['id_conflict', 'id_conflict']);
  expect(letters[0]).toMatchObject({ via: 'runtime', encoding: 'utf8' });
  expect(JSON.parse(letters[0]?.bytes ?? '')).toMatchObject({ id: 'one', data: { qty_delta: 7 } });

  await until(async () => (await here.rows('SELECT 1 FROM findings')).length > 0);
  await until(() => running.runtime.unconfirmedFindings === 0);
  await running.flushed(await here.lastSeq());
  expect(await here.rows('SELECT code, subtype, entity, detail FROM findings')).toEqual([
    {
      code: 'FEED_QUALITY',
      subtype: 'id_conflict',
      entity: `source/${SOURCE}`,
      detail: `${SOURCE} sent id one before, with other data`,
    },
  ]);
});

test('what cannot be decoded goes to DEAD with its bytes, and the next event is applied', async () => {
  const here = await scene(clickhouse);
  const running = await here.start();
  const wrong = [
    'not json',
    'null',
    '{"type":"stocktide.nothing.happened.v1","time":"2026-03-01T00:00:00Z"}',
    `{"type":"stocktide.inventory.adjusted.v1","time":"${at(0)}","source":"${SOURCE}"}`,
    `{"type":"stocktide.inventory.adjusted.v1","time":"tomorrow","source":"${SOURCE}","id":"x"}`,
  ];
  for (const text of wrong) await smuggle(here, text);
  await smuggle(here, new Uint8Array([0xff, 0xfe, 0x00]));
  await running.flushed(await here.append([adjusted('good', 3)]));
  expect(await unitsOf(here, 'mug')).toBe(3);

  const letters = await here.letters();
  expect(letters.map(({ reason }) => reason)).toEqual(Array(6).fill('undecodable'));
  expect(letters.slice(0, 5).map(({ bytes }) => bytes)).toEqual(wrong);
  expect(letters[5]).toMatchObject({ encoding: 'base64', bytes: '//4A' });
  expect(letters[1]?.detail).toContain('log sequence 2');
});

test('a message of a megabyte that cannot be decoded does not stop the reading', async () => {
  const here = await scene(clickhouse);
  const running = await here.start();
  await smuggle(here, '\u0001'.repeat(1_000_000));
  await running.flushed(await here.append([adjusted('good', 3)]));
  const [letter] = await here.letters();
  expect(letter).toMatchObject({ reason: 'undecodable', size: 1_000_000 });
  expect(letter?.bytes).toHaveLength(128 * 1024);
});

test('an event that a processor cannot apply goes to DEAD, the others have it, and reading goes on', async () => {
  const here = await scene(clickhouse);
  const running = await here.start();
  const correction = event(
    'event.corrected',
    { corrects: { source: SOURCE, id: 'x' }, reason: 'did_not_occur', corrective_ids: [] },
    { id: 'bad', time: at(1) },
  );
  const bad = { ...correction, datahash: '00000000', ingestedtime: at(1), data: {} };
  await smuggle(here, JSON.stringify(bad));
  await running.flushed(await here.append([adjusted('good', 3)]));
  expect(await unitsOf(here, 'mug')).toBe(3);
  const letters = await here.letters();
  expect(letters).toHaveLength(1);
  expect(letters[0]).toMatchObject({ reason: 'apply_failed', bytes: JSON.stringify(bad) });
  expect(letters[0]?.detail).toMatch(/^log sequence 1: stock: /);
  // The archive has it.
  expect(await here.rows('SELECT id FROM events ORDER BY seq')).toEqual([
    { id: 'bad' },
    { id: 'good' },
  ]);
});

test('a dead letter is stored before its batch counts as flushed, and a crash does not double it', async () => {
  const here = await scene(clickhouse);
  const first = await here.start();
  await first.flushed(await smuggle(here, 'not json'));
  await first.crash();
  const second = await here.start();
  await second.flushed(await here.append([adjusted('good', 3)]));
  expect(await here.letters()).toHaveLength(1);
});
