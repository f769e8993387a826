/** NATS down at the start, gone in flight, back again: nothing is claimed that is not stored. */
import { describe, expect, test } from 'vitest';
import { STREAMS } from '../../../platform/nats/streams.ts';
import { useNats } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { adjusted, connected, deadLetters, logEntries, startDoor } from './door-support.ts';

const nats = useNats();

const BATCH = { 'content-type': 'application/cloudevents-batch+json' };

async function idsOf(prefix: string): Promise<string[]> {
  const link = await connected(nats);
  const entries = await logEntries(link, ({ event }) => event.id.startsWith(prefix));
  return entries.map(({ event }) => event.id);
}

test('a door without NATS answers 503, and begins as soon as it is there', async () => {
  await nats.kill();
  const door = await startDoor(nats, {}, { waitForReady: false });
  const answer = await door.post(adjusted('early'));
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('1');
  expect(answer.body.type).toBe('urn:stocktide:problem:door-unavailable');
  expect((await fetch(`${door.url}/readyz`)).status).toBe(503);
  expect((await fetch(`${door.url}/v1/dead`)).status).toBe(503);
  // What the contract alone decides is answered all the same.
  expect((await fetch(`${door.url}/v1/events/types`)).status).toBe(200);
  await nats.restart();
  await until(async () => (await fetch(`${door.url}/readyz`)).ok);
  expect((await door.post(adjusted('early'))).status).toBe(200);
  expect(await door.stop()).toBe(0);
});

describe('NATS that goes away', () => {
  test('leaves nothing claimed; the same events sent again are stored once each', async () => {
    const door = await startDoor(nats, { PUBLISH_TIMEOUT_MS: '2000' });
    const batches = Array.from({ length: 40 }, (_, b) =>
      Array.from({ length: 200 }, (_, i) => adjusted(`flight-${b}-${i}`)),
    );
    let unavailable = 0;
    const sendUntilTaken = async (batch: object[]) => {
      for (;;) {
        const { status, body, headers } = await door.post(batch, BATCH);
        if (status === 200) return expect(body.accepted + body.duplicates).toBe(batch.length);
        expect(status).toBe(503);
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
        expect(body).not.toHaveProperty('accepted');
        unavailable++;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const first = batches.slice(0, 20).map(sendUntilTaken);
    await first[0];
    await nats.kill();
    const second = batches.slice(20).map(sendUntilTaken);
    await until(() => unavailable > 0);
    await nats.restart();
    await Promise.all([...first, ...second]);

    const ids = await idsOf('flight-');
    expect(ids).toHaveLength(8000);
    expect(new Set(ids).size).toBe(8000);
    expect(await door.stop()).toBe(0);
  });

  test('does not take dead letters along: they are written before they are reported', async () => {
    const door = await startDoor(nats);
    await nats.kill();
    const bad = adjusted('bad-1', { qty_delta: 'x' });
    expect((await door.post(bad)).status).toBe(503);
    await nats.restart();
    await until(async () => (await fetch(`${door.url}/readyz`)).ok);
    expect((await door.post(bad)).status).toBe(422);
    const letters = await deadLetters(await connected(nats));
    expect(letters.map(({ id }) => id)).toEqual(['bad-1']);
    expect(await door.stop()).toBe(0);
  });

  test('does not make a mended event a conflict', async () => {
    const door = await startDoor(nats);
    await nats.kill();
    expect((await door.post(adjusted('mended', { qty_delta: 1 }))).status).toBe(503);
    await nats.restart();
    await until(async () => (await fetch(`${door.url}/readyz`)).ok);
    expect((await door.post(adjusted('mended', { qty_delta: 2 }))).status).toBe(200);
    expect(await door.stop()).toBe(0);
  });

  test('does not stop the inbox: what was sent there comes through afterwards', async () => {
    const door = await startDoor(nats);
    const link = await connected(nats);
    const send = (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        link.nc.publish('in.shop', JSON.stringify(adjusted(`inbox-${i}`)));
      }
      return link.nc.flush();
    };
    await send(0, 500);
    await until(async () => (await link.jsm.streams.info(STREAMS.inbox)).state.messages < 500);
    await nats.kill();
    await nats.restart();
    await until(() => link.connected);
    await send(500, 1000);
    await until(
      async () => (await link.jsm.streams.info(STREAMS.inbox)).state.messages === 0,
      60_000,
    );
    const ids = await idsOf('inbox-');
    expect(ids).toHaveLength(1000);
    expect(new Set(ids).size).toBe(1000);
    expect(await door.stop()).toBe(0);
  });
});

describe('a door that is killed', () => {
  test('in mid-flight has lost nothing that it had answered, and doubles nothing', async () => {
    let door = await startDoor(nats);
    const answered = new Set<string>();
    const sendUntilTaken = async (batch: ReturnType<typeof adjusted>[]) => {
      for (;;) {
        const answer = await door.post(batch, BATCH).catch(() => null);
        if (answer?.status === 200) return batch.forEach(({ id }) => answered.add(id));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const batches = Array.from({ length: 30 }, (_, b) =>
      Array.from({ length: 200 }, (_, i) => adjusted(`kill-${b}-${i}`)),
    );
    const sending = Promise.all(batches.map(sendUntilTaken));
    await until(() => answered.size > 0);
    await door.kill();
    const stored = new Set(await idsOf('kill-'));
    for (const id of answered) expect(stored).toContain(id);
    door = await startDoor(nats);
    await sending;
    const ids = await idsOf('kill-');
    expect(ids).toHaveLength(6000);
    expect(new Set(ids).size).toBe(6000);
    expect(await door.stop()).toBe(0);
  });

  test('knows after its restart that an id came before with other data', async () => {
    const first = await startDoor(nats);
    expect((await first.post(adjusted('killed-1'))).status).toBe(200);
    await first.kill();
    const second = await startDoor(nats);
    const same = await second.post(adjusted('killed-1'));
    expect(same.body).toMatchObject({ accepted: 0, duplicates: 1 });
    const third = await startDoor(nats);
    const other = await third.post(adjusted('killed-1', { qty_delta: 5 }));
    expect(other.body.results[0]).toMatchObject({ outcome: 'rejected', reason: 'id_conflict' });
    expect(await idsOf('killed-')).toEqual(['killed-1']);
    await Promise.all([second.stop(), third.stop()]);
  });
});
