/**
 * Inserting a block of rows exactly once: step 2 of the runtime's flush.
 *
 * Rows arrive serialised, as lines of JSONCompactEachRow (one JSON array per row): serialising happens
 * row by row while events are processed, since doing it at the flush would hold the event loop up.
 *
 * Guarantees: all rows of a call become one block, so that `token` stands for all of them: ClickHouse
 * drops the repetition of a token, in the table and in the targets of its materialised views, provided
 * that each has a `non_replicated_deduplication_window` (or is a Replicated table). After any error the
 * call may be repeated with the same arguments.
 */
import { Readable } from 'node:stream';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { clickhouseCode, isRetryable } from './errors.ts';

export interface InsertBlock {
  table: string;
  /** In the order of the values in each line. */
  columns: readonly string[];
  /** Lines of JSONCompactEachRow, each ended by a line break; bytes are UTF-8. */
  lines: string | Uint8Array;
  /** The same for a repetition of these rows and for nothing else, such as `main.stock_movements.1-90`. */
  token: string;
}

/** The rows of a block are not known to be stored. */
export class InsertError extends Error {
  override readonly name = 'InsertError';
  readonly table: string;
  /** ClickHouse's error code; null when it did not answer. */
  readonly code: number | null;
  /** Repeating the same call later may succeed. */
  readonly retryable: boolean;

  constructor(table: string, cause: unknown) {
    super(`insert into ${table}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.table = table;
    this.code = clickhouseCode(cause);
    this.retryable = isRetryable(cause);
  }
}

/** Above any flush: whatever is sent in one request stays one block. */
const MAX_BLOCK_ROWS = '100000000';

const ONE_BLOCK: ClickHouseSettings = {
  // On by default in recent versions: it would gather blocks of several calls under one token.
  async_insert: 0,
  // Parsing in parallel cuts the text into blocks of its own.
  input_format_parallel_parsing: 0,
  max_insert_block_size: MAX_BLOCK_ROWS,
  min_insert_block_size_rows: MAX_BLOCK_ROWS,
  min_insert_block_size_bytes: '0',
  max_insert_threads: '1',
};

const DEDUPLICATED: ClickHouseSettings = {
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
};

/** Inserts one block. No rows, no request. Throws an InsertError. */
export async function insertRows(
  client: ClickHouseClient,
  { table, columns, lines, token }: InsertBlock,
): Promise<void> {
  if (lines.length === 0) return;
  const names = columns.map(quoted).join(', ');
  const query = `INSERT INTO ${quoted(table)} (${names}) FORMAT JSONCompactEachRow`;
  try {
    const { stream } = await client.exec({
      query,
      values: Readable.from([typeof lines === 'string' ? Buffer.from(lines) : lines], {
        objectMode: false,
      }),
      clickhouse_settings: {
        ...ONE_BLOCK,
        ...DEDUPLICATED,
        insert_deduplication_token: token,
        // RFC 3339 with its T and Z, as the events have it.
        date_time_input_format: 'best_effort',
      },
    });
    // The answer is empty; reading it to its end gives the connection back.
    for await (const _ of stream) continue;
  } catch (error) {
    throw new InsertError(table, error);
  }
}

/** A name in an SQL statement. Ours are plain words; anything else is a mistake in the code. */
function quoted(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new TypeError(`"${name}" is no plain SQL name`);
  return `\`${name}\``;
}
