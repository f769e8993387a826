/**
 * The escalation ladder (REFERENCE §4.1), on event time: who is told when a case is not taken, or not done.
 *
 *   acknowledge:  100 % of its time ─▶ team lead      200 % ─▶ operations manager
 *   resolve:       80 % ─▶ owner      100 % ─▶ lead   150 % ─▶ manager    SEV1 200 % ─▶ head of operations
 */
import type { CaseRecord } from './record.ts';

export interface Step {
  readonly name: string;
  readonly tells: 'owner' | 'team lead' | 'operations manager' | 'head of operations';
  readonly atMs: number;
}

/** Steps of the current opening, in the order of their time. */
export function stepsOf(record: CaseRecord): Step[] {
  const { ackDueMs, acknowledgedAtMs, openedAtMs, resolveDueMs, severity } = record;
  const part = (dueMs: number, share: number) => openedAtMs + share * (dueMs - openedAtMs);
  const steps: Step[] = [
    { name: 'resolve 80 %', tells: 'owner', atMs: part(resolveDueMs, 0.8) },
    { name: 'resolve 100 %', tells: 'team lead', atMs: resolveDueMs },
    { name: 'resolve 150 %', tells: 'operations manager', atMs: part(resolveDueMs, 1.5) },
  ];
  if (severity === 'SEV1') {
    const atMs = part(resolveDueMs, 2);
    steps.push({ name: 'resolve 200 %', tells: 'head of operations', atMs });
  }
  if (acknowledgedAtMs === null) {
    steps.push(
      { name: 'acknowledge 100 %', tells: 'team lead', atMs: ackDueMs },
      { name: 'acknowledge 200 %', tells: 'operations manager', atMs: part(ackDueMs, 2) },
    );
  }
  return steps.sort((a, b) => a.atMs - b.atMs);
}

/** Steps that are due and were not taken; none while the case is snoozed. */
export function dueSteps(record: CaseRecord, nowMs: number): Step[] {
  if (record.snoozedUntilMs !== null && nowMs < record.snoozedUntilMs) return [];
  return stepsOf(record).filter(
    ({ atMs, name }) => atMs <= nowMs && !record.escalations.includes(name),
  );
}
