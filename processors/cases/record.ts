/**
 * A case as it stands. Records are replaced, never changed, so that a snapshot can be written while the
 * stream goes on, and each step of the audit trail holds the whole record after it.
 */
import type { FindingCode } from '../../contracts/events/control.ts';
import type { RootCause, Severity, Team } from '../../contracts/rules.ts';

/**
 *   open ──▶ acknowledged ──▶ in_progress ──▶ resolved          by people
 *     └──────────┴────────────────┴─────────▶ auto_resolved     the condition has been clear long enough
 *                                  └────────▶ merged            it is a symptom of another case
 *   closed ──▶ open                                             raised again in time, or not really done
 */
export type CaseStatus =
  'open' | 'acknowledged' | 'in_progress' | 'resolved' | 'auto_resolved' | 'merged';

/** A finding that belongs to a case: the cause, or a symptom of it. */
export interface Condition {
  readonly findingId: string;
  readonly code: FindingCode;
  readonly subtype: string;
  readonly entity: string;
  readonly detail: string;
  readonly atMs: number;
  /** Null while it holds. */
  readonly clearedAtMs: number | null;
}

export interface Exposure {
  readonly units: number;
  /** Decimal string, house currency. */
  readonly amount: string;
  readonly orders: number;
}

export interface CaseRecord {
  readonly caseId: string;
  readonly code: FindingCode;
  readonly subtype: string;
  readonly title: string;
  readonly entity: string;
  readonly skuId: string;
  readonly nodeId: string;
  readonly orderId: string;
  readonly channelId: string;
  readonly supplierId: string;
  readonly locationId: string;
  /** Whose act it is about, such as who adjusted; pseudonymous. */
  readonly actor: string;
  readonly status: CaseStatus;
  readonly severity: Severity;
  /** The least severity that its rule and its findings give it. */
  readonly floor: Severity | null;
  readonly team: Team;
  readonly assignee: string | null;
  readonly detail: string;
  readonly exposure: Exposure;
  /** Event time of the condition, and of its detection: clocks run from the latter. */
  readonly conditionAtMs: number;
  readonly openedAtMs: number;
  readonly ackDueMs: number;
  readonly resolveDueMs: number;
  readonly acknowledgedAtMs: number | null;
  readonly closedAtMs: number | null;
  readonly snoozedUntilMs: number | null;
  /** Since when no condition holds; null while one does. */
  readonly clearSinceMs: number | null;
  /** When what people call resolved is looked at again. */
  readonly verifyAtMs: number | null;
  readonly openings: number;
  /** Steps of the ladder that were taken in this opening. */
  readonly escalations: readonly string[];
  readonly conditions: readonly Condition[];
  readonly evidence: readonly { source: string; id: string }[];
  readonly ruleVersion: number;
  readonly parameters: Readonly<Record<string, number>> | null;
  readonly statistic: {
    readonly name: string;
    readonly value: number;
    readonly expected: number;
    readonly limit: number;
    readonly p?: number;
  } | null;
  /** Case that this one is a symptom of. */
  readonly parentId: string | null;
  readonly rootCause: RootCause | null;
  readonly resolution: string | null;
  readonly verdict: 'true' | 'false' | 'expected' | null;
  readonly touchedMs: number;
}

/** Conditions and pieces of evidence that a case keeps: the oldest cleared ones go first, then symptoms. */
const MAX_CONDITIONS = 50;
const MAX_EVIDENCE = 20;

export const isClosed = ({ status }: CaseRecord): boolean =>
  status === 'resolved' || status === 'auto_resolved' || status === 'merged';

export const holds = ({ conditions }: CaseRecord): boolean =>
  conditions.some(({ clearedAtMs }) => clearedAtMs === null);

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
