/**
 * Keeps one program running: starts it again when it dies, stops it when asked.
 *
 *   running ──died──▶ waiting (back-off) ──▶ starting ──▶ running …
 *      └──── stop() in any state ────▶ stopped
 *
 * Guarantees: one instance at a time; the wait doubles from the first to the longest and is forgotten
 * after a quiet time; after stop() nothing is started any more.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.ts';

/** A program that runs; the local servers and our own processes look like this alike. */
export interface Instance {
  pid: number;
  /** Exit code, or null after a signal. */
  exited: Promise<number | null>;
  /** Resolves when the process is gone, by force if need be. */
  stop(): Promise<void>;
}

export interface Supervised {
  /** Pid of the instance that runs now, or ran last. */
  pid(): number;
  /** Settles when the supervision is over: stopped, or ended and not to be started again. */
  ended: Promise<void>;
  /** Stops the instance and the supervision. */
  stop(): Promise<void>;
}

export interface BackOff {
  firstMs: number;
  longestMs: number;
  /** An instance that lived this long makes the next wait the first one again. */
  quietMs: number;
}

export const defaultBackOff: BackOff = { firstMs: 250, longestMs: 10_000, quietMs: 30_000 };

export interface Supervision {
  name: string;
  /** The instance that runs now. Its start was the caller's, and so was its failure. */
  first: Instance;
  start: () => Promise<Instance>;
  log: Log;
  backOff?: BackOff;
  /** Whether an end with this code is one to mend. Default: every end is. */
  shouldRestart?: (code: number | null) => boolean;
}

export function supervise({
  name,
  first,
  start,
  log,
  backOff = defaultBackOff,
  shouldRestart = () => true,
}: Supervision): Supervised {
  const stopping = new AbortController();
  let running = first;
  const ended = keepRunning();

  return {
    pid: () => running.pid,
    ended,
    async stop() {
      stopping.abort();
      await running.stop();
      await ended;
    },
  };

  async function keepRunning(): Promise<void> {
    let waitMs = backOff.firstMs;
    for (;;) {
      const startedMs = performance.now();
      const code = await running.exited;
      if (stopping.signal.aborted) return;
      if (!shouldRestart(code)) {
        log.info({ code }, `${name} ended`);
        return;
      }
      if (performance.now() - startedMs >= backOff.quietMs) waitMs = backOff.firstMs;
      log.warn({ code, waitMs }, `${name} ended, starting it again`);
      let next: Instance | undefined;
      while (next === undefined) {
        await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
        if (stopping.signal.aborted) return;
        waitMs = Math.min(waitMs * 2, backOff.longestMs);
        next = await start().catch((error: unknown) => {
          log.error({ err: error, waitMs }, `${name} could not be started, trying again`);
          return undefined;
        });
      }
      running = next;
      // Asked to stop while it was starting: stop() saw only the instance before this one.
      if (stopping.signal.aborted) await running.stop();
    }
  }
}
