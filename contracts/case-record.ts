/**
 * A case as it stands, and a step of its life: what the engine writes into the audit trail and onto
 * SIGNALS, and the API reads. Records are replaced, never changed, so that a snapshot can be written while
 * the stream goes on, and each step of the audit trail holds the whole record after it.
 */
import type { CommandName, FindingCode } from './events/control.ts';
import type { RootCause, Severity, Team } from './rules.ts';

/**
 *   open ──▶ acknowledged ──▶ in_progress ──▶ resolved          by people
 *     └──────────┴────────────────┴─────────▶ auto_resolved     the condition has been clear long enough
 *                                  └────────▶ merged            it is a symptom of another case
 *   closed ──▶ open                                             raised again in time, or not really done
 */
export const OPEN_STATUSES = ['open', 'acknowledged', 'in_progress'] as const;
export const CLOSED_STATUSES: readonly string[] = ['resolved', 'auto_resolved', 'merged'];
export const CASE_STATUSES = [...OPEN_STATUSES, 'resolved', 'auto_resolved', 'merged'] as const;
export type CaseStatus = (typeof CASE_STATUSES)[number];

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

/** What happened to a case. */
export type StepKind =
  | 'opened'
  | 'updated'
  | 'symptom'
  | 'reopened'
  | 'cleared'
  | 'auto_resolved'
  | 'merged'
  | 'escalated'
  | 'woken'
  | 'verified'
  | 'refused'
  | CommandName;

/** A step as SIGNALS carries it (`sig.case.<kind>`). */
export interface CaseSignal {
  /** Number in the chain of the audit trail. */
  readonly n: number;
  readonly caseId: string;
  readonly step: {
    readonly kind: StepKind;
    readonly actor: string;
    readonly detail: string;
    /** Event time of the step. */
    readonly atMs: number;
  };
  /** The event that led to it. */
  readonly source: string;
  readonly eventId: string;
  readonly hash: string;
  /** The case after it; null for a command about a case that does not exist. */
  readonly record: CaseRecord | null;
}
