/** Time in the LOG: wall time once a second however many doors there are, or the time of the feed. */
import { expect, test } from 'vitest';
import { CLOCK_SOURCE } from '../../../ingest/clock/clock.ts';
import { useNats } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { adjusted, connected, logEntries, startDoor } from './door-support.ts';

const nats = useNats();

async function ticks() {
  const link = await connected(nats);
  const entries = await logEntries(link, ({ event }) => event.source === CLOCK_SOURCE);
  return entries.map(({ event, subject }) => ({ ...event, subject }));
}

test('two live doors agree on one tick a second', async () => {
  const doors = await Promise.all([startDoor(nats), startDoor(nats)]);
  const before = (await ticks()).length;
  await until(async () => (await ticks()).length >= before + 3);
  const found = await ticks();
  for (const { subject, type, data, time, id } of found) {
    expect(subject).toBe('ops.v1.clock.ticked.-.-.-.-');
    expect(type).toBe('stocktide.clock.ticked.v1');
    expect(data).toEqual({ tick: time, clock: 'live' });
    expect(Date.parse(time)).toBe(Number(id) * 1000);
  }
  const seconds = found.map(({ id }) => Number(id));
  expect(new Set(seconds).size).toBe(seconds.length);
  expect(Math.abs(seconds.at(-1)! * 1000 - Date.now())).toBeLessThan(60_000);
  await Promise.all(doors.map((door) => door.stop()));
});

test('in a replay time is that of the feed, a minute or more apart', async () => {
  const door = await startDoor(nats, { CLOCK: 'feed' });
  const before = (await ticks()).length;
  const at = async (time: string) =>
    expect((await door.post({ ...adjusted(`at-${time}`), time })).status).toBe(200);
  await at('2011-03-01T10:00:00.500Z');
  await at('2011-03-01T10:00:30Z');
  await at('2011-03-01T09:00:00Z');
  await at('2011-03-01T10:01:30+00:00');
  await at('2035-01-01T00:00:00Z');
  await until(async () => (await ticks()).length === before + 3);
  expect((await ticks()).slice(before).map(({ data }) => data)).toEqual([
    { tick: '2011-03-01T10:00:00.000Z', clock: 'feed' },
    { tick: '2011-03-01T10:01:30.000Z', clock: 'feed' },
    { tick: '2035-01-01T00:00:00.000Z', clock: 'feed' },
  ]);
  await door.stop();
});

test('a rejected event does not move the time of the feed', async () => {
  const door = await startDoor(nats, { CLOCK: 'feed' });
  const before = (await ticks()).length;
  const bad = { ...adjusted('moves-not', { qty_delta: 'x' }), time: '2040-01-01T00:00:00Z' };
  expect((await door.post(bad)).status).toBe(422);
  expect((await door.post({ ...adjusted('moves'), time: '2036-01-01T00:00:00Z' })).status).toBe(
    200,
  );
  await until(async () => (await ticks()).length > before);
  expect((await ticks()).slice(before).map(({ time }) => time)).toEqual([
    '2036-01-01T00:00:00.000Z',
  ]);
  await door.stop();
});

test('the door says how it is doing, once a second', async () => {
  const door = await startDoor(nats);
  const link = await connected(nats);
  const statuses: Record<string, unknown>[] = [];
  link.nc.subscribe('live.door', {
    callback: (_error, message) => statuses.push(message.json<Record<string, unknown>>()),
  });
  expect((await door.post([adjusted('s-1'), adjusted('s-1'), 7])).status).toBe(207);
  await until(() => statuses.at(-1)?.['accepted'] === 1);
  expect(statuses.at(-1)).toMatchObject({ accepted: 1, duplicates: 1, rejected: 1, inFlight: 0 });
  await door.stop();
});
