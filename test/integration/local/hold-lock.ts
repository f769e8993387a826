/** Tries to take the lock given, says how it went, and waits to be killed. */
import { acquireLock, LockedError } from '../../../platform/local/lock.ts';

let answer = 'held';
try {
  acquireLock(process.argv[2] ?? '');
} catch (error) {
  if (!(error instanceof LockedError)) throw error;
  answer = 'refused';
}
process.stdout.write(`${answer}\n`);
setInterval(() => undefined, 60_000);
