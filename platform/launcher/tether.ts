/**
 * Loaded in front of every process that the launcher starts (`node --import …/tether.ts`): when the
 * launcher is gone, kill -9 included, the process drains and ends as if it had been told to. Without
 * it a killed launcher would leave a system running that nobody supervises, on ports and data
 * directories that the next start needs.
 *
 * The tie is the IPC channel to the parent, which the kernel closes however the parent ends.
 */

/** Longer than any process needs to drain (DRAIN_TIMEOUT_MS). */
const END_TIMEOUT_MS = 30_000;

if (process.connected) {
  process.once('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.exit(1), END_TIMEOUT_MS).unref();
  });
  // Listening keeps a process alive; one that has finished its work may end.
  process.channel?.unref();
}
