/**
 * Which process is which: a pid alone does not say, because the system hands numbers out again.
 * Used by the data-directory lock and by the nats-server starter to tell a living process from a
 * dead one whose pid was reused.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * True when a process with this pid runs, whoever owns it. A zombie does not count: it holds nothing
 * any more, and in a container whose first process does not reap it may stay for ever.
 */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists and belongs to someone else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return linuxStat(pid)?.state !== 'Z';
}

/**
 * A text that differs between two processes that had the same pid: boot id and start tick on Linux,
 * the start time as `ps` prints it elsewhere. Undefined when neither is available.
 */
export function processBirth(pid: number): string | undefined {
  if (process.platform !== 'linux') return ps(pid, 'lstart=');
  const startTick = linuxStat(pid)?.startTick;
  const bootId = readText('/proc/sys/kernel/random/boot_id')?.trim();
  return startTick === undefined || bootId === undefined ? undefined : `${bootId}:${startTick}`;
}

/** The command line of a process as one text, or undefined when it is gone or hidden. */
export function processCommand(pid: number): string | undefined {
  if (process.platform !== 'linux') return ps(pid, 'command=');
  return readText(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ').trim();
}

/** Undefined on other systems and for a process that is gone. */
function linuxStat(pid: number): { state: string; startTick: string } | undefined {
  // `41 (node (x) y) S 1 41 …`: the name may hold blanks and brackets, so read after the last ')'.
  const stat = readText(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTick] = [fields?.[0], fields?.[19]];
  return state === undefined || startTick === undefined ? undefined : { state, startTick };
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
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
