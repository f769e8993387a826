/** The checkpoint's one turn at a time, and the proof of ownership before an insert. */
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ClickHouse } from '../../../platform/clickhouse/client.ts';
import { createMetrics } from '../../../platform/metrics.ts';
import { FencedError, openCheckpoint } from '../../../platform/nats/checkpoints.ts';
import { Batch } from '../../../processors/runtime/batch.ts';
import type { CheckpointRecord, SnapshotRef } from '../../../processors/runtime/checkpoint.ts';
import { Flusher } from '../../../processors/runtime/flusher.ts';
import { useClickHouse } from '../../support/servers.ts';
import { scene, type Scene } from './scene.ts';

const host = useClickHouse();

const ITEM = ['mug', '', '', 'EA', 1, 'A', '1', '', 'active', '2026-03-01T00:00:00Z', 1] as const;

function batchFrom(from: number): Batch {
  const batch = new Batch(from);
  batch.add('items', ITEM);
  return batch;
}

const snapshotOf = (seq: number): SnapshotRef => ({
  seq,
  versions: {},
  blob: { subject: `snap.all.${seq}`, firstSeq: seq, chunks: 1, bytes: 1, sha256: '' },
});

const open = ({ own }: Scene) => openCheckpoint<CheckpointRecord>(own.link.js, 'all');

/** A flusher that has just claimed its slice. */
async function flusherOf(here: Scene, clickhouse: ClickHouse = here.own.clickhouse) {
  const { own } = here;
  const record: CheckpointRecord = {
    ...{ epoch: 1, covers: [], database: here.database, flushed: 0, intent: null, rows: 0 },
    ...{ snapshot: null, previous: null },
  };
  const checkpoint = await open(here);
  await checkpoint.write(record);
  return new Flusher({
    slice: 'all',
    checkpoint,
    record,
    clickhouse,
    publisher: own.publisher,
    log: own.log,
    metrics: createMetrics({ process: 'test' }),
    signal: new AbortController().signal,
  });
}

test('a snapshot that is adopted while a flush is under way is written down behind it', async () => {
  const here = await scene(host);
  const flusher = await flusherOf(here);
  const flushes = [flusher.flush(batchFrom(0), 10)];
  // Its state is that of 10, which is not flushed yet.
  const adopted = flusher.adopt(snapshotOf(10));
  flushes.push(flusher.flush(batchFrom(10), 20));
  await Promise.all([...flushes, adopted]);
  expect(await (await open(here)).read()).toMatchObject({
    flushed: 10,
    intent: 20,
    snapshot: { seq: 10 },
    previous: null,
  });

  await flusher.adopt(snapshotOf(20));
  expect(await flusher.adopt(snapshotOf(20))).toMatchObject({ seq: 10 });
  await flusher.settle();
  expect(await (await open(here)).read()).toMatchObject({
    ...{ flushed: 20, intent: null, rows: 2 },
    ...{ snapshot: { seq: 20 }, previous: { seq: 20 } },
  });
});

test('neither a batch that leaves a hole nor a snapshot from ahead is taken', async () => {
  const here = await scene(host);
  const flusher = await flusherOf(here);
  await flusher.flush(batchFrom(0), 10);
  await expect(flusher.flush(batchFrom(11), 20)).rejects.toThrow(/from 11 does not follow 10/);
  await expect(flusher.adopt(snapshotOf(11))).rejects.toThrow(/lies ahead of 10/);
  await flusher.flush(batchFrom(10), 20);
});

test('an insert is not tried again without proof that the slice is still ours', async () => {
  const here = await scene(host);
  const { own } = here;
  let tries = 0;
  // The first try fails; then the owner sleeps for a minute, and another one takes over.
  const failing = async () => {
    tries += 1;
    const heir = await open(here);
    const record = await heir.read();
    if (record !== null) await heir.write({ ...record, epoch: 2 });
    vi.setSystemTime(Date.now() + 60_000);
    throw new Error('no answer');
  };
  const clickhouse = new Proxy(own.clickhouse, {
    get: (target, property) =>
      property === 'exec' ? failing : (Reflect.get(target, property) as unknown),
  });
  const flusher = await flusherOf(here, clickhouse);
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  await expect(flusher.flush(batchFrom(0), 1)).rejects.toThrow(FencedError);
  expect(tries).toBe(1);
});
