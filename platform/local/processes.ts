/**
 * Which process is which: a pid alone does not say, because the system hands numbers out again.
 * Used by the data-directory lock and by the nats-server starter to tell a living process from a
 * dead one whose pid was reused.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** True when a process with this pid exists, whoever owns it. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it exists and belongs to someone else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * A text that differs between two processes that had the same pid: boot id and start tick on Linux,
 * the start time as `ps` prints it elsewhere. Undefined when neither is available.
 */
export function processBirth(pid: number): string | undefined {
  if (process.platform !== 'linux') return ps(pid, 'lstart=');
  try {
    // `41 (node (x) y) S 1 41 …`: the name may hold spaces and brackets, so read after the last ')'.
    // The start time is field 22 of the line, the 20th after the name.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const startTick = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return startTick === undefined ? undefined : `${bootId}:${startTick}`;
  } catch {
    return undefined;
  }
}

/** The command line of a process as one text, or undefined when it is gone or hidden. */
export function processCommand(pid: number): string | undefined {
  if (process.platform !== 'linux') return ps(pid, 'command=');
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return undefined;
  }
}

function ps(pid: number, column: string): string | undefined {
  try {
    const text = execFileSync('ps', ['-o', column, '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    return text === '' ? undefined : text;
  } catch {
    return undefined;
  }
}
