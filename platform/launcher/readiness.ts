/** Waits until a process answers its readiness probe, and says what it is waiting for. */
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 100;
const PROBE_TIMEOUT_MS = 2000;

export interface ReadinessWait {
  /** Base URL of the process. */
  url: string;
  timeoutMs: number;
  /** Ends the wait early, such as when the process died. */
  signal: AbortSignal;
}

/**
 * Polls `/readyz`. Resolves with null when the process is ready, or, when the time is over, with what
 * it said last.
 * @throws the signal's reason when that ends the wait.
 */
export async function untilReady({
  url,
  timeoutMs,
  signal,
}: ReadinessWait): Promise<string | null> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    signal.throwIfAborted();
    const answer = await probe(`${url}/readyz`, signal);
    if (answer === null || performance.now() >= deadlineMs) return answer;
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Null when ready, else why not. */
async function probe(url: string, signal: AbortSignal): Promise<string | null> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]),
    });
    const body = await response.text();
    return response.ok ? null : body.slice(0, 500);
  } catch {
    return `nothing answers at ${url}`;
  }
}
