import { AckPolicy } from 'nats';
import { expect, test } from 'vitest';
import { takeLeftovers } from '../../../ingest/inbox/leftovers.ts';
import { useNats } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { connected } from './door-support.ts';

const nats = useNats();

test('what a consumer believes acknowledged is taken once more and removed; the rest stays', async () => {
  const { js, jsm } = await connected(nats);
  // A stream that keeps what is acknowledged looks like a work queue that forgot to remove it.
  const names = { stream: 'QUEUE', consumer: 'worker' };
  await jsm.streams.add({ name: names.stream, subjects: ['q.>'] });
  await jsm.consumers.add(names.stream, {
    durable_name: names.consumer,
    ack_policy: AckPolicy.Explicit,
  });
  for (let n = 1; n <= 6; n++) await js.publish('q.a', String(n));
  await jsm.streams.deleteMessage(names.stream, 2);
  const consumer = await js.consumers.get(names.stream, names.consumer);
  // 1, 3 and 4 are acknowledged, 5 is not.
  for await (const message of await consumer.fetch({ max_messages: 4 })) {
    if (message.string() !== '5') message.ack();
  }
  const floor = async () => (await jsm.consumers.info('QUEUE', 'worker')).ack_floor.stream_seq;
  await until(async () => (await floor()) >= 4);

  const { signal } = new AbortController();
  const taken: string[] = [];
  const take = async (text: string) => {
    taken.push(text);
    return text !== '3' || taken.length > 3;
  };
  const options = {
    ...names,
    signal,
    take: (message: { string(): string }) => take(message.string()),
  };
  expect(await takeLeftovers(jsm, options)).toBe(2);
  expect(taken).toEqual(['1', '3', '4']);
  // What could not be settled is still there for the next time.
  expect(await takeLeftovers(jsm, options)).toBe(1);
  expect(taken).toEqual(['1', '3', '4', '3']);
  const { state } = await jsm.streams.info(names.stream);
  expect(state).toMatchObject({ messages: 2, first_seq: 5 });
});
