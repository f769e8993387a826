/**
 * Runs queries of people on ClickHouse: checked (guard.ts), read-only, bounded, a few at a time, and each can
 * be watched and cancelled while it runs.
 *
 *     ask ──▶ guard ──▶ place (per identity, in all) ──▶ running ──▶ sending ──▶ done
 *                                                           │            │
 *                        cancel, client gone, out of time ──┴────────────┴──▶ cancelled, failed
 *
 * Guarantees: the engine runs nothing that the guard did not take, as `readonly=1` and under every bound of
 * the request. A result is complete at the engine before its first byte is passed on (`wait_end_of_query`),
 * so that a query that fails or reaches a bound is a problem document, never half a result; here it is passed
 * through and never held. Whoever goes away or cancels ends the engine's work, not only the waiting for it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import {
  SQL_BOUNDS,
  type SqlFormat,
  type SqlLimits,
  type SqlProgress,
} from '../../contracts/sql.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { queryRows } from '../clickhouse/query.ts';
import type { SqlRunLimits } from '../limits.ts';
import { readingClickHouse } from '../routes/problems.ts';
import { cancelledProblem, engineProblem } from './engine-error.ts';
import { checkSql, type SqlFault } from './guard.ts';

export interface SqlQuestion {
  readonly query: string;
  readonly format: SqlFormat;
  readonly params: Readonly<Record<string, unknown>>;
  readonly limits: Partial<SqlLimits>;
  readonly queryId: string;
  /** Who asks: queries of one are counted, watched and cancelled by that one. */
  readonly who: string;
}

export interface SqlRunnerOptions {
  /** Under an account that may only read, where ClickHouse has accounts. */
  readonly client: ClickHouseClient;
  /** Of the system itself: asks how far queries are. */
  readonly watcher: ClickHouseClient;
  /** Names that may be read with arguments. */
  readonly views: () => Promise<ReadonlySet<string>>;
  readonly limits: SqlRunLimits;
  readonly nowMs: () => number;
  readonly metrics: Metrics;
}

type State = SqlProgress['state'];

interface Run {
  readonly queryId: string;
  readonly who: string;
  readonly startedMs: number;
  readonly aborter: AbortController;
  state: State;
  endedMs: number | null;
  detail: string | null;
}

export class SqlRunner {
  readonly #options: SqlRunnerOptions;
  /** Running ones and the newest that have ended, oldest first. */
  readonly #runs = new Map<string, Run>();
  readonly #metrics: ReturnType<typeof sqlMetrics>;

  constructor(options: SqlRunnerOptions) {
    this.#options = options;
    this.#metrics = sqlMetrics(options.metrics);
  }

  /**
   * The result as the engine sends it. Rejects with a ProblemError: a refused text, a reached bound, no place
   * left, cancelled. The signal ends the query; so does destroying the stream.
   */
  async run(question: SqlQuestion, signal: AbortSignal): Promise<Readable> {
    const views = await readingClickHouse(() => this.#options.views());
    const checked = checkSql(question.query, views);
    if (!checked.ok) {
      this.#metrics.queries.inc({ outcome: 'refused' });
      throw refusal(checked.fault);
    }
    const run = this.#enter(question);
    const leave = () => this.cancel(run.queryId, run.who);
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    try {
      const stream = await this.#execute(checked.sql, question, run);
      run.state = 'sending';
      this.#watchSending(stream, run, () => signal.removeEventListener('abort', leave));
      return stream;
    } catch (error) {
      signal.removeEventListener('abort', leave);
      const wasCancelled = run.aborter.signal.aborted && !(error instanceof ProblemError);
      const failure = wasCancelled
        ? cancelledProblem()
        : this.#explained(error, question, checked.sql);
      this.#end(run, wasCancelled ? 'cancelled' : 'failed', failure.message);
      throw failure;
    }
  }

  /** How far a query of this one is; null when there is none. */
  async progress(queryId: string, who: string): Promise<SqlProgress | null> {
    const run = this.#of(queryId, who);
    if (run === null) return null;
    const nothing = { read_rows: 0, read_bytes: 0, total_rows: null, memory_bytes: 0 };
    const counted = run.endedMs === null ? await this.#counters(queryId) : null;
    return {
      query_id: queryId,
      state: run.state,
      elapsed_s: ((run.endedMs ?? this.#options.nowMs()) - run.startedMs) / 1000,
      ...(counted ?? nothing),
      detail: run.detail,
    };
  }

  /** Ends a query of this one, wherever it stands. False when there is none. */
  cancel(queryId: string, who: string): boolean {
    const run = this.#of(queryId, who);
    if (run === null) return false;
    // The request to the engine breaks off, upon which it stops the work.
    if (run.endedMs === null) run.aborter.abort();
    return true;
  }

  /** Ends all that runs; the process is going. */
  stop(): void {
    for (const run of this.#runs.values()) if (run.endedMs === null) run.aborter.abort();
  }

  #of(queryId: string, who: string): Run | null {
    const run = this.#runs.get(queryId);
    return run?.who === who ? run : null;
  }

  #enter({ queryId, who }: SqlQuestion): Run {
    const { nowMs, limits } = this.#options;
    const running = [...this.#runs.values()].filter(({ endedMs }) => endedMs === null);
    const own = running.filter((run) => run.who === who).length;
    if (this.#runs.has(queryId)) throw idTaken(queryId);
    if (own >= limits.runningPerIdentity || running.length >= limits.running) {
      this.#metrics.queries.inc({ outcome: 'no place' });
      throw noPlace(own, limits);
    }
    const run: Run = {
      ...{ queryId, who, startedMs: nowMs(), aborter: new AbortController() },
      ...{ state: 'running', endedMs: null, detail: null },
    };
    this.#runs.set(queryId, run);
    this.#metrics.running.set(running.length + 1);
    return run;
  }

  #end(run: Run, state: State, detail: string | null): void {
    if (run.endedMs !== null) return;
    run.endedMs = this.#options.nowMs();
    run.state = state;
    run.detail = detail;
    this.#metrics.queries.inc({ outcome: state });
    const ended = [...this.#runs.values()].filter(({ endedMs }) => endedMs !== null);
    const surplus = Math.max(0, ended.length - this.#options.limits.remembered);
    for (const { queryId } of ended.slice(0, surplus)) this.#runs.delete(queryId);
    this.#metrics.running.set(this.#runs.size - (ended.length - surplus));
  }

  async #execute(sql: string, question: SqlQuestion, run: Run): Promise<Readable> {
    const limits = boundsOf(question.limits);
    const signal = run.aborter.signal;
    const asked = this.#options.client.exec({
      // On a line of its own: the statement may not end in a comment, but this costs nothing.
      query: `${sql}\nFORMAT ${question.format}`,
      query_params: { ...question.params },
      query_id: run.queryId,
      abort_signal: signal,
      clickhouse_settings: {
        max_execution_time: limits.seconds,
        max_result_rows: String(limits.rows),
        max_result_bytes: String(limits.bytes),
        max_rows_to_read: String(limits.read_rows),
        max_memory_usage: String(limits.memory_bytes),
        ...(limits.overflow === 'cut' ? { limit: String(limits.rows) } : {}),
        ...OF_EVERY_QUERY,
        max_threads: this.#options.limits.threads,
        readonly: '1',
      },
    });
    asked.catch(() => undefined);
    // The engine looks at the clock between blocks; one that does not come back in time is given up.
    const waiting = new AbortController();
    const patienceMs = limits.seconds * 1000 + this.#options.limits.graceMs;
    const late = sleep(patienceMs, null, { signal: waiting.signal }).catch(() => null);
    try {
      const answer = await Promise.race([asked, late]);
      if (answer !== null) return answer.stream;
    } finally {
      waiting.abort();
    }
    run.aborter.abort();
    throw outOfTimeProblem(limits.seconds);
  }

  /** Sees the stream to its end, and ends it when it is cancelled or its reader does not read. */
  #watchSending(stream: Readable, run: Run, settled: () => void): void {
    const { sendMs } = this.#options.limits;
    const signal = run.aborter.signal;
    const breakOff = () => stream.destroy();
    const late = setTimeout(() => run.aborter.abort(), sendMs);
    signal.addEventListener('abort', breakOff, { once: true });
    if (signal.aborted) breakOff();
    let isWhole = false;
    stream.once('end', () => (isWhole = true));
    stream.once('error', () => undefined);
    stream.once('close', () => {
      clearTimeout(late);
      signal.removeEventListener('abort', breakOff);
      settled();
      if (isWhole) this.#end(run, 'done', null);
      else this.#end(run, 'cancelled', 'the result was not taken to its end');
    });
  }

  #explained(error: unknown, { limits, query }: SqlQuestion, sql: string): ProblemError {
    if (error instanceof ProblemError) return error;
    return engineProblem(error, { limits: boundsOf(limits), sql, text: query });
  }

  async #counters(queryId: string) {
    // A server knows the query by its id, the embedded engine by the comment that its host gives it.
    const rows = await queryRows<Counters>(
      this.#options.watcher,
      `SELECT toFloat64(read_rows) AS read_rows, toFloat64(read_bytes) AS read_bytes,
         if(total_rows_approx = 0, NULL, toFloat64(total_rows_approx)) AS total_rows,
         toFloat64(greatest(memory_usage, 0)) AS memory_bytes
       FROM system.processes
       WHERE query_id = {queryId:String} OR Settings['log_comment'] = {queryId:String}
       LIMIT 1`,
      { queryId },
    );
    return rows[0] ?? null;
  }
}

type Counters = Pick<SqlProgress, 'read_rows' | 'read_bytes' | 'total_rows' | 'memory_bytes'>;

const OF_EVERY_QUERY = {
  timeout_overflow_mode: 'throw',
  result_overflow_mode: 'throw',
  read_overflow_mode: 'throw',
  wait_end_of_query: 1,
  // A server ends the query when the connection breaks; the local host does so by itself.
  cancel_http_readonly_queries_on_client_close: 1,
  // Sorting and grouping beyond memory go to disk, up to here.
  max_temporary_data_on_disk_size_for_query: String(1024 ** 3),
} as const;

function boundsOf(asked: Partial<SqlLimits>): SqlLimits {
  const usual = Object.entries(SQL_BOUNDS).map(([name, bound]) => [name, bound.default]);
  return { ...(Object.fromEntries(usual) as SqlLimits), overflow: 'refuse', ...asked };
}

function refusal({ kind, mend, position, what }: SqlFault): ProblemError {
  return new ProblemError({
    status: 400,
    kind: 'sql-refused',
    title: 'The query is not one that may be sent here',
    detail: `${what} (line ${position.line}, column ${position.column})`,
    field: '/query',
    allowed: mend,
    more: { reason: kind, position },
  });
}

function noPlace(own: number, limits: SqlRunLimits): ProblemError {
  const isOwn = own >= limits.runningPerIdentity;
  return new ProblemError({
    status: isOwn ? 429 : 503,
    kind: isOwn ? 'sql-too-many-of-yours' : 'sql-too-many',
    title: 'Too many queries at once',
    detail: isOwn
      ? `${own} queries of yours run already; wait for one, or cancel it`
      : `${limits.running} queries run already`,
    allowed: `at most ${limits.runningPerIdentity} of one caller, ${limits.running} in all`,
    retryAfterS: 2,
  });
}

function idTaken(queryId: string): ProblemError {
  return new ProblemError({
    status: 409,
    kind: 'sql-id-taken',
    title: 'Another query has this id',
    detail: 'A query_id names one query; leave it out to be given one',
    field: '/query_id',
    value: queryId,
  });
}

function outOfTimeProblem(seconds: number): ProblemError {
  return new ProblemError({
    status: 422,
    kind: 'sql-limit',
    title: 'The query reached its limit',
    detail: `The query ended at limits.seconds = ${seconds}`,
    field: '/limits/seconds',
    value: seconds,
    allowed: `a narrower query, or limits.seconds up to ${SQL_BOUNDS.seconds.max}`,
  });
}

function sqlMetrics(metrics: Metrics) {
  return {
    running: metrics.gauge('stocktide_sql_running', 'Queries of people that run now'),
    queries: metrics.counter(
      'stocktide_sql_queries_total',
      'Queries of people, by how they ended',
      ['outcome'],
    ),
  };
}
