/**
 * The native part of the npm package chdb (3.4.0, pinned): open, query, close.
 *
 * Why below the package's own Session: its `close()` waits until no query of any session runs. Beside
 * one long query every finished statement would keep its connection, its memory and its line in
 * system.processes until the long one ends, which may be never. A connection whose own query has
 * ended can be closed at any time, and the host runs one query per connection.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

declare const connection: unique symbol;
/** A connection of the addon; all on one directory share the engine and its data. */
export interface NativeConnection {
  [connection]: true;
}

export interface NativeResult {
  bytes: Buffer;
  /** Rows of the result; of an INSERT the rows written. */
  rowsRead: number;
  /** In seconds. */
  elapsed: number;
}

export interface ChdbNative {
  /** Loads `dataDir` when it is the first connection; the server settings of the first one hold. */
  CreateConnection(this: void, dataDir: string, args: readonly string[]): NativeConnection;
  /** Runs on a thread of libuv's pool. Several statements give the results of all, concatenated. */
  QueryAsyncConnection(
    this: void,
    connection: NativeConnection,
    sql: string,
    format: string,
  ): Promise<NativeResult>;
  /** Only when no query of this connection runs. Closing the last one unloads the engine. */
  CloseConnection(this: void, connection: NativeConnection): void;
}

/** @throws {Error} saying what to do where the package is not installed or has no binary. */
export function loadChdb(): ChdbNative {
  const require = createRequire(import.meta.url);
  try {
    const loader = join(dirname(require.resolve('chdb')), 'dist', 'loader.js');
    return (require(loader) as { loadNative(): ChdbNative }).loadNative();
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new Error(
      'the embedded ClickHouse (npm package chdb, an optional dependency) cannot be loaded: ' +
        `${reason}. Run \`npm install --include=optional\` on Linux (glibc) or macOS, ` +
        'or set CLICKHOUSE_URL to a ClickHouse server.',
      { cause: error },
    );
  }
}
