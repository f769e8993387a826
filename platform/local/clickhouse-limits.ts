/**
 * Every bound of the local ClickHouse host, by name. At the limit: a body is refused with 413, a
 * statement beyond the queue with 503, a query that wants more memory or a larger result with the
 * engine's own error. What runs, waits and was refused shows in the host's /metrics.
 *
 * Each is set by a variable of the host's environment: maxRunning by LOCAL_CLICKHOUSE_MAX_RUNNING.
 */
import { ConfigError, type ConfigFault } from '../config.ts';

/** The lock's file in the data directory; its holder is the host's process. */
export const HOST_LOCK = 'host.lock';

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

const DEFAULTS: HostLimits = {
  maxBodyBytes: 256 * MIB,
  maxRunning: 12,
  maxWaiting: 64,
  maxQueryMemoryBytes: 1000 * MIB,
  maxServerMemoryBytes: 2000 * MIB,
  maxResultBytes: 256 * MIB,
  markCacheBytes: 100 * MIB,
  stopTimeoutMs: 5_000,
};

/** @throws {ConfigError} listing every variable that is not a positive whole number */
export function readHostLimits(env: NodeJS.ProcessEnv): HostLimits {
  const limits = { ...DEFAULTS };
  const faults: ConfigFault[] = [];
  for (const name of Object.keys(DEFAULTS) as (keyof HostLimits)[]) {
    const variable = `LOCAL_CLICKHOUSE_${name.replaceAll(/[A-Z]/g, '_$&').toUpperCase()}`;
    const value = env[variable]?.trim() ?? '';
    if (value === '') continue;
    limits[name] = Number(value);
    if (!Number.isSafeInteger(limits[name]) || limits[name] < 1) {
      faults.push({ variable, value, allowed: 'a whole number, 1 or more' });
    }
  }
  if (limits.maxRunning > MAX_THREADS - SPARE_THREADS) {
    faults.push({
      variable: 'LOCAL_CLICKHOUSE_MAX_RUNNING',
      value: String(limits.maxRunning),
      allowed: `at most ${MAX_THREADS - SPARE_THREADS}`,
    });
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return limits;
}

/**
 * Threads for files, compression and KILL beside the running statements. Without them a dozen long
 * queries would hold every thread, and the one that could cancel them would wait behind them.
 */
const SPARE_THREADS = 8;
/** The most that libuv's pool can have. */
const MAX_THREADS = 1024;

/**
 * What must be in the environment before Node starts: libuv sizes its pool once, and the engine
 * takes its time zone from the process.
 */
export function hostEnvironment(limits: HostLimits): { UV_THREADPOOL_SIZE: string; TZ: string } {
  return { UV_THREADPOOL_SIZE: String(limits.maxRunning + SPARE_THREADS), TZ: 'UTC' };
}
