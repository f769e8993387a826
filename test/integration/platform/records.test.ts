/** Records of a bucket of NATS, as two processes have them. */
import { expect, test } from 'vitest';
import { Records } from '../../../platform/nats/records.ts';
import { TOKEN_BUCKET } from '../../../platform/nats/streams.ts';
import { useNats } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { afterThisTest, connected, connectedToEmptyStreams } from './support.ts';

const nats = useNats();

interface Note {
  readonly text: string;
}

/** Records that follow the bucket, as of one process. */
async function records(): Promise<Records<Note>> {
  const link = await connected(nats);
  const stopping = new AbortController();
  const of = new Records<Note>(TOKEN_BUCKET);
  const running = of.run(link, stopping.signal);
  afterThisTest(async () => {
    stopping.abort();
    await running;
  });
  return of;
}

test('what another process has just stored is found before it is heard of', async () => {
  await connectedToEmptyStreams(nats);
  const writer = await records();
  await writer.put('a', { text: 'new' });
  const reader = await records();
  expect(reader.get('a')).toBeUndefined();
  expect(await reader.find('a')).toEqual({ text: 'new' });
  expect(reader.get('a')).toEqual({ text: 'new' });
});

test('what is not there is not found, nor what was removed', async () => {
  await connectedToEmptyStreams(nats);
  const writer = await records();
  await writer.put('a', { text: 'old' });
  await writer.remove('a');
  const reader = await records();
  for (const key of ['a', 'b', 'no/key']) expect(await reader.find(key), key).toBeUndefined();
});

test('what others store, change and remove is heard of', async () => {
  await connectedToEmptyStreams(nats);
  const [writer, reader] = [await records(), await records()];
  await writer.put('a', { text: 'first' });
  await until(async () => reader.get('a')?.text === 'first');
  await writer.put('a', { text: 'second' });
  await until(async () => reader.get('a')?.text === 'second');
  await writer.remove('a');
  await until(async () => reader.get('a') === undefined);
  expect(reader.values()).toEqual([]);
});
