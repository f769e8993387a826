/**
 * One lifecycle for every process: start, ready, drain, exit code.
 *
 *   starting ──ready()──▶ ready ──SIGTERM, SIGINT──▶ draining ──▶ exit 0
 *      │                    │
 *      └──────fatal()───────┴──────────────────────▶ draining ──▶ exit 1
 *   ConfigError ─▶ exit 2, nothing was opened
 *
 * Guarantees: what was opened last is closed first; closing happens once, however many signals come;
 * draining ends within DRAIN_TIMEOUT_MS, naming what hung; a second Ctrl-C ends the process at once; an
 * error that nobody caught is fatal, since a process in an unknown state must not go on writing.
 */
import { ConfigError, readConfig, type Config } from './config.ts';
import { createLog, type Log } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';

/** What a readiness check finds; `detail` says why not, for a person. */
export interface CheckResult {
  ok: boolean;
  detail?: string;
}

/** What a process is given: its configuration and outlets, and the hooks into its start and end. */
export interface Life {
  readonly name: string;
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Aborts when draining begins: loops and waits end on it. */
  readonly signal: AbortSignal;
  /** Registers how a part is closed; the last one registered is closed first. */
  onStop(name: string, fn: () => void | Promise<void>): void;
  /** The process has started all its parts. */
  ready(): void;
  /** Adds a condition for readiness, such as a connection. Called on each probe: keep it cheap. */
  addCheck(name: string, fn: () => CheckResult): void;
  /** Readiness now: started, not draining, and every check holds. */
  readiness(): { ready: boolean; checks: Record<string, CheckResult> };
  /** Ends the process with exit code 1, after draining. The first error counts. */
  fatal(this: void, error: unknown): void;
}

/**
 * Runs a process from its start to its exit. `start` opens everything in order, registering each part
 * with `onStop`, and calls `life.ready()`. The returned promise settles after the exit code is known;
 * the process then ends even when something still holds the event loop.
 */
export async function runProcess({
  name,
  start,
  env = process.env,
}: {
  name: string;
  start: (life: Life) => Promise<void> | void;
  env?: NodeJS.ProcessEnv;
}): Promise<void> {
  let config: Config;
  try {
    config = readConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    reportConfigError(name, error);
    process.exit(2);
  }

  const log = createLog({ name, level: config.logLevel, format: config.logFormat });
  const stopping = new AbortController();
  const stops: { name: string; fn: () => void | Promise<void> }[] = [];
  const checks = new Map<string, () => CheckResult>();
  let started = false;
  let draining: Promise<void> | null = null;

  const drain = (exitCode: number): Promise<void> => {
    draining ??= (async () => {
      stopping.abort();
      const clean = await drainAll({ stops, log, timeoutMs: config.drainTimeoutMs });
      const code = clean ? exitCode : 1;
      log.info({ code }, 'stopped');
      process.exit(code);
    })();
    return draining;
  };

  const life: Life = {
    name,
    config,
    log,
    metrics: createMetrics({ process: name }),
    signal: stopping.signal,
    onStop(part, fn) {
      stops.push({ name: part, fn });
    },
    ready() {
      started = true;
      log.info('ready');
    },
    addCheck(check, fn) {
      checks.set(check, fn);
    },
    readiness() {
      const results = Object.fromEntries([...checks].map(([check, fn]) => [check, fn()]));
      const ok = Object.values(results).every((result) => result.ok);
      return { ready: started && !stopping.signal.aborted && ok, checks: results };
    },
    fatal(error) {
      if (draining !== null) return;
      log.fatal({ err: error }, error instanceof Error ? error.message : 'fatal');
      void drain(1);
    },
  };

  let interrupts = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    // Only a second Ctrl-C is impatience: a terminal's SIGINT reaches every process of the launcher,
    // which then sends SIGTERM as well. The data is safe at any instant, so ending at once is too.
    if (signal === 'SIGINT' && ++interrupts > 1) {
      log.warn('second interrupt, ending at once');
      process.exit(1);
    }
    if (draining === null) log.info({ signal }, 'stopping');
    void drain(0);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('unhandledRejection', life.fatal);
  process.on('uncaughtException', life.fatal);

  try {
    await start(life);
  } catch (error) {
    // A start that draining interrupted fails because of it; the exit code is already decided.
    if (stopping.signal.aborted) return;
    if (!(error instanceof ConfigError)) return life.fatal(error);
    reportConfigError(name, error);
    await drain(2);
  }
}

/** Closes the parts, last first. False when one failed or the time was over. */
async function drainAll({
  stops,
  log,
  timeoutMs,
}: {
  stops: readonly { name: string; fn: () => void | Promise<void> }[];
  log: Log;
  timeoutMs: number;
}): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  let clean = true;
  for (const { name, fn } of [...stops].reverse()) {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, deadline - Date.now()), 'late');
    });
    try {
      if ((await Promise.race([Promise.resolve(fn()), tooLate])) === 'late') {
        log.error({ part: name, timeoutMs }, `draining stopped: ${name} did not close in time`);
        return false;
      }
    } catch (error) {
      log.error({ part: name, err: error }, `${name} failed to close`);
      clean = false;
    } finally {
      clearTimeout(timer);
    }
  }
  return clean;
}

function reportConfigError(name: string, error: ConfigError): void {
  process.stderr.write(`${name}: the configuration cannot be used\n${error.message}\n`);
}
