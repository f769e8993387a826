/** Snapshot parts as one stream of bytes, cut anywhere on its way. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SnapshotPart } from '../../../processors/processor.ts';
import { decodeFrames, encodeFrame } from '../../../processors/runtime/frames.ts';

/** The stream in chunks of the given sizes, in turn. */
async function* cut(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let from = 0, turn = 0; from < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(from, from + size);
    from += size;
  }
}

async function decoded(chunks: AsyncIterable<Uint8Array>): Promise<SnapshotPart[]> {
  const parts: SnapshotPart[] = [];
  for await (const { bytes, name } of decodeFrames(chunks)) {
    // A Buffer is one as well; what counts are the bytes.
    parts.push({ name, bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) });
  }
  return parts;
}

const part = fc.record({
  name: fc.string({ unit: 'binary', maxLength: 20 }),
  bytes: fc.uint8Array({ maxLength: 300 }),
});

describe('frames', () => {
  it('give every part back, however the stream is cut', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), sizes, async (parts, chunks) => {
        const stream = Buffer.concat(parts.map(encodeFrame));
        expect(await decoded(cut(stream, chunks))).toEqual(
          parts.map(({ bytes, name }) => ({ name, bytes: new Uint8Array(bytes) })),
        );
      }),
    );
  });

  it('give bytes that are aligned for typed arrays and are their own', async () => {
    const numbers = new Float64Array([1.5, -2, 2 ** 53]);
    const stream = encodeFrame({ name: 'odd', bytes: new Uint8Array(numbers.buffer) });
    const [one] = await decoded(cut(stream, [stream.length]));
    stream.fill(0);
    expect(new Float64Array(one?.bytes.buffer as ArrayBuffer)).toEqual(numbers);
  });

  it('refuse a stream that ends inside a part', async () => {
    const stream = encodeFrame({ name: 'a', bytes: new Uint8Array(10) });
    for (const end of [1, 4, 6, stream.length - 1]) {
      await expect(decoded(cut(stream.subarray(0, end), [3]))).rejects.toThrow(
        `a snapshot ends inside a part (${end} bytes left)`,
      );
    }
  });
});
