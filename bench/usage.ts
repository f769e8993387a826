/**
 * What a process has used, seen from outside: CPU seconds since it started. Linux tells it in /proc; on
 * other systems the benches report null instead of a guess.
 */
import { readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second for user space, whatever the kernel's own rate is. */
const TICKS_PER_SECOND = 100;

/** CPU seconds, user and system; null where nobody tells, or the process is gone. */
export function cpuSeconds(pid: number): number | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // `41 (node (x) y) S …`: the name may hold blanks and brackets. utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** CPU seconds that each process has used since the call; null where that cannot be told. */
export function cpuMeter<Name extends string>(
  pids: Readonly<Record<Name, number>>,
): () => Record<Name, number | null> {
  const names = Object.keys(pids) as Name[];
  const before = new Map(names.map((name) => [name, cpuSeconds(pids[name])]));
  return () =>
    Object.fromEntries(
      names.map((name) => {
        const [from, to] = [before.get(name) ?? null, cpuSeconds(pids[name])];
        return [name, from === null || to === null ? null : to - from];
      }),
    ) as Record<Name, number | null>;
}
