/**
 * What is done with the records of cases (contracts/case-record.ts): whether they are closed, whether their
 * condition holds, and how conditions and evidence join them within bounds. Pure.
 */
import { CLOSED_STATUSES, type CaseRecord, type Condition } from '../../contracts/case-record.ts';

export type { CaseRecord, Condition, Exposure } from '../../contracts/case-record.ts';

/** Conditions and pieces of evidence that a case keeps: the oldest cleared ones go first, then symptoms. */
const MAX_CONDITIONS = 50;
const MAX_EVIDENCE = 20;
/** Reports of what has happened; nothing clears them. */
const ENDLESS: ReadonlySet<string> = new Set([
  'FLOW_VIOLATION',
  'ILLEGAL_TRANSITION',
  'CORRECTION_UNMATCHED',
]);

export const isClosed = ({ status }: CaseRecord): boolean => CLOSED_STATUSES.includes(status);

/** True while a condition holds. A report that nothing ever ends keeps its own case open, and no cause's. */
export const holds = ({ code: own, conditions }: CaseRecord): boolean =>
  conditions.some(
    ({ clearedAtMs, code }) => clearedAtMs === null && (code === own || !ENDLESS.has(code)),
  );

/** The conditions with one more, or with what is newly said of one that is known. */
export function withCondition(
  { conditions, entity }: Pick<CaseRecord, 'conditions' | 'entity'>,
  added: Condition,
): Condition[] {
  const others = conditions.filter(({ findingId }) => findingId !== added.findingId);
  const all = [...others, added];
  while (all.length > MAX_CONDITIONS) {
    const cleared = all.findIndex(({ clearedAtMs }) => clearedAtMs !== null);
    const symptom = all.findIndex((one) => one.entity !== entity);
    all.splice(cleared === -1 ? Math.max(0, symptom) : cleared, 1);
  }
  return all;
}

export function withEvidence(
  evidence: CaseRecord['evidence'],
  added: CaseRecord['evidence'],
): CaseRecord['evidence'] {
  const known = new Set(evidence.map(({ id, source }) => `${source} ${id}`));
  const fresh = added.filter(({ id, source }) => !known.has(`${source} ${id}`));
  return [...evidence, ...fresh].slice(-MAX_EVIDENCE);
}
