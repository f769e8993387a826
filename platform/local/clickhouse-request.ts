/**
 * Reads what an HTTP request asks of ClickHouse, apart from its body: the query text in the address,
 * the database, settings, parameters, formats. Query parameters that are not one of ClickHouse's own
 * names are settings of the engine. What the embedded engine cannot do is refused, not ignored.
 */
import { randomUUID, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ClickHouseError } from './clickhouse-errors.ts';

export interface HostRequest {
  /** The text of `?query=`; the rest of the statement, or an INSERT's data, is in the body. */
  query: string | undefined;
  queryId: string;
  database: string | undefined;
  /** Format of results where the statement names none. */
  defaultFormat: string;
  /** All but `readonly`. */
  settings: [name: string, value: string][];
  /** 0: may write; 1: may not, nor change settings; 2: may not write. A GET is never 0. */
  readonly: '0' | '1' | '2';
  params: [name: string, value: string][];
  /** The client takes a gzip answer and asked for one. */
  gzipAnswer: boolean;
  /** Content-Encoding of the body, lower case. */
  encoding: string | undefined;
}

/** Settings' names may have dots (of merge trees, of custom settings). */
const SETTING_NAME = /^[A-Za-z_][\w.]*$/;
const PARAMETER_NAME = /^\w+$/;
/** It goes back in a header. */
const QUERY_ID = /^[\x20-\x7e]+$/;

/** Names of the HTTP interface that are read elsewhere or mean nothing to a single local user. */
const NOT_SETTINGS = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'readonly',
  'user',
  'password',
  'quota_key',
  'wait_end_of_query',
  'buffer_size',
  'stacktrace',
  'enable_http_compression',
  'http_zlib_compression_level',
  'client_protocol_version',
]);

/** Asked for with any value but empty or 0, these need what the embedded engine has not. */
const UNSUPPORTED = new Map([
  ['session_id', 'every statement has a session of its own'],
  ['role', 'there are no roles'],
  ['compress', 'use enable_http_compression=1 with Accept-Encoding: gzip'],
  ['decompress', 'use Content-Encoding'],
]);

/** @throws {ClickHouseError} for a malformed name or an unsupported wish */
export function readRequest(req: IncomingMessage, url: URL): HostRequest {
  const query = url.searchParams;
  const queryId = query.get('query_id') || randomUUID();
  if (!QUERY_ID.test(queryId)) throw badName('query_id', queryId);
  const defaultFormat =
    query.get('default_format') || header(req, 'x-clickhouse-format') || 'TabSeparated';
  if (!PARAMETER_NAME.test(defaultFormat)) throw badName('format', defaultFormat);
  const request: HostRequest = {
    query: query.get('query') ?? undefined,
    queryId,
    database: query.get('database') || header(req, 'x-clickhouse-database'),
    defaultFormat,
    settings: [],
    readonly: readonlyOf(req, query.getAll('readonly').at(-1) ?? '0'),
    params: [],
    gzipAnswer:
      query.get('enable_http_compression') === '1' &&
      /\bgzip\b/.test(header(req, 'accept-encoding') ?? ''),
    encoding: header(req, 'content-encoding')?.toLowerCase(),
  };
  for (const [name, value] of query) {
    if (NOT_SETTINGS.has(name)) continue;
    if (name.startsWith('param_')) {
      const parameter = name.slice('param_'.length);
      if (!PARAMETER_NAME.test(parameter)) throw badName('parameter name', parameter);
      request.params.push([parameter, value]);
      continue;
    }
    const instead = UNSUPPORTED.get(name);
    if (instead === undefined) {
      if (!SETTING_NAME.test(name)) throw badName('setting name', name);
      request.settings.push([name, value]);
    } else if (value !== '' && value !== '0') {
      throw new ClickHouseError(
        'NOT_IMPLEMENTED',
        `${name}=${value} is not supported by the local host: ${instead}`,
      );
    }
  }
  return request;
}

/**
 * Checks the credentials when the host has a password: header pair, Basic, or query parameters.
 * @throws {ClickHouseError} AUTHENTICATION_FAILED
 */
export function authenticate(
  req: IncomingMessage,
  url: URL,
  account: { user: string; password: string },
): void {
  if (account.password === '') return;
  const { user, password } = credentials(req, url);
  if (user !== account.user || !sameSecret(password, account.password)) {
    throw new ClickHouseError(
      'AUTHENTICATION_FAILED',
      `${user}: Authentication failed: password is incorrect, or there is no user with such name`,
    );
  }
}

/**
 * A web page can make a browser send requests to loopback. They carry an Origin or say that they come
 * from another site, or, when a name was made to point here, name a Host that is not loopback. A
 * ClickHouse client does none of this.
 * @throws {ClickHouseError} AUTHENTICATION_FAILED
 */
export function refuseForeignPages(req: IncomingMessage): void {
  const hostname = (req.headers.host ?? '').replace(/:\d+$/, '');
  const isLoopback = /^(|localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  const isOwn = [undefined, 'none', 'same-origin'].includes(header(req, 'sec-fetch-site'));
  if (req.headers.origin === undefined && isOwn && isLoopback) return;
  throw new ClickHouseError(
    'AUTHENTICATION_FAILED',
    'requests of web pages are refused: the local host serves programs on this machine',
  );
}

/** As ClickHouse does: a GET must not change data, whatever the query says. */
function readonlyOf(req: IncomingMessage, value: string): HostRequest['readonly'] {
  if (value !== '0' && value !== '1' && value !== '2') {
    throw new ClickHouseError('BAD_ARGUMENTS', `readonly=${value} is not 0, 1 or 2`);
  }
  return req.method === 'GET' && value === '0' ? '2' : value;
}

function credentials(req: IncomingMessage, url: URL): { user: string; password: string } {
  const basic = /^Basic (.+)$/i.exec(req.headers.authorization ?? '')?.[1];
  if (basic !== undefined) {
    const text = Buffer.from(basic, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    return { user: text.slice(0, colon), password: text.slice(colon + 1) };
  }
  return {
    user: header(req, 'x-clickhouse-user') ?? url.searchParams.get('user') ?? 'default',
    password: header(req, 'x-clickhouse-key') ?? url.searchParams.get('password') ?? '',
  };
}

function sameSecret(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}

function badName(kind: string, name: string): ClickHouseError {
  return new ClickHouseError('BAD_ARGUMENTS', `${JSON.stringify(name)} is not a ${kind}`);
}

function header(req: IncomingMessage, name: string): string | undefined {
  const value = req.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
