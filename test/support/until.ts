/**
 * Waits for a condition instead of for a time.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const DEFAULT_TIMEOUT_MS = 20_000;
const INTERVAL_MS = 20;

/**
 * Resolves when `condition` gives true. One that throws counts as not yet true; when the time is
 * over, its error or a timeout is thrown.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      if (await condition()) return;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`not true after ${timeoutMs} ms: ${condition.toString()}`, {
        cause: lastError,
      });
    }
    await sleep(INTERVAL_MS);
  }
}
