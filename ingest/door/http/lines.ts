/**
 * Bytes to lines, for NDJSON: never more than one chunk and one line in memory. A line that is longer
 * than an event may be is handed on cut, with its true length; one longer than `abortBytes` ends the
 * reading, since it can only be a mistake or an attack.
 */
import { Buffer } from 'node:buffer';

export interface Line {
  /** Position in the stream from 0, empty lines counted. */
  readonly index: number;
  /** Without the line break; of an over-long line only the beginning. */
  readonly bytes: Buffer;
  readonly sizeBytes: number;
}

export interface LineOptions {
  /** Longest line that is kept whole. */
  readonly maxBytes: number;
  /** Longest line that is skipped rather than given up. */
  readonly abortBytes: number;
}

/** A single line went beyond `abortBytes`. */
export class EndlessLine extends Error {
  override readonly name = 'EndlessLine';
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export interface LineSplitter {
  /** The lines that end in this chunk; empty ones are left out. Throws EndlessLine. */
  push(chunk: Buffer): Line[];
  /** The last line, when the stream does not end in a line break. */
  end(): Line[];
  /** Lines begun so far, empty ones counted. */
  readonly count: number;
}

export function createLineSplitter({ maxBytes, abortBytes }: LineOptions): LineSplitter {
  let index = 0;
  let kept: Buffer[] = [];
  let size = 0;

  const grow = (piece: Buffer) => {
    const room = maxBytes + 1 - size;
    if (room > 0 && piece.length > 0) kept.push(piece.subarray(0, room));
    size += piece.length;
    if (size > abortBytes) {
      throw new EndlessLine(`line ${index}: has no line break in more than ${abortBytes} bytes`);
    }
  };
  const finish = (lines: Line[]) => {
    const joined = kept.length === 1 && kept[0] !== undefined ? kept[0] : Buffer.concat(kept);
    const bytes = joined.at(-1) === CARRIAGE_RETURN ? joined.subarray(0, -1) : joined;
    const sizeBytes = bytes.length === joined.length ? size : size - 1;
    if (bytes.some((byte) => byte > 0x20)) lines.push({ index, bytes, sizeBytes });
    index++;
    kept = [];
    size = 0;
  };

  return {
    push(chunk) {
      const lines: Line[] = [];
      let from = 0;
      for (;;) {
        // Empty lines cost next to nothing: a bomb may hold millions.
        while (size === 0 && chunk[from] === LINE_FEED) {
          from++;
          index++;
        }
        const at = chunk.indexOf(LINE_FEED, from);
        if (at === -1) break;
        grow(chunk.subarray(from, at));
        finish(lines);
        from = at + 1;
      }
      grow(chunk.subarray(from));
      return lines;
    },
    end() {
      const lines: Line[] = [];
      if (size > 0) finish(lines);
      return lines;
    },
    get count() {
      return index;
    },
  };
}
