/**
 * A lock on a data directory, held by a process and freed by its death.
 *
 * Two servers on one JetStream store corrupt it, and a second ClickHouse host would empty the first
 * one's spool; so whoever starts a local server takes this lock first. There is no flock in Node,
 * therefore the lock is a numbered file that names its holder:
 *
 *     <path>.17   {"pid":4211,"birth":"…"}      held while process 4211, born then, lives
 *     <path>.18   created by the next holder, which then removes .17
 *
 * Guarantees: at most one holder, also when several processes find a dead holder at the same
 * moment. The reason is that numbers only grow: a file is created complete and exclusively (a hard
 * link), a lower number is removed only after a higher one exists, and whoever created a number
 * that is not the highest withdraws. A release marks the file instead of deleting it, so that the
 * next number stays higher. kill -9 leaves a file whose holder is dead: it does not count.
 */
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { processBirth, processExists } from './processes.ts';

export interface Lock {
  /** Gives the lock up. Calling it again does nothing. */
  release(): void;
}

/** Another living process holds the lock. */
export class LockedError extends Error {
  override name = 'LockedError';
  readonly pid: number;

  constructor(path: string, pid: number) {
    super(
      `${dirname(path)} is in use by process ${pid} (lock ${basename(path)}). ` +
        'Stop that process, or choose another data directory.',
    );
    this.pid = pid;
  }
}

interface Holder {
  pid: number;
  birth: string | null;
}

/**
 * Takes the lock at `path` (a file name; a number is appended) for the calling process.
 * @throws {LockedError} when a living process holds it, this one included.
 */
export function acquireLock(path: string): Lock {
  mkdirSync(dirname(path), { recursive: true });
  for (;;) {
    const mine = newestNumber(path) + 1;
    const pid = lockHolder(path);
    if (pid !== undefined) throw new LockedError(path, pid);
    if (!createComplete(`${path}.${mine}`)) continue;
    if (newestNumber(path) !== mine) {
      rmSync(`${path}.${mine}`, { force: true });
      continue;
    }
    for (const number of numbers(path)) {
      if (number < mine) rmSync(`${path}.${number}`, { force: true });
    }
    return heldLock(`${path}.${mine}`);
  }
}

/** The living process that holds the lock at `path`, if one does. It may have gone a moment later. */
export function lockHolder(path: string): number | undefined {
  const newest = existsSync(dirname(path)) ? newestNumber(path) : 0;
  const holder = newest === 0 ? undefined : readHolder(`${path}.${newest}`);
  return holder !== undefined && isAlive(holder) ? holder.pid : undefined;
}

function heldLock(file: string): Lock {
  let held = true;
  return {
    release() {
      if (held) writeFileSync(file, '{"released":true}\n');
      held = false;
    },
  };
}

function isAlive(holder: Holder): boolean {
  if (!processExists(holder.pid)) return false;
  const birth = processBirth(holder.pid);
  // Where birth times cannot be read, a living pid has to count as the holder.
  return birth === undefined || holder.birth === null || birth === holder.birth;
}

/** Creates `file` with its whole content at once, or says that it exists. */
function createComplete(file: string): boolean {
  const draft = `${file}.draft-${process.pid}`;
  const holder: Holder = { pid: process.pid, birth: processBirth(process.pid) ?? null };
  writeFileSync(draft, `${JSON.stringify(holder)}\n`);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The holder a file names; undefined when it is released, gone, or unreadable after a power cut. */
function readHolder(file: string): Holder | undefined {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as Partial<Holder>;
    if (typeof value.pid !== 'number') return undefined;
    return { pid: value.pid, birth: value.birth ?? null };
  } catch {
    return undefined;
  }
}

function newestNumber(path: string): number {
  return Math.max(0, ...numbers(path));
}

function numbers(path: string): number[] {
  const prefix = `${basename(path)}.`;
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)));
}
