import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  CheckpointError,
  FencedError,
  openCheckpoint,
} from '../../../platform/nats/checkpoints.ts';
import { useNats } from '../../support/servers.ts';
import { connected, connectedToEmptyStreams, freeze } from './support.ts';

interface Progress {
  epoch: number;
  to: number;
}

const nats = useNats();

test('nothing at first; then what was written last, for every later opening', async () => {
  const { js } = await connectedToEmptyStreams(nats);
  const checkpoint = await openCheckpoint<Progress>(js, 'main');
  expect(await checkpoint.read()).toBeNull();
  await checkpoint.write({ epoch: 1, to: 10 });
  await checkpoint.write({ epoch: 1, to: 20 });
  expect(await checkpoint.read()).toEqual({ epoch: 1, to: 20 });
  expect(await (await openCheckpoint<Progress>(js, 'main')).read()).toEqual({ epoch: 1, to: 20 });
  expect(await (await openCheckpoint<Progress>(js, 'other')).read()).toBeNull();
});

test('a second owner fences the first, which never writes again', async () => {
  const { js } = await connectedToEmptyStreams(nats);
  const first = await openCheckpoint<Progress>(js, 'main');
  await first.write({ epoch: 1, to: 10 });

  const second = await openCheckpoint<Progress>((await connected(nats)).js, 'main');
  expect(await second.read()).toEqual({ epoch: 1, to: 10 });
  await second.write({ epoch: 2, to: 10 });

  await expect(first.write({ epoch: 1, to: 20 })).rejects.toThrow(FencedError);
  await expect(first.write({ epoch: 1, to: 20 })).rejects.toThrow(FencedError);
  await second.write({ epoch: 2, to: 20 });
  expect(await second.read()).toEqual({ epoch: 2, to: 20 });
});

test('of two that start on nothing one wins', async () => {
  const { js } = await connectedToEmptyStreams(nats);
  const owners = await Promise.all([1, 2, 3].map(() => openCheckpoint<Progress>(js, 'main')));
  for (const owner of owners) await owner.read();
  const writes = await Promise.allSettled(
    owners.map((owner, epoch) => owner.write({ epoch, to: 0 })),
  );
  const won = writes.findIndex(({ status }) => status === 'fulfilled');
  expect(writes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const write of writes) {
    if (write.status === 'rejected') expect(write.reason).toBeInstanceOf(FencedError);
  }
  expect(await owners[0]?.read()).toEqual({ epoch: won, to: 0 });
});

test('an answer that is lost: the write is found again and counts once', async () => {
  const { js, jsm } = await connectedToEmptyStreams(nats);
  const checkpoint = await openCheckpoint<Progress>(js, 'main');
  await checkpoint.write({ epoch: 1, to: 10 });

  // A frozen server takes the write into its socket and answers after the writer has given up on it.
  const { thaw } = await freeze(nats);
  const writing = checkpoint.write({ epoch: 1, to: 20 });
  await sleep(1500);
  thaw();
  await writing;
  expect((await jsm.streams.info('KV_checkpoints')).state.last_seq).toBe(2);
  await checkpoint.write({ epoch: 1, to: 30 });
  expect(await checkpoint.read()).toEqual({ epoch: 1, to: 30 });
});

test('a killed server: the write waits for it', async () => {
  const { js } = await connectedToEmptyStreams(nats);
  const checkpoint = await openCheckpoint<Progress>(js, 'main');
  await checkpoint.write({ epoch: 1, to: 10 });
  await nats.kill();
  const writing = checkpoint.write({ epoch: 1, to: 20 });
  await nats.restart();
  await writing;
  expect(await checkpoint.read()).toEqual({ epoch: 1, to: 20 });
});

test('a server that stays away is an error in time, and the next write succeeds', async () => {
  const { js } = await connectedToEmptyStreams(nats);
  const checkpoint = await openCheckpoint<Progress>(js, 'main', { timeoutMs: 200 });
  await checkpoint.write({ epoch: 1, to: 10 });
  await nats.kill();
  await expect(checkpoint.write({ epoch: 1, to: 20 })).rejects.toThrow(CheckpointError);
  await nats.restart();
  await checkpoint.write({ epoch: 1, to: 30 }).catch(() => checkpoint.write({ epoch: 1, to: 30 }));
  expect(await checkpoint.read()).toEqual({ epoch: 1, to: 30 });
});

test('a key that would reach beyond the bucket is refused', async () => {
  const { js } = await connected(nats);
  await expect(openCheckpoint(js, 'a.>')).rejects.toThrow('a key is made of letters');
});
