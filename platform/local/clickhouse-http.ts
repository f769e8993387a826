/**
 * ClickHouse's HTTP interface on loopback: request in, engine, answer out. Part of the local host.
 *
 *     GET  /?query=SELECT…                 the query in the address (readonly=2, as ClickHouse does)
 *     POST /  with the statement           also gzip
 *     POST /?query=INSERT…FORMAT x         the body is data, in any encoding the engine knows
 *     GET  /ping  /metrics
 *
 * An INSERT's data go to a spool file and from there into the engine; everything else is one SQL text.
 * A result is complete before its first byte is sent, so a failing query answers with its error and
 * status, never with part of a result. When a client goes away its statement is cancelled; an INSERT
 * whose data have arrived runs to its end instead, since half of it would be there either way.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { answerResult, answerText } from './clickhouse-answer.ts';
import { quote, type Engine, type EngineResult } from './clickhouse-engine.ts';
import { ClickHouseError } from './clickhouse-errors.ts';
import type { HostLimits } from './clickhouse-limits.ts';
import {
  authenticate,
  readRequest,
  refuseForeignPages,
  type HostRequest,
} from './clickhouse-request.ts';
import { tooLarge, type Spool } from './clickhouse-spool.ts';
import { readStatement, type InsertStatement, type Statement } from './statements.ts';

/**
 * Longer than clients keep an idle connection, so that none is closed under a new request: also one that
 * computes for minutes between two of them, as a backtest on a busy machine does.
 */
const KEEP_ALIVE_MS = 600_000;

/** Counted, never sent. */
const CLIENT_GONE = '499';

const ENCODINGS = new Set(['gzip', 'deflate', 'br', 'zstd', 'lz4', 'xz', 'bz2', 'snappy']);

export interface HostParts {
  engine: Engine;
  spool: Spool;
  limits: HostLimits;
  /** Demanded of every statement unless the password is empty. */
  account: { user: string; password: string };
  log: Log;
  metrics: Metrics;
}

/** The HTTP server of the host, not yet listening. */
export function createHostServer(parts: HostParts): Server {
  const { engine, spool, limits, account, log, metrics } = parts;
  const statements = metrics.counter('local_clickhouse_statements_total', 'Statements answered', [
    'kind',
    'status',
  ]);

  const fill = metrics.gauge(
    'local_clickhouse_statements',
    `Statements now running (at most ${limits.maxRunning}) and waiting (${limits.maxWaiting})`,
    ['state'],
  );

  const server = createServer((req, res) => {
    handle(req, res).catch((error: unknown) => answerError(req, res, error));
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return server;

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    refuseForeignPages(req);
    const url = new URL(req.url ?? '/', 'http://127.0.0.1');
    if (url.pathname === '/ping') return answerText(res, 'Ok.\n');
    if (url.pathname === '/metrics') return answerText(res, await measure());
    if (url.pathname !== '/') return answerText(res, `There is no handle ${url.pathname}\n`, 404);

    authenticate(req, url, account);
    const request = readRequest(req, url);
    res.setHeader('X-ClickHouse-Query-Id', request.queryId);
    if (req.method === 'GET' && request.query === undefined) return answerText(res, 'Ok.\n');
    if (req.method !== 'GET' && req.method !== 'POST') {
      throw new ClickHouseError('NOT_IMPLEMENTED', `method ${req.method} is not supported`);
    }
    if (Number(req.headers['content-length'] ?? 0) > limits.maxBodyBytes) {
      throw tooLarge(limits.maxBodyBytes);
    }
    if (req.headers['content-type']?.startsWith('multipart/')) {
      throw new ClickHouseError('NOT_IMPLEMENTED', 'multipart bodies are not supported');
    }
    await answerStatement(req, res, request);
  }

  function measure(): Promise<string> {
    for (const [state, count] of Object.entries(engine.load())) fill.set({ state }, count);
    return metrics.text();
  }

  async function answerStatement(
    req: IncomingMessage,
    res: ServerResponse,
    request: HostRequest,
  ): Promise<void> {
    const { statement, data } = await readBody(req, request);
    if (statement.kind === 'insert') {
      const result = await runInsert(request, statement, data);
      statements.inc({ kind: 'insert', status: '200' });
      return answerResult(res, request, { result, format: undefined, isInsert: true });
    }
    if (statement.isKill && request.readonly !== '0') {
      throw new ClickHouseError('READONLY', 'Cannot execute KILL in readonly mode');
    }
    if (res.destroyed) throw new ClickHouseError('QUERY_WAS_CANCELLED', 'The client has gone away');
    const onClose = (): void => engine.cancel(request.queryId);
    res.once('close', onClose);
    const format = statement.format ?? request.defaultFormat;
    const result = await engine
      .run({ ...request, id: request.queryId, sql: statement.sql, format })
      .finally(() => res.off('close', onClose));
    statements.inc({ kind: 'other', status: '200' });
    await answerResult(res, request, { result, format, isInsert: false });
  }

  /** The statement, and for an INSERT where its data are. */
  async function readBody(
    req: IncomingMessage,
    request: HostRequest,
  ): Promise<{ statement: Statement; data: InsertData }> {
    if (request.query !== undefined) {
      const text = Buffer.from(request.query);
      const statement = readStatement(text);
      if (statement.kind === 'insert') {
        const inline = text.subarray(statement.dataOffset);
        const isInline = inline.length > 0;
        if (!isInline) return { statement, data: { parts: req, encoding: request.encoding } };
        // Data begun in the address and continued in the body.
        return { statement, data: { parts: [inline, await readAll(req, request)] } };
      }
    }
    const body = await readAll(req, request);
    const text = request.query === undefined ? body : joined(request.query, body);
    const statement = readStatement(text);
    const offset = statement.kind === 'insert' ? statement.dataOffset : text.length;
    return { statement, data: { parts: [text.subarray(offset)] } };
  }

  async function readAll(req: IncomingMessage, request: HostRequest): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of req as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limits.maxBodyBytes) throw tooLarge(limits.maxBodyBytes);
      chunks.push(chunk);
    }
    const body = Buffer.concat(chunks, bytes);
    if (request.encoding === undefined || bytes === 0) return body;
    if (request.encoding !== 'gzip') throw unknownEncoding(request.encoding, 'gzip');
    return unzip(body, limits.maxBodyBytes);
  }

  async function runInsert(
    request: HostRequest,
    statement: InsertStatement,
    data: InsertData,
  ): Promise<EngineResult> {
    if (data.encoding !== undefined && !ENCODINGS.has(data.encoding)) {
      throw unknownEncoding(data.encoding, [...ENCODINGS].join(', '));
    }
    const path = await spool.write(data.parts);
    try {
      const compression = data.encoding === undefined ? 'none' : data.encoding;
      const sql =
        `${statement.target} FROM INFILE ${quote(path)} COMPRESSION ${quote(compression)} ` +
        `${statement.settings} FORMAT ${statement.format}`;
      return await engine.run({ ...request, id: request.queryId, sql, format: 'Null' });
    } catch (error) {
      // The client sent a body and knows of no file.
      if (error instanceof Error) error.message = error.message.replaceAll(path, 'the body');
      throw error;
    } finally {
      // Not waited for: the answer does not depend on it, and a start empties the spool.
      spool.remove(path).catch((err: unknown) => log.warn({ err, path }, 'spool file stays'));
    }
  }

  function answerError(req: IncomingMessage, res: ServerResponse, error: unknown): void {
    if (res.destroyed) {
      statements.inc({ kind: 'failed', status: CLIENT_GONE });
      return;
    }
    const known = error instanceof ClickHouseError;
    if (!known) log.error({ err: error }, 'request failed');
    const failure = known ? error : new ClickHouseError('UNKNOWN_EXCEPTION', String(error));
    statements.inc({ kind: 'failed', status: String(failure.status) });
    res.setHeader('X-ClickHouse-Exception-Code', failure.code);
    if (failure.status === 503) res.setHeader('Retry-After', '1');
    if (!req.complete) {
      // The rest of the body is read and dropped, so that the client gets to see the answer.
      res.setHeader('Connection', 'close');
      req.resume();
    }
    answerText(res, `${failure.message}\n`, failure.status);
  }
}

interface InsertData {
  parts: AsyncIterable<Buffer> | Iterable<Buffer>;
  encoding?: string | undefined;
}

function joined(query: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${query}\n`), body]);
}

function unknownEncoding(encoding: string, allowed: string): ClickHouseError {
  return new ClickHouseError(
    'NOT_IMPLEMENTED',
    `Content-Encoding: ${encoding} is not supported here; use ${allowed} or none`,
  );
}

const gunzipAsync = promisify(gunzip);

async function unzip(body: Buffer, maxOutputLength: number): Promise<Buffer> {
  try {
    return await gunzipAsync(body, { maxOutputLength });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLarge(maxOutputLength);
    }
    throw new ClickHouseError('BAD_ARGUMENTS', 'the body is not gzip, as Content-Encoding says');
  }
}
