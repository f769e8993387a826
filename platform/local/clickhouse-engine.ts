/**
 * The embedded ClickHouse engine (chDB) behind the local host: runs statements beside each other, each
 * on a connection of its own, and cancels them.
 *
 * Guarantees, each against a fault of the package (the tests have one case per fault):
 * - A fresh connection per statement: the partial output of a failed query cannot reach the next
 *   result, and settings end with their statement.
 * - Up to `maxRunning` statements run beside each other, `maxWaiting` more wait their turn.
 * - `cancel` stops the engine's work, not only the waiting for it.
 *
 * One connection, the anchor, stays open so that the engine keeps the data directory loaded.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { loadChdb } from './chdb-native.ts';
import { ClickHouseError, fromEngine } from './clickhouse-errors.ts';
import type { HostLimits } from './clickhouse-limits.ts';

/** How often a cancelled statement that is still there is killed again. */
const KILL_INTERVAL_MS = 50;

export interface EngineQuery {
  /** Names the statement while it runs; one statement per id. */
  id: string;
  sql: string;
  database: string | undefined;
  /** Settings in the order given; applied to this statement only. */
  settings: readonly (readonly [name: string, value: string])[];
  /** The engine's `readonly`. */
  readonly: '0' | '1' | '2';
  /** Query parameters, escaped as ClickHouse's HTTP interface wants them. */
  params: readonly (readonly [name: string, value: string])[];
  /** Output format where the statement names none. */
  format: string;
}

export interface EngineResult {
  bytes: Buffer;
  /** Rows of the result; of an INSERT the rows written. */
  rows: number;
  elapsedS: number;
}

export interface Engine {
  /** Runs one statement. @throws {ClickHouseError} */
  run(query: EngineQuery): Promise<EngineResult>;
  /** Stops the statement with this id, waiting or running. Its `run` rejects. */
  cancel(id: string): void;
  /** Statements now running and waiting. */
  load(): { running: number; waiting: number };
  /** Refuses new statements, lets the running ones end or cancels them after `stopTimeoutMs`. */
  close(): Promise<void>;
}

interface Waiter {
  enter: () => void;
  refuse: (error: ClickHouseError) => void;
}

/**
 * Loads the engine with the data in `dataDir`.
 * @throws {Error} when the package is missing (saying what to do) or the directory cannot be opened.
 */
export function openEngine(dataDir: string, limits: HostLimits): Engine {
  const chdb = loadChdb();
  const args = [
    '--implicit_select=0',
    '--session_timezone=UTC',
    `--max_memory_usage=${limits.maxQueryMemoryBytes}`,
    `--max_result_bytes=${limits.maxResultBytes}`,
    `--max_server_memory_usage=${limits.maxServerMemoryBytes}`,
    `--mark_cache_size=${limits.markCacheBytes}`,
  ];
  const anchor = chdb.CreateConnection(dataDir, args);

  const running = new Map<string, { cancelled: boolean }>();
  const waiting = new Map<string, Waiter>();
  let closing = false;

  return { run, cancel, load, close };

  async function run(query: EngineQuery): Promise<EngineResult> {
    await enter(query.id);
    try {
      return await execute(`${prefix(query)}${query.sql}`, query.format);
    } finally {
      leave(query.id);
    }
  }

  async function execute(sql: string, format: string): Promise<EngineResult> {
    const connection = chdb.CreateConnection(dataDir, args);
    try {
      const { bytes, rowsRead, elapsed } = await chdb.QueryAsyncConnection(connection, sql, format);
      return { bytes, rows: rowsRead, elapsedS: elapsed };
    } catch (error) {
      throw fromEngine(error);
    } finally {
      chdb.CloseConnection(connection);
    }
  }

  async function enter(id: string): Promise<void> {
    if (closing) throw new ClickHouseError('ABORTED', 'the local host is stopping');
    if (running.has(id) || waiting.has(id)) {
      throw new ClickHouseError(
        'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING',
        `Query with id = ${id} is already running`,
      );
    }
    if (running.size >= limits.maxRunning) {
      if (waiting.size >= limits.maxWaiting) {
        throw new ClickHouseError(
          'TOO_MANY_SIMULTANEOUS_QUERIES',
          `Too many simultaneous queries: ${running.size} run and ${waiting.size} wait`,
        );
      }
      await new Promise<void>((resolve, reject) => {
        waiting.set(id, { enter: resolve, refuse: reject });
      });
    } else {
      running.set(id, { cancelled: false });
    }
  }

  function leave(id: string): void {
    running.delete(id);
    const [next] = waiting;
    if (next === undefined) return;
    // The place is taken here, not when the waiting promise wakes up: someone could come between.
    running.set(next[0], { cancelled: false });
    waiting.delete(next[0]);
    next[1].enter();
  }

  function cancel(id: string): void {
    const waiter = waiting.get(id);
    if (waiter !== undefined) {
      waiting.delete(id);
      waiter.refuse(new ClickHouseError('QUERY_WAS_CANCELLED', 'Query was cancelled'));
      return;
    }
    const state = running.get(id);
    if (state === undefined || state.cancelled) return;
    state.cancelled = true;
    void killUntilGone(id, state);
  }

  /** A KILL that comes before the engine has registered the statement finds nothing: so repeat. */
  async function killUntilGone(id: string, state: object): Promise<void> {
    // ASYNC, since KILL … SYNC never returns in the embedded engine.
    const kill = `KILL QUERY WHERE Settings['log_comment'] = ${quote(id)} ASYNC`;
    while (running.get(id) === state) {
      await execute(kill, 'Null').catch(() => undefined);
      await sleep(KILL_INTERVAL_MS);
    }
  }

  function load(): { running: number; waiting: number } {
    return { running: running.size, waiting: waiting.size };
  }

  async function close(): Promise<void> {
    closing = true;
    for (const { refuse } of waiting.values()) {
      refuse(new ClickHouseError('ABORTED', 'the local host is stopping'));
    }
    waiting.clear();
    const deadline = Date.now() + limits.stopTimeoutMs;
    while (running.size > 0) {
      if (Date.now() > deadline) for (const id of running.keys()) cancel(id);
      await sleep(KILL_INTERVAL_MS);
    }
    chdb.CloseConnection(anchor);
  }
}

/**
 * `USE`, then everything the statement runs under. The id is its log_comment, by which KILL finds
 * it (a statement with a log_comment in its own SETTINGS escapes that); `readonly` comes last, because
 * it forbids every SET after it.
 */
function prefix(query: EngineQuery): string {
  const assignments = [`log_comment = ${quote(query.id)}`];
  for (const [name, value] of query.settings) {
    if (name !== 'log_comment') assignments.push(`${name} = ${quote(value)}`);
  }
  for (const [name, value] of query.params) assignments.push(`param_${name} = ${quote(value)}`);
  const use = query.database === undefined ? '' : `USE ${quoteName(query.database)};`;
  const readonly = query.readonly === '0' ? '' : `SET readonly = ${query.readonly};`;
  return `${use}SET ${assignments.join(', ')};${readonly}`;
}

/** A string literal. */
export function quote(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function quoteName(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}
