/**
 * How the local host answers: ClickHouse's headers, content type by format, gzip when asked for.
 */
import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { EngineResult } from './clickhouse-engine.ts';
import type { HostRequest } from './clickhouse-request.ts';

/** Below this the header of a gzip answer is most of it. */
const MIN_GZIP_BYTES = 512;

const CONTENT_TYPES = new Map([
  ['JSON', 'application/json; charset=UTF-8'],
  ['JSONCompact', 'application/json; charset=UTF-8'],
  ['JSONEachRow', 'application/x-ndjson; charset=UTF-8'],
  ['JSONCompactEachRow', 'application/x-ndjson; charset=UTF-8'],
  ['CSV', 'text/csv; charset=UTF-8; header=absent'],
  ['CSVWithNames', 'text/csv; charset=UTF-8; header=present'],
  ['TabSeparated', 'text/tab-separated-values; charset=UTF-8'],
  ['TSV', 'text/tab-separated-values; charset=UTF-8'],
  ['Native', 'application/octet-stream'],
  ['RowBinary', 'application/octet-stream'],
  ['Parquet', 'application/octet-stream'],
  ['Arrow', 'application/octet-stream'],
  ['ArrowStream', 'application/octet-stream'],
]);

const gzipAsync = promisify(gzip);

/** Sends a complete result with the headers by which clients read it. */
export async function answerResult(
  res: ServerResponse,
  request: HostRequest,
  answer: { result: EngineResult; format: string | undefined; isInsert: boolean },
): Promise<void> {
  if (res.destroyed) return;
  const { result, format, isInsert } = answer;
  res.setHeader('X-ClickHouse-Summary', summary(result, isInsert));
  res.setHeader('X-ClickHouse-Timezone', 'UTC');
  res.setHeader('X-ClickHouse-Server-Display-Name', 'stocktide-local');
  if (format !== undefined) res.setHeader('X-ClickHouse-Format', format);
  res.setHeader('Content-Type', CONTENT_TYPES.get(format ?? '') ?? 'text/plain; charset=UTF-8');
  let bytes = result.bytes;
  if (request.gzipAnswer && bytes.length >= MIN_GZIP_BYTES) {
    bytes = await gzipAsync(bytes, { level: constants.Z_BEST_SPEED });
    res.setHeader('Content-Encoding', 'gzip');
  }
  res.setHeader('Content-Length', bytes.length);
  res.end(bytes);
}

function summary(result: EngineResult, isInsert: boolean): string {
  const rows = String(result.rows);
  return JSON.stringify({
    read_rows: rows,
    read_bytes: '0',
    written_rows: isInsert ? rows : '0',
    written_bytes: '0',
    total_rows_to_read: '0',
    result_rows: isInsert ? '0' : rows,
    result_bytes: String(result.bytes.length),
    elapsed_ns: String(Math.round(result.elapsedS * 1e9)),
  });
}

export function answerText(res: ServerResponse, text: string, status = 200): void {
  const bytes = Buffer.from(text);
  res.writeHead(status, {
    'Content-Type': 'text/plain; charset=UTF-8',
    'Content-Length': bytes.length,
  });
  res.end(bytes);
}
