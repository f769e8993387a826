/** One simulated brand in a process of its own: options come as a message, the run goes back as one. */
import { run, type RunOptions } from './run.ts';

process.once('message', (options: RunOptions) => {
  process.send?.(run(options), () => process.disconnect());
});
