/** Records of the case engine as the API shows them. Pure. */
import { OPEN_STATUSES, type CaseRecord, type CaseSignal } from '../../contracts/case-record.ts';
import type {
  CaseDetail,
  CaseEvidence,
  CaseRule,
  CaseStep,
  CaseSummary,
} from '../../contracts/cases.ts';
import type { CommandName } from '../../contracts/events/control.ts';
import { ROOT_CAUSES, RULES, TEAMS, type Rule, type RuleCode } from '../../contracts/rules.ts';

const OPEN: readonly string[] = OPEN_STATUSES;

export const iso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

export const isOpen = ({ status }: CaseRecord): boolean => OPEN.includes(status);

/** Its clock to acknowledge or to resolve has run out. */
export const isOverdue = (record: CaseRecord, nowMs: number): boolean =>
  isOpen(record) &&
  (nowMs > record.resolveDueMs || (record.acknowledgedAtMs === null && nowMs > record.ackDueMs));

export function summaryOf(record: CaseRecord): CaseSummary {
  const { code, detail, entity, exposure, severity, status, team, title } = record;
  return {
    ...{ case_id: record.caseId, code, title, entity },
    ...{ sku_id: record.skuId, node_id: record.nodeId, order_id: record.orderId },
    ...{ channel_id: record.channelId, supplier_id: record.supplierId },
    ...{
      location_id: record.locationId,
      status,
      severity,
      team,
      assignee: record.assignee,
      detail,
    },
    ...{ units: exposure.units, amount: exposure.amount, orders_at_risk: exposure.orders },
    opened_at: iso(record.openedAtMs),
    ack_due_at: iso(record.ackDueMs),
    resolve_due_at: iso(record.resolveDueMs),
    acknowledged_at: isoOrNull(record.acknowledgedAtMs),
    closed_at: isoOrNull(record.closedAtMs),
    snoozed_until: isoOrNull(record.snoozedUntilMs),
    clear_since: isoOrNull(record.clearSinceMs),
    openings: record.openings,
    escalations: [...record.escalations],
    symptoms: record.conditions.filter((one) => !isOwn(record, one)).length,
  };
}

export function detailOf(
  record: CaseRecord,
  { evidence, nowMs, steps }: { evidence: CaseEvidence[]; nowMs: number; steps: CaseSignal[] },
): CaseDetail {
  const rule = ruleOf(record);
  const usual = rule?.causes ?? [];
  return {
    ...summaryOf(record),
    now: iso(nowMs),
    subtype: record.subtype,
    condition_at: iso(record.conditionAtMs),
    actor: record.actor,
    conditions: record.conditions.map((one) => ({
      ...{ code: one.code, subtype: one.subtype, entity: one.entity, detail: one.detail },
      at: iso(one.atMs),
      cleared_at: isoOrNull(one.clearedAtMs),
      own: isOwn(record, one),
    })),
    evidence,
    statistic: record.statistic,
    course: courseOf(steps),
    rule,
    parent_id: record.parentId,
    root_cause: record.rootCause,
    resolution: record.resolution,
    verdict: record.verdict,
    verify_at: isoOrNull(record.verifyAtMs),
    steps: steps.map(stepOf),
    allowed: allowedCommands(record),
    choices: {
      root_causes: [...usual, ...ROOT_CAUSES.filter((cause) => !usual.includes(cause))],
      teams: [...TEAMS],
    },
  };
}

/** The statistic as the steps have it, each value once. */
function courseOf(steps: readonly CaseSignal[]): CaseDetail['course'] {
  const course: CaseDetail['course'] = [];
  for (const { record, step } of steps) {
    const statistic = record?.statistic ?? null;
    if (statistic === null || statistic.value === course.at(-1)?.value) continue;
    course.push({ at: iso(step.atMs), value: statistic.value, limit: statistic.limit });
  }
  return course;
}

const isOwn = (record: CaseRecord, { code, entity }: { code: string; entity: string }): boolean =>
  code === record.code && entity === record.entity;

/** The rule with the parameters that the case was raised under; null for reports of the ledger. */
function ruleOf({ code, parameters, ruleVersion }: CaseRecord): CaseRule | null {
  if (!Object.hasOwn(RULES, code)) return null;
  const rule: Rule = RULES[code as RuleCode];
  return {
    ...{ title: rule.title, owner: rule.owner, resolves_itself: rule.resolvesItself },
    version: ruleVersion,
    parameters: Object.entries(rule.parameters).map(([name, { description, value }]) => ({
      ...{ name, value: parameters?.[name] ?? value, default: value, description },
    })),
    causes: [...rule.causes],
  };
}

/** What the engine would take now. The engine decides; this spares people a refusal. */
export function allowedCommands(record: CaseRecord): CommandName[] {
  if (!isOpen(record)) return ['comment', 'judge', 'reopen'];
  const waits =
    record.code === 'UNAPPROVED_ADJUSTMENT' &&
    record.conditions.some(({ clearedAtMs }) => clearedAtMs === null);
  return [
    ...(record.acknowledgedAtMs === null ? (['acknowledge'] as const) : []),
    ...(['assign', 'start', 'comment', 'snooze', 'judge', 'take'] as const),
    waits ? 'approve' : 'resolve',
  ];
}

export function stepOf({ hash, n, record, step }: CaseSignal): CaseStep {
  const { actor, atMs, detail, kind } = step;
  return {
    ...{ n, at: iso(atMs), kind, actor, detail },
    status: record?.status ?? '',
    severity: record?.severity ?? '',
    hash,
  };
}
