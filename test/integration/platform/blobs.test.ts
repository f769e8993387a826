import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { NatsLink } from '../../../platform/nats/connect.ts';
import {
  BlobError,
  deleteBlob,
  pruneBlobs,
  readBlob,
  writeBlob,
  type BlobRef,
} from '../../../platform/nats/blobs.ts';
import { useNats } from '../../support/servers.ts';
import { connectedToEmptyStreams } from './support.ts';

const nats = useNats();
const stream = 'SNAPSHOTS';
const subject = 'snap.main';
const MIB = 1024 * 1024;

async function read(link: NatsLink, ref: BlobRef): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of readBlob(link, { stream, ref })) parts.push(part);
  return Buffer.concat(parts);
}

test.each([
  ['pieces of any size', [3, MIB, 0, 700_001, 1], 4],
  ['a chunk to the byte', [MIB], 2],
  ['one byte', [1], 1],
  ['nothing', [], 0],
])('%s come back as they were written', async (_name, sizes, chunks) => {
  const link = await connectedToEmptyStreams(nats);
  const pieces = sizes.map((size) => randomBytes(size));
  async function* serialised() {
    for (const piece of pieces) yield await Promise.resolve(piece);
  }
  const ref = await writeBlob(link, { stream, subject, chunks: serialised() });
  expect(ref).toMatchObject({ chunks, bytes: Buffer.concat(pieces).length });
  expect((await read(link, ref)).equals(Buffer.concat(pieces))).toBe(true);
});

test('two blobs written at the same time do not mix', async () => {
  const link = await connectedToEmptyStreams(nats);
  const contents = [randomBytes(3 * MIB), randomBytes(3 * MIB)];
  const refs = await Promise.all(
    contents.map((content) => writeBlob(link, { stream, subject, chunks: [content] })),
  );
  for (const [index, ref] of refs.entries()) {
    expect((await read(link, ref)).equals(contents[index] ?? Buffer.of())).toBe(true);
  }
});

test('a blob survives a kill of the server', async () => {
  const link = await connectedToEmptyStreams(nats);
  const content = randomBytes(2 * MIB);
  const ref = await writeBlob(link, { stream, subject, chunks: [content] });
  await nats.kill();
  await nats.restart();
  const again = await connectedToNats(link);
  expect((await read(again, ref)).equals(content)).toBe(true);
});

test('a missing chunk is an error before the first byte', async () => {
  const link = await connectedToEmptyStreams(nats);
  const ref = await writeBlob(link, { stream, subject, chunks: [randomBytes(2 * MIB)] });
  await link.jsm.streams.deleteMessage(stream, ref.firstSeq + 1);
  await expect(read(link, ref)).rejects.toThrow(`blob ${ref.subject}: 3 of 4 chunks`);
});

test('other bytes than were written are an error', async () => {
  const link = await connectedToEmptyStreams(nats);
  await writeBlob(link, { stream, subject, chunks: [randomBytes(1000)] });
  const ref = await writeBlob(link, { stream, subject, chunks: [randomBytes(1000)] });
  await link.jsm.streams.deleteMessage(stream, ref.firstSeq);
  await link.js.publish(ref.subject, randomBytes(1000));
  const failed = read(link, ref);
  await expect(failed).rejects.toThrow(BlobError);
  await expect(failed).rejects.toThrow('its content is not what was written');
});

test('deleting and pruning leave what is kept', async () => {
  const link = await connectedToEmptyStreams(nats);
  const write = () => writeBlob(link, { stream, subject, chunks: [randomBytes(10)] });
  const [first, second, third] = [await write(), await write(), await write()];
  const other = await writeBlob(link, { stream, subject: 'snap.other', chunks: [Buffer.of(1)] });

  await deleteBlob(link, { stream, ref: first });
  await expect(read(link, first)).rejects.toThrow('0 of 1 chunks');
  expect(await pruneBlobs(link, { stream, subject, keep: [third] })).toBe(1);
  await expect(read(link, second)).rejects.toThrow(BlobError);
  expect(await read(link, third)).toHaveLength(10);
  expect(await read(link, other)).toHaveLength(1);
});

test('a full stream fails the write, and pruning makes room again', async () => {
  const link = await connectedToEmptyStreams(nats, { snapshotsMaxBytes: 3 * MIB });
  const write = (bytes: number) =>
    writeBlob(link, { stream, subject, chunks: [randomBytes(bytes)] });
  const kept = await write(MIB);
  await expect(write(4 * MIB)).rejects.toMatchObject({ api_error: { err_code: 10_077 } });
  await pruneBlobs(link, { stream, subject, keep: [kept] });
  expect((await write(MIB)).chunks).toBe(2);
});

/** The same connection, once it is back. */
async function connectedToNats(link: NatsLink): Promise<NatsLink> {
  while (!link.connected) await new Promise((resolve) => setTimeout(resolve, 20));
  return link;
}
