/**
 * Reads input files: plain or gzip (by the first bytes, whatever the name), as a stream, with a
 * fingerprint that tells one file from another when a replay is resumed.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  openSync,
  readdirSync,
  readSync,
  statSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
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

/** Of the contents, one after the other. */
export async function fingerprint(files: readonly string[]): Promise<Fingerprint> {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const file of files) {
    for await (const chunk of createReadStream(file)) {
      hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** The path, when a file lies there; throws a clear error when none does. */
export function existingFile(path: string): string {
  if (!requirePath(path).isFile()) throw new ReplayError(`${path}: is not a file`);
  return path;
}

/** The file itself, or the one CSV file of a folder whose name fits. */
export function fileOrIn(path: string, name: RegExp): string {
  return requirePath(path).isDirectory() ? fileIn(path, name) : existingFile(path);
}

/** The one CSV file of a folder whose name fits; throws when there is none, or more than one. */
export function fileIn(folder: string, name: RegExp): string {
  if (!requirePath(folder).isDirectory()) throw new ReplayError(`${folder}: is not a folder`);
  const fitting = readdirSync(folder).filter(
    (entry) => /\.csv(\.gz)?$/i.test(entry) && name.test(entry),
  );
  const [file] = fitting;
  if (file !== undefined && fitting.length === 1) return join(folder, file);
  throw new ReplayError(
    fitting.length === 0
      ? `${folder}: has no CSV file whose name matches ${name.source}`
      : `${folder}: has several files that match, give one of them: ${fitting.join(', ')}`,
  );
}

function requirePath(path: string): Stats {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new ReplayError(`${path}: there is no such file or folder`);
  return stats;
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
