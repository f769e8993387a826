/** What the live topic `cases` says: how many are open, of which kind, and the worst of them. Pure. */
import type { CaseRecord } from '../../contracts/case-record.ts';
import type { CasesLive } from '../../contracts/cases.ts';
import { SEVERITIES } from '../../contracts/rules.ts';
import { compareCases } from './ranking.ts';
import { iso, isOverdue, summaryOf } from './view.ts';

export function overviewOf(
  open: Iterable<CaseRecord>,
  { latest, nowMs, top }: { latest: number; nowMs: number; top: number },
): CasesLive {
  const records = [...open].sort(compareCases('rank'));
  return {
    now: iso(nowMs),
    latest_step: latest,
    open: records.length,
    unacknowledged: records.filter(({ acknowledgedAtMs }) => acknowledgedAtMs === null).length,
    overdue: records.filter((record) => isOverdue(record, nowMs)).length,
    by_severity: counts(
      records.map(({ severity }) => severity),
      SEVERITIES,
    ),
    by_team: counts(
      records.map(({ team }) => team),
      [],
    ),
    by_status: counts(
      records.map(({ status }) => status),
      [],
    ),
    top: records.slice(0, top).map(summaryOf),
  };
}

/** How often each value stands there; those of `always` also when never. */
function counts(values: readonly string[], always: readonly string[]): Record<string, number> {
  const all: Record<string, number> = Object.fromEntries(always.map((value) => [value, 0]));
  for (const value of [...values].sort()) all[value] = (all[value] ?? 0) + 1;
  return all;
}
