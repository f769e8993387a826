import { expect, test, vi } from 'vitest';
import { PublishError } from '../../../platform/nats/publisher.ts';
import { useNats } from '../../support/servers.ts';
import {
  connectedToEmptyStreams,
  event,
  freeze,
  publishAll,
  publisherOn,
  storedNumbers,
  upTo,
} from './support.ts';

const nats = useNats();

/** The code that a publish is rejected with. */
async function codeOf(publish: Promise<unknown>): Promise<string> {
  const error = await publish.then(
    () => new Error('it was stored'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof PublishError)) throw error;
  return error.code;
}

test('pipelined publishes are stored in the order of the calls', async () => {
  const link = await connectedToEmptyStreams(nats);
  const publisher = publisherOn(link);
  const acks = await Promise.all(upTo(500).map((n) => publisher.publish(event(n))));
  expect(acks.map(({ seq }) => seq)).toEqual(upTo(500));
  expect(acks.some(({ duplicate }) => duplicate)).toBe(false);
  expect(await storedNumbers(link)).toEqual(upTo(500));
});

test('a repeated id is a duplicate with the sequence of the first', async () => {
  const publisher = publisherOn(await connectedToEmptyStreams(nats));
  await publisher.publish(event(1));
  await publisher.publish(event(2));
  expect(await publisher.publish(event(1))).toEqual({ seq: 1, duplicate: true });
});

test('headers go along, and one with a line break is rejected without harm to the others', async () => {
  const link = await connectedToEmptyStreams(nats);
  const publisher = publisherOn(link);
  const bad = codeOf(
    publisher.publish({ ...event(1), headers: { Note: 'a\r\nNats-Rollup: all' } }),
  );
  await publisher.publish({ ...event(2), headers: { Note: 'größer' } });
  expect(await bad).toBe('rejected');
  const message = await link.jsm.streams.getMessage('LOG', { seq: 1 });
  expect(message.header.get('Note')).toBe('größer');
});

test('at most maxInFlight are sent; the rest wait their turn, and too many are refused', async () => {
  const link = await connectedToEmptyStreams(nats);
  const publisher = publisherOn(link, { maxInFlight: 4 });
  const publishes = upTo(9).map((n) => publisher.publish(event(n)));
  expect(publisher.inFlight).toBe(8);
  const results = await Promise.allSettled(publishes);
  expect(results.map(({ status }) => status)).toEqual([
    ...Array<string>(8).fill('fulfilled'),
    'rejected',
  ]);
  expect(await codeOf(publishes[8] ?? Promise.resolve())).toBe('unavailable');
  expect(await storedNumbers(link)).toEqual(upTo(8));
  expect(publisher.inFlight).toBe(0);
});

test('room() holds a fast caller back, in messages and in bytes', async () => {
  const link = await connectedToEmptyStreams(nats);
  // The shortest payload has seven bytes.
  const cases = [
    { bounds: { maxInFlight: 4 }, allowed: 4 },
    { bounds: { maxBytes: 60 }, allowed: 9 },
  ];
  for (const { bounds, allowed } of cases) {
    const publisher = publisherOn(link, bounds);
    let most = 0;
    const publishes: Promise<unknown>[] = [];
    for (const n of upTo(100)) {
      await publisher.room();
      publishes.push(publisher.publish(event(n)));
      most = Math.max(most, publisher.inFlight);
    }
    await Promise.all(publishes);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(allowed);
  }
});

test('a message that JetStream does not take is rejected, and says why', async () => {
  const link = await connectedToEmptyStreams(nats);
  const publisher = publisherOn(link);
  const big = { ...event(1), payload: new Uint8Array(2_000_000) };
  expect(await codeOf(publisher.publish(big))).toBe('rejected');
  const wrong = { ...event(1), headers: { 'Nats-Expected-Last-Sequence': '99' } };
  const failed = publisher.publish(wrong);
  expect(await codeOf(failed)).toBe('rejected');
  await expect(failed).rejects.toThrow('wrong last sequence');
});

test('no stream for the subject is unavailable', async () => {
  const publisher = publisherOn(await connectedToEmptyStreams(nats));
  expect(await codeOf(publisher.publish({ ...event(1), subject: 'nobody.listens' }))).toBe(
    'unavailable',
  );
});

test('a full stream says so', async () => {
  const link = await connectedToEmptyStreams(nats, { deadMaxBytes: 2000 });
  const publisher = publisherOn(link);
  const payload = new Uint8Array(900);
  const dead = (n: number) =>
    publisher.publish({ subject: 'dead.schema', msgId: String(n), payload });
  await dead(1);
  await dead(2);
  expect(await codeOf(dead(3))).toBe('stream_full');
});

test('a server that does not answer is a timeout', async () => {
  const link = await connectedToEmptyStreams(nats);
  const publisher = publisherOn(link, { timeoutMs: 300 });
  await freeze(nats);
  expect(await codeOf(publisher.publish(event(1)))).toBe('timeout');
});

test('a killed server: what was under way is rejected at once, and again stored exactly once', async () => {
  const link = await connectedToEmptyStreams(nats);
  const publisher = publisherOn(link, { maxInFlight: 100, timeoutMs: 60_000 });
  const lastSeq = async () => (await link.jsm.streams.info('LOG')).state.last_seq;

  await freeze(nats);
  const underWay = upTo(150).map((n) => codeOf(publisher.publish(event(n))));
  await nats.kill();
  expect(new Set(await Promise.all(underWay))).toEqual(new Set(['unavailable']));
  expect(await codeOf(publisher.publish(event(1)))).toBe('unavailable');

  await nats.restart();
  await vi.waitFor(() => publisher.publish(event(1)), 10_000);
  let isOver = false;
  const kills = (async () => {
    for (let round = 0; round < 3; round++) {
      // A server that has just come back may leave a question unanswered.
      const before = await vi.waitFor(lastSeq, { timeout: 30_000, interval: 20 });
      await vi.waitFor(async () => expect(await lastSeq()).toBeGreaterThan(before), {
        ...{ timeout: 30_000, interval: 20 },
      });
      await nats.kill();
      await nats.restart();
      await vi.waitFor(() => expect(link.connected).toBe(true), 10_000);
    }
  })().finally(() => (isOver = true));
  // As long as the server is killed there is something under way, however fast or slow the machine.
  let sent = 0;
  const publishing = (async () => {
    for (; !isOver; sent += 500) await publishAll(publisher, sent + 1, sent + 500);
  })();
  await Promise.all([publishing, kills]);
  const stored = await storedNumbers(link);
  expect(stored).toHaveLength(sent);
  expect([...stored].sort((a, b) => a - b)).toEqual(upTo(sent));
});

test('drain waits for the last acknowledgement; a closed publisher takes nothing', async () => {
  const publisher = publisherOn(await connectedToEmptyStreams(nats));
  let stored = 0;
  for (const n of upTo(50)) void publisher.publish(event(n)).then(() => stored++);
  await publisher.drain();
  expect(stored).toBe(50);
  publisher.close();
  expect(await codeOf(publisher.publish(event(51)))).toBe('unavailable');
});
