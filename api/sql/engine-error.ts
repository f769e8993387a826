/**
 * What ClickHouse says against a query, as a problem for whoever sent it: told apart by its code, with the
 * place in the query where it names one.
 */
import { ClickHouseError } from '@clickhouse/client';
import { SQL_BOUNDS, type SqlBound, type SqlLimits } from '../../contracts/sql.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import { positionOf, type SqlPosition } from './position.ts';

/** Codes of ClickHouse's `ErrorCodes.cpp`, by the bound that they say was reached. */
const BOUND_CODES: ReadonlyMap<number, readonly SqlBound[]> = new Map([
  [158, ['read_rows']], // TOO_MANY_ROWS
  [159, ['seconds']], // TIMEOUT_EXCEEDED
  [160, ['seconds']], // TOO_SLOW
  [241, ['memory_bytes']], // MEMORY_LIMIT_EXCEEDED
  [307, ['read_rows']], // TOO_MANY_BYTES
  [396, ['rows', 'bytes']], // TOO_MANY_ROWS_OR_BYTES
]);
const SYNTAX_ERROR = 62;
const QUERY_WAS_CANCELLED = 394;
const REFUSED = new Set([164, 291, 497]); // READONLY, DATABASE_ACCESS_DENIED, ACCESS_DENIED
const BUSY = new Set([202, 236, 439, 745]); // TOO_MANY_SIMULTANEOUS_QUERIES, ABORTED, …

const MAX_DETAIL_LENGTH = 600;

/** @param sql the statement as it was sent, @param text the text of the request with it, both for the place */
export function engineProblem(
  error: unknown,
  { limits, sql, text }: { limits: SqlLimits; sql: string; text: string },
): ProblemError {
  if (!(error instanceof ClickHouseError)) {
    return new ProblemError({
      status: 503,
      kind: 'clickhouse-unavailable',
      title: 'ClickHouse does not answer',
      detail: error instanceof Error ? error.message : String(error),
      retryAfterS: 2,
    });
  }
  const code = Number(error.code);
  const bounds = BOUND_CODES.get(code);
  if (bounds !== undefined) return boundProblem(bounds, limits, plain(error.message));
  if (code === QUERY_WAS_CANCELLED) return cancelledProblem();
  if (BUSY.has(code)) {
    return new ProblemError({
      status: 503,
      kind: 'clickhouse-busy',
      title: 'ClickHouse has too much to do',
      detail: plain(error.message),
      retryAfterS: 1,
    });
  }
  const position = placeIn(error.message, sql, text);
  const isRefused = REFUSED.has(code);
  return new ProblemError({
    status: isRefused ? 403 : 400,
    kind: isRefused ? 'sql-refused' : code === SYNTAX_ERROR ? 'sql-syntax' : 'sql-failed',
    title: isRefused ? 'The query may not do this' : 'The query cannot be run',
    detail: plain(error.message),
    field: '/query',
    more: { code, ...(position === null ? {} : { position }) },
  });
}

export function cancelledProblem(): ProblemError {
  return new ProblemError({
    status: 409,
    kind: 'sql-cancelled',
    title: 'The query was cancelled',
    detail: 'It was cancelled while it ran; nothing of it runs any more',
  });
}

function boundProblem(bounds: readonly SqlBound[], limits: SqlLimits, said: string): ProblemError {
  const reached = bounds.map((name) => `limits.${name} = ${limits[name]}`).join(' or ');
  const most = bounds.map((name) => `limits.${name} up to ${SQL_BOUNDS[name].max}`).join(', ');
  return new ProblemError({
    status: 422,
    kind: 'sql-limit',
    title: 'The query reached its limit',
    detail: `The query ended at ${reached}: ${said}`,
    field: `/limits/${bounds[0] ?? ''}`,
    value: bounds.map((name) => limits[name]).join(', '),
    allowed: `a narrower query, fewer columns or an aggregate; or ${most}`,
  });
}

/** Without what the runner put behind it, the list of all that a parser would have taken, without versions and stack traces. */
function plain(message: string): string {
  const text = message
    .replace(/ Expected one of: [^]*$/, '')
    .replace(/\nFORMAT \w+/, '')
    .replace(/\s*\((version [^)]*|[A-Z_]{4,})\)\s*$/g, '')
    .trim()
    .replace(/\.$/, '');
  return text.length > MAX_DETAIL_LENGTH ? `${text.slice(0, MAX_DETAIL_LENGTH)}…` : text;
}

/**
 * `Syntax error: failed at position 15 (FROM) (line 2, col 7): …` counts bytes of the statement from 1;
 * ``Unknown expression identifier `a` in scope …`` and others name what they mean.
 */
function placeIn(message: string, sql: string, text: string): SqlPosition | null {
  const start = Buffer.byteLength(text.slice(0, text.indexOf(sql)));
  const whole = Buffer.from(text);
  const [, at, token = ''] = /failed at position (\d+) \(([^)]*)\)/.exec(message) ?? [];
  if (at !== undefined) {
    const from = Math.min(start + Number(at) - 1, whole.length);
    const isInText = whole.toString('utf8', from).startsWith(token);
    return positionOf(whole, from, isInText ? from + Buffer.byteLength(token) : from);
  }
  const [, name] = /(?:identifier|name|column|function) [`']([^`']+)[`']/i.exec(message) ?? [];
  if (name === undefined) return null;
  const found = indexOfWord(sql, name.split('.').at(-1) ?? name);
  if (found === null) return null;
  const from = start + Buffer.byteLength(sql.slice(0, found));
  return positionOf(whole, from, from + Buffer.byteLength(name.split('.').at(-1) ?? name));
}

/** The first place of a name in a text where it is not part of another; null when there is none. */
function indexOfWord(text: string, word: string): number | null {
  const isPart = (char: string | undefined) => char !== undefined && /\w/.test(char);
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!isPart(text[at - 1]) && !isPart(text[at + word.length])) return at;
  }
  return null;
}
