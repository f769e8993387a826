/**
 * Snapshot parts as one stream of bytes and back:
 *
 *   [u32 length of name][name][u32 length of bytes][bytes] …     little-endian
 */
import type { SnapshotPart } from '../processor.ts';

export function encodeFrame(part: SnapshotPart): Uint8Array {
  const name = Buffer.from(part.name);
  const frame = Buffer.allocUnsafe(8 + name.length + part.bytes.byteLength);
  frame.writeUInt32LE(name.length, 0);
  name.copy(frame, 4);
  frame.writeUInt32LE(part.bytes.byteLength, 4 + name.length);
  frame.set(part.bytes, 8 + name.length);
  return frame;
}

/** The part of a frame that came alone. Throws when it is not whole. */
export function decodeFrame(bytes: Uint8Array): SnapshotPart {
  const frame = readFrame(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
  if (frame === null) throw new Error(`a frame of ${bytes.byteLength} bytes is not whole`);
  return frame.part;
}

/** Parts out of chunks of any size. Throws when the stream ends inside a part. */
export async function* decodeFrames(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<SnapshotPart, void, undefined> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    let at = 0;
    for (;;) {
      const part = readFrame(rest, at);
      if (part === null) break;
      yield part.part;
      at = part.end;
    }
    rest = rest.subarray(at);
  }
  if (rest.length > 0) throw new Error(`a snapshot ends inside a part (${rest.length} bytes left)`);
}

function readFrame(bytes: Buffer, at: number): { part: SnapshotPart; end: number } | null {
  if (bytes.length < at + 4) return null;
  const nameEnd = at + 4 + bytes.readUInt32LE(at);
  if (bytes.length < nameEnd + 4) return null;
  const end = nameEnd + 4 + bytes.readUInt32LE(nameEnd);
  if (bytes.length < end) return null;
  // A copy: its own buffer is aligned for typed arrays and lets go of the chunk.
  const content = Uint8Array.prototype.slice.call(bytes, nameEnd + 4, end);
  return { part: { name: bytes.toString('utf8', at + 4, nameEnd), bytes: content }, end };
}
