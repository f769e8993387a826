/**
 * Reads input files: plain or gzip (by the first bytes, whatever the name), as a stream, with a
 * fingerprint that tells one file from another when a replay is resumed.
 */
import { createHash } from 'node:crypto';
import { createReadStream, openSync, readSync, closeSync, statSync } from 'node:fs';
import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ReplayError } from './feed.ts';

/** Longest line of an NDJSON file, in characters: far above what the door takes for one event. */
const MAX_LINE_CHARS = 1_048_576;

export interface Fingerprint {
  readonly bytes: number;
  readonly sha256: string;
}

/** The file's decompressed bytes. Errors in the file arrive as stream errors. */
export function openBytes(file: string): Readable {
  const raw = createReadStream(file);
  if (!isGzip(file)) return raw;
  // The error of either stream is the pipe's: whoever reads its end gets it.
  return pipeline(raw, createGunzip(), () => {});
}

/** Lines without their ends, the blank ones too, so that counting them gives the file's line numbers. */
export async function* readLines(file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let count = 0;
  try {
    for await (const chunk of openBytes(file)) {
      const lines = (rest + decoder.decode(chunk as Buffer, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      count += lines.length;
      for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
      if (rest.length > MAX_LINE_CHARS) {
        throw new ReplayError(
          `${file}: line ${count + 1} is longer than ${MAX_LINE_CHARS} characters; ` +
            'an NDJSON file has one event a line',
        );
      }
    }
  } catch (error) {
    throw readError(file, error);
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}

export async function fingerprint(file: string): Promise<Fingerprint> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(file)) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Stops with a clear error when there is no such file. */
export function requireFile(file: string): void {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) throw new ReplayError(`${file}: there is no such file`);
  if (!stats.isFile()) throw new ReplayError(`${file}: is not a file`);
}

/** The error of a read as one that names the file. */
export function readError(file: string, error: unknown): Error {
  if (error instanceof ReplayError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const why = code?.startsWith('Z_') ? `is no whole gzip file (${message})` : message;
  return new ReplayError(`${file}: ${why}`);
}

function isGzip(file: string): boolean {
  const head = Buffer.alloc(2);
  const handle = openSync(file, 'r');
  try {
    return readSync(handle, head, 0, 2, 0) === 2 && head[0] === 0x1f && head[1] === 0x8b;
  } finally {
    closeSync(handle);
  }
}
