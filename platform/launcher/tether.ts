/**
 * Loaded in front of every process that the launcher starts (`node --import …/tether.ts`): when the
 * launcher is gone, kill -9 included, the process drains and ends as if it had been told to. Without
 * it a killed launcher would leave a system running that nobody supervises, on ports and data
 * directories that the next start needs.
 *
 * The tie is the IPC channel to the parent, which the kernel closes however the parent ends.
 */

import { DRAIN_TIMEOUT_MS } from '../config.ts';

/** Room beyond the time to drain, in which a process ends by itself. */
const END_ROOM_MS = 15_000;
const drainTimeoutMs = Number(process.env['DRAIN_TIMEOUT_MS']) || DRAIN_TIMEOUT_MS;

if (process.connected) {
  process.once('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.exit(1), drainTimeoutMs + END_ROOM_MS).unref();
  });
  // Listening keeps a process alive; one that has finished its work may end.
  process.channel?.unref();
}
