/**
 * Loaded in front of every process that the launcher starts (`node --import …/tether.ts`): when the
 * launcher is gone, kill -9 included, the process drains and ends as if it had been told to. Without
 * it a killed launcher would leave a system running that nobody supervises, on ports and data
 * directories that the next start needs.
 *
 * The tie is the IPC channel to the parent, which the kernel closes however the parent ends.
 */

/** Room beyond DRAIN_TIMEOUT_MS, in which a process ends by itself; 15 s unless it says otherwise. */
const END_ROOM_MS = 15_000;
const DRAIN_TIMEOUT_MS = Number(process.env['DRAIN_TIMEOUT_MS']) || 15_000;

if (process.connected) {
  process.once('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.exit(1), DRAIN_TIMEOUT_MS + END_ROOM_MS).unref();
  });
  // Listening keeps a process alive; one that has finished its work may end.
  process.channel?.unref();
}
