/**
 * Loaded in front of a measured process (`node --expose-gc --import …/memory-probe.ts`): collects garbage
 * and tells the parent the memory in use whenever the parent asks with `{"memory":true}`.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** A collection frees pages; giving them back to the system takes V8 a moment more. */
const COLLECTIONS = 3;
const PAUSE_MS = 200;

process.on('message', (message: { memory?: true }) => {
  if (message.memory === true) void tell();
});

async function tell(): Promise<void> {
  for (let left = COLLECTIONS; left > 0; left--) {
    globalThis.gc?.();
    await sleep(PAUSE_MS);
  }
  process.send?.(process.memoryUsage());
}
