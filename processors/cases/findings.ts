/** What findings make of a case: its record when it opens, and what joins it later. Pure. */
import type { DataOf } from '../../contracts/events.ts';
import {
  RULES,
  type Rule,
  type RuleCode,
  type Severity,
  type Team,
} from '../../contracts/rules.ts';
import {
  withCondition,
  withEvidence,
  type CaseRecord,
  type Condition,
  type Exposure,
} from './record.ts';
import { greaterExposure, worse } from './severity.ts';

export type Raised = DataOf<'finding.raised'>;

/** Who acts where no person does. */
export const ENGINE = 'stocktide';

const MAX_EVIDENCE = 20;

/** Codes that are reports of the ledger rather than exceptions of operations: their team and title. */
const REPORTS: Readonly<Record<string, { title: string; owner: Team }>> = {
  ILLEGAL_TRANSITION: { title: 'Illegal stock transition', owner: 'inventory control' },
  SNAPSHOT_REJECTED: { title: 'Stock snapshot rejected', owner: 'integrations' },
  CORRECTION_UNMATCHED: { title: 'Correction of an unknown event', owner: 'integrations' },
  FLOW_VIOLATION: { title: 'Step without the one before it', owner: 'integrations' },
  MODEL_REFUSED: { title: 'Trained model refused', owner: 'loss prevention' },
};

export const ruleOf = (code: string): Rule | undefined => RULES[code as RuleCode];

/** True when the condition is a state that the ledger sees end, rather than something that has happened. */
export const isState = ({ code }: Pick<Condition, 'code'>): boolean =>
  ruleOf(code)?.isState === true;

/** What the engine works out when a case opens. */
export interface Opening {
  readonly caseId: string;
  readonly nowMs: number;
  readonly severity: Severity;
  readonly ackDueMs: number;
  readonly resolveDueMs: number;
}

/** The least severity that the rule and the finding give it. */
export const floorOf = ({ code, floor }: Raised): Severity | null =>
  worse(ruleOf(code)?.floor ?? null, floor ?? null);

export function recordOf(data: Raised, opening: Opening): CaseRecord {
  const { nowMs, ...clocks } = opening;
  const { code } = data;
  const rule = ruleOf(code);
  return {
    ...clocks,
    ...{ code, subtype: data.subtype ?? '', entity: data.entity },
    title: rule?.title ?? REPORTS[code]?.title ?? code,
    skuId: data.sku_id ?? '',
    nodeId: data.node_id ?? '',
    orderId: data.order_id ?? '',
    channelId: data.channel_id ?? '',
    supplierId: data.supplier_id ?? '',
    locationId: data.location_id ?? '',
    actor: data.actor ?? '',
    ...{ status: 'open', floor: floorOf(data), assignee: null, detail: data.detail },
    exposure: exposureOf(data),
    team: data.team ?? rule?.owner ?? REPORTS[code]?.owner ?? 'integrations',
    conditionAtMs: Date.parse(data.condition_at),
    openedAtMs: nowMs,
    ...{ acknowledgedAtMs: null, closedAtMs: null, snoozedUntilMs: null, clearSinceMs: null },
    ...{ verifyAtMs: null, openings: 1, escalations: [] },
    conditions: [conditionOf(data)],
    evidence: data.evidence.slice(0, MAX_EVIDENCE),
    ruleVersion: data.rule_version ?? 0,
    parameters: data.parameters ?? null,
    statistic: data.statistic ?? null,
    ...{ parentId: null, rootCause: null, resolution: null, verdict: null, touchedMs: nowMs },
  };
}

/** A case with what a finding of its own, or a symptom, adds to it. Its severity is for the engine to say. */
export function withFinding(record: CaseRecord, data: Raised, nowMs: number): CaseRecord {
  const own = data.code === record.code;
  return {
    ...record,
    ...(own ? { detail: data.detail, subtype: data.subtype ?? record.subtype } : {}),
    exposure: greaterExposure(record.exposure, exposureOf(data)),
    floor: worse(record.floor, data.floor ?? null),
    ...{ clearSinceMs: null, touchedMs: nowMs },
    conditions: withCondition(record, conditionOf(data)),
    evidence: withEvidence(record.evidence, data.evidence),
    statistic: own ? (data.statistic ?? record.statistic) : record.statistic,
  };
}

/** A cause with the case of a symptom taken over. */
export function withSymptom(cause: CaseRecord, symptom: CaseRecord): CaseRecord {
  return {
    ...cause,
    exposure: greaterExposure(cause.exposure, symptom.exposure),
    severity: worse(cause.severity, symptom.severity) as Severity,
    ackDueMs: Math.min(cause.ackDueMs, symptom.ackDueMs),
    resolveDueMs: Math.min(cause.resolveDueMs, symptom.resolveDueMs),
    conditions: symptom.conditions.reduce<readonly Condition[]>(
      (conditions, one) => withCondition({ conditions, entity: cause.entity }, one),
      cause.conditions,
    ),
    evidence: withEvidence(cause.evidence, symptom.evidence),
  };
}

/** A case of a symptom as the finding that opened it, to see whether a cause explains it. */
export function asRaised(record: CaseRecord): Raised {
  return {
    finding_id: record.caseId,
    processor: ENGINE,
    code: record.code,
    entity: record.entity,
    ...(record.subtype === '' ? {} : { subtype: record.subtype }),
    condition_at: new Date(record.conditionAtMs).toISOString(),
    detail: record.detail,
    evidence: [...record.evidence],
    ...(record.skuId === '' ? {} : { sku_id: record.skuId }),
    ...(record.nodeId === '' ? {} : { node_id: record.nodeId }),
    ...(record.locationId === '' ? {} : { location_id: record.locationId }),
  };
}

export const exposureOf = (data: Raised): Exposure => ({
  units: data.units ?? 0,
  amount: data.amount ?? '0',
  orders: data.orders_at_risk ?? 0,
});

const conditionOf = (data: Raised): Condition => ({
  findingId: data.finding_id,
  code: data.code,
  subtype: data.subtype ?? '',
  entity: data.entity,
  detail: data.detail,
  atMs: Date.parse(data.condition_at),
  clearedAtMs: null,
});
