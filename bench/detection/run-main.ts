/** One simulated brand in a process of its own: options come as a message, the run goes back as one. */
import { run } from './run.ts';

process.once('message', (options: Parameters<typeof run>[0]) => {
  process.send?.(run(options), () => process.disconnect());
});
