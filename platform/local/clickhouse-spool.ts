/**
 * Files that carry insert data from a request to the engine, which reads them with `FROM INFILE`.
 * Binary data arrive as they were sent, and nothing in them can be taken for SQL.
 *
 * A file lives as long as its request. What a killed host left is removed at the next start.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ClickHouseError } from './clickhouse-errors.ts';

/** Chunks of a request are 64 KiB; writing them one by one costs a thread hop each. */
const WRITE_BYTES = 1024 * 1024;

export interface Spool {
  /**
   * Writes the parts to a new file and gives its path. Rejects, leaving nothing, when reading a part
   * fails (the client broke off) or the parts exceed the body limit.
   */
  write(parts: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<string>;
  remove(path: string): Promise<void>;
}

/** Opens an empty spool in `dir`, which belongs to this process alone. */
export function openSpool(dir: string, maxBodyBytes: number): Spool {
  // The engine takes these in a file's name for a pattern, finds nothing and inserts nothing.
  const wildcard = /[*?{}[\]]/.exec(dir)?.[0];
  if (wildcard !== undefined) {
    throw new Error(`the data directory ${dir} has a ${wildcard} in its name: choose another`);
  }
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  let created = 0;

  return {
    async write(parts) {
      const path = join(dir, String(++created));
      const file = await open(path, 'wx', 0o600);
      try {
        let batch: Buffer[] = [];
        let batchBytes = 0;
        let bytes = 0;
        for await (const part of parts) {
          bytes += part.length;
          if (bytes > maxBodyBytes) throw tooLarge(maxBodyBytes);
          batch.push(part);
          batchBytes += part.length;
          if (batchBytes >= WRITE_BYTES) {
            await file.writev(batch);
            batch = [];
            batchBytes = 0;
          }
        }
        if (batch.length > 0) await file.writev(batch);
        await file.close();
        return path;
      } catch (error) {
        await file.close();
        await unlink(path);
        throw error;
      }
    },
    remove: (path) => unlink(path),
  };
}

export function tooLarge(maxBodyBytes: number): ClickHouseError {
  return new ClickHouseError('TOO_MANY_BYTES', `the body is larger than ${maxBodyBytes} bytes`);
}
