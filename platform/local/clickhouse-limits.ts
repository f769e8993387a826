/**
 * Every bound of the local ClickHouse host, by name. At the limit: a body is refused with 413, a
 * statement beyond the queue with 503, a query that wants more memory or result with the engine's
 * own error. `clickhouse-main.ts` shows the fill of each in /metrics.
 */

const MIB = 1024 * 1024;

export interface HostLimits {
  /** Bytes of a request body as they arrive; of a compressed statement also after decompression. */
  maxBodyBytes: number;
  /** Statements that run at the same time; each holds one thread. */
  maxRunning: number;
  /** Statements that may wait for a place. */
  maxWaiting: number;
  /** The engine's memory for one query. */
  maxQueryMemoryBytes: number;
  /** The engine's memory for all queries. */
  maxServerMemoryBytes: number;
  /** A result is held in memory until it is sent. */
  maxResultBytes: number;
  markCacheBytes: number;
  /** How long running statements may go on after SIGTERM; then they are cancelled. */
  stopTimeoutMs: number;
}

export const HOST_LIMITS: HostLimits = {
  maxBodyBytes: 256 * MIB,
  maxRunning: 12,
  maxWaiting: 64,
  maxQueryMemoryBytes: 1000 * MIB,
  maxServerMemoryBytes: 2000 * MIB,
  maxResultBytes: 256 * MIB,
  markCacheBytes: 100 * MIB,
  stopTimeoutMs: 5_000,
};

/**
 * Threads for files, compression and KILL beside the running statements. Without them a dozen long
 * queries would hold every thread, and the one that could cancel them would wait behind them.
 */
const SPARE_THREADS = 8;

/**
 * What must be in the environment before Node starts: libuv sizes its pool once, and the engine
 * takes its time zone from the process.
 */
export function hostEnvironment(limits: HostLimits): { UV_THREADPOOL_SIZE: string; TZ: string } {
  return { UV_THREADPOOL_SIZE: String(limits.maxRunning + SPARE_THREADS), TZ: 'UTC' };
}
