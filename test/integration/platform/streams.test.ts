import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nanos, RetentionPolicy, StorageType } from 'nats';
import { expect, test } from 'vitest';
import { readConfig } from '../../../platform/config.ts';
import { startNatsServer } from '../../../platform/local/nats-server.ts';
import { connectNats } from '../../../platform/nats/connect.ts';
import {
  ensureStreams,
  reservedBytes,
  STREAMS,
  StreamSetupError,
  wantedStreams,
} from '../../../platform/nats/streams.ts';
import { useNats } from '../../support/servers.ts';
import { afterThisTest, connected, connectedToEmptyStreams, log } from './support.ts';

const nats = useNats();
const limits = readConfig({});

test('makes every stream as wanted, and nothing the second time', async () => {
  const { jsm } = await connectedToEmptyStreams(nats);
  await ensureStreams(jsm, limits);
  const made = new Map<string, unknown>();
  for await (const { config } of jsm.streams.list()) made.set(config.name, config);
  expect([...made.keys()].sort()).toEqual([
    'DEAD',
    'INBOX',
    'KV_access_sessions',
    'KV_access_tokens',
    'KV_checkpoints',
    'KV_saved_queries',
    'LOG',
    'OBJ_models',
    'SIGNALS',
    'SNAPSHOTS',
  ]);
  for (const wanted of wantedStreams(limits)) expect(made.get(wanted.name)).toMatchObject(wanted);
});

test('new limits reach streams that exist, with their messages', async () => {
  const { jsm, js } = await connectedToEmptyStreams(nats);
  await js.publish('ops.v1.stock.moved.1.-.-.-', '{}');
  await ensureStreams(jsm, { ...limits, logMaxAgeDays: 7, logMaxBytes: 1_000_000_000 });
  const { config, state } = await jsm.streams.info(STREAMS.log);
  expect(config.max_age).toBe(nanos(7 * 86_400_000));
  expect(config.max_bytes).toBe(1_000_000_000);
  expect(state.messages).toBe(1);
});

test('a stream that takes our subjects is named', async () => {
  const { jsm } = await connected(nats);
  for await (const { config } of jsm.streams.list()) await jsm.streams.delete(config.name);
  await jsm.streams.add({ name: 'OTHER', subjects: ['dead.letters'] });
  const failed = ensureStreams(jsm, limits);
  await expect(failed).rejects.toThrow(StreamSetupError);
  await expect(failed).rejects.toThrow('stream DEAD: another stream already takes its subjects');
  await jsm.streams.delete('OTHER');
});

test('a stream of another shape is named', async () => {
  const { jsm } = await connected(nats);
  for await (const { config } of jsm.streams.list()) await jsm.streams.delete(config.name);
  await jsm.streams.add({
    name: STREAMS.log,
    subjects: ['ops.v1.>'],
    storage: StorageType.Memory,
    retention: RetentionPolicy.Limits,
  });
  await expect(ensureStreams(jsm, limits)).rejects.toThrow(
    'stream LOG: a stream of this name has another retention or storage',
  );
});

test('a server with too little room: the variable to lower', async () => {
  const storeDir = mkdtempSync(join(tmpdir(), 'stocktide-small-'));
  const small = await startNatsServer({ storeDir, log, maxFileBytes: reservedBytes(limits) - 1 });
  afterThisTest(async () => {
    await small.stop();
    rmSync(storeDir, { recursive: true });
  });
  const link = await connectNats({ ...small, name: 'test', log });
  afterThisTest(() => link.close());
  await expect(ensureStreams(link.jsm, limits)).rejects.toThrow(StreamSetupError);
  await expect(ensureStreams(link.jsm, limits)).rejects.toThrow(/JetStream limits do not allow/);
  // Now it fits to the byte, and goes on fitting at the next start.
  const lower = { ...limits, logMaxBytes: limits.logMaxBytes - 1 };
  await expect(ensureStreams(link.jsm, lower)).resolves.toBeUndefined();
  await expect(ensureStreams(link.jsm, lower)).resolves.toBeUndefined();
});
