/**
 * The case engine: findings in, cases out.
 *
 *   finding.raised ─┬▶ symptom of an open case ─▶ joins it
 *                   ├▶ case of its code and entity is open ─▶ updates it
 *                   ├▶ … was closed within a day ─▶ opens it again
 *                   └▶ opens a case; takes over the cases of its symptoms
 *   finding.cleared ─▶ nothing of the case holds ─▶ clear for `clear_min` ─▶ closes by itself
 *   case.commanded ─▶ decided (commands.ts), or refused with a trace
 *   time ─▶ escalations, snoozes that end, verification of what people call resolved
 *
 * Key: none. It reads nothing but the LOG. Each step is a row of the audit trail with the whole record after
 * it, a signal, and a fact for the KPIs. Pure: the same log gives the same cases, escalations included.
 */
import type { CaseSignal } from '../../contracts/case-record.ts';
import type { DataOf } from '../../contracts/events.ts';
import {
  RULES,
  type Rule,
  type RuleCode,
  type Severity,
  type Team,
} from '../../contracts/rules.ts';
import { joined, jsonParts, mapParts, parseJson, restoreMap } from '../facts/parts.ts';
import { RulePolicies } from '../facts/rule-policies.ts';
import type { Applied, Outputs, SnapshotPart } from '../processor.ts';
import { auditHash, GENESIS } from '../../contracts/audit.ts';
import { decide, VERIFY_MS, type Command } from './commands.ts';
import { deadlinesOf, type Calendars } from './deadlines.ts';
import { dueSteps } from './ladder.ts';
import type { CaseFact } from './openings.ts';
import {
  holds,
  isClosed,
  withCondition,
  withEvidence,
  type CaseRecord,
  type Condition,
  type Exposure,
} from './record.ts';
import {
  greaterExposure,
  SEVERITY_LIMITS,
  severityOf,
  worse,
  type SeverityLimits,
} from './severity.ts';
import { causesOf, explains, symptomsOf } from './symptoms.ts';

type Raised = DataOf<'finding.raised'>;
type Cleared = DataOf<'finding.cleared'>;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Raised again within this time after it was closed, a case is opened again (REFERENCE §4.1). */
const REOPEN_MS = DAY_MS;
/** Openings of a code and entity in this time count as recurrences. */
const RECURRENCE_MS = 30 * DAY_MS;
/** A closed case is kept for so long after its last step. */
const KEPT_MS = 45 * DAY_MS;
/** Cases that are kept; beyond it the closed one that is untouched for the longest is forgotten. */
const MAX_CASES = 100_000;

type Step = CaseSignal['step'];

/** Who acts where no person does. */
const ENGINE = 'stocktide';
/** Codes that are reports of the ledger rather than exceptions of operations: their team and title. */
const REPORTS: Readonly<Record<string, { title: string; owner: Team }>> = {
  ILLEGAL_TRANSITION: { title: 'Illegal stock transition', owner: 'inventory control' },
  SNAPSHOT_REJECTED: { title: 'Stock snapshot rejected', owner: 'integrations' },
  CORRECTION_UNMATCHED: { title: 'Correction of an unknown event', owner: 'integrations' },
  FLOW_VIOLATION: { title: 'Step without the one before it', owner: 'integrations' },
  MODEL_REFUSED: { title: 'Trained model refused', owner: 'loss prevention' },
};

export interface EngineOutputs {
  /** A fact of a case for the KPIs. */
  fact(caseId: string, fact: CaseFact, applied: Applied, out: Outputs): void;
}

export class CaseEngine {
  readonly calendars: Calendars;
  readonly #rules = new RulePolicies();
  readonly #emit: EngineOutputs;
  /** By case id; the one that is untouched for the longest first. */
  readonly #cases = new Map<string, CaseRecord>();
  /** Open cases by code, in the order of their opening. */
  readonly #open = new Map<string, Set<string>>();
  /** Cases that people call resolved and that are to be looked at again. */
  readonly #toVerify = new Set<string>();
  /** Newest case of each code and entity. */
  readonly #byKey = new Map<string, string>();
  /** Case that each finding belongs to, while it is open. */
  readonly #byFinding = new Map<string, string>();
  /** When each code and entity was opened of late. */
  readonly #openedAt = new Map<string, readonly number[]>();
  #limits: SeverityLimits = SEVERITY_LIMITS;
  #chain = { n: 0, hash: GENESIS };
  #minute = 0;

  constructor(calendars: Calendars, emit: EngineOutputs) {
    this.calendars = calendars;
    this.#emit = emit;
  }

  get size(): number {
    return this.#cases.size;
  }

  /** The case of an id; undefined when there is none. */
  get(caseId: string): CaseRecord | undefined {
    return this.#cases.get(caseId);
  }

  /** Cases that are not closed. */
  open(): CaseRecord[] {
    return [...this.#open.keys()].flatMap((code) => this.#openOf(code));
  }

  apply(applied: Applied, out: Outputs): void {
    this.#onTime(applied, out);
    const { event } = applied;
    switch (event.type) {
      case 'stocktide.finding.raised.v1':
        return this.#raised(event.data, applied, out);
      case 'stocktide.finding.cleared.v1':
        return this.#cleared(event.data, applied, out);
      case 'stocktide.case.commanded.v1':
        return this.#commanded(event.data, applied, out);
      case 'stocktide.policy.set.v1':
        this.#rules.set(event.data, applied);
        if (event.data.policy === 'severity')
          this.#limits = { ...this.#limits, ...event.data.value };
        return;
      default:
        return;
    }
  }

  #raised(data: Raised, applied: Applied, out: Outputs): void {
    const { nowMs } = applied;
    const cause = this.#causeOf(data);
    if (cause !== undefined) {
      const detail = `${data.code} ${data.entity}: ${data.detail}`;
      const step = { kind: 'symptom', actor: ENGINE, detail, atMs: nowMs } as const;
      return this.#save(this.#joinedBy(cause, data, applied), step, applied, out);
    }
    const known = this.#cases.get(this.#byKey.get(keyOf(data)) ?? '');
    if (known !== undefined && !isClosed(known)) {
      const next = this.#joinedBy(known, data, applied);
      const step = { kind: 'updated', actor: ENGINE, detail: data.detail, atMs: nowMs } as const;
      return this.#save(next, step, applied, out);
    }
    if (
      known !== undefined &&
      known.closedAtMs !== null &&
      known.status !== 'merged' &&
      nowMs - known.closedAtMs <= REOPEN_MS
    ) {
      const reopened = this.#reopened(this.#joinedBy(known, data, applied), applied);
      const detail = `raised again: ${data.detail}`;
      const step = { kind: 'reopened', actor: ENGINE, detail, atMs: nowMs } as const;
      return this.#saveWithSymptoms(reopened, step, applied, out);
    }
    this.#begin(data, applied, out);
  }

  #begin(data: Raised, applied: Applied, out: Outputs): void {
    const { nowMs, seq } = applied;
    const key = keyOf(data);
    const rule: Rule | undefined = RULES[data.code as RuleCode];
    const floor = worse(rule?.floor ?? null, data.floor ?? null);
    const exposure = exposureOf(data);
    const severity = this.#severity(key, { exposure, floor }, nowMs, 1);
    const caseId = `${data.code}/${data.entity}/${seq}`;
    const record: CaseRecord = {
      ...{ caseId, code: data.code, subtype: data.subtype ?? '', entity: data.entity },
      title: rule?.title ?? REPORTS[data.code]?.title ?? data.code,
      skuId: data.sku_id ?? '',
      nodeId: data.node_id ?? '',
      orderId: data.order_id ?? '',
      channelId: data.channel_id ?? '',
      supplierId: data.supplier_id ?? '',
      locationId: data.location_id ?? '',
      actor: data.actor ?? '',
      ...{ status: 'open', severity, floor, assignee: null, detail: data.detail, exposure },
      team: rule?.owner ?? REPORTS[data.code]?.owner ?? 'integrations',
      conditionAtMs: Date.parse(data.condition_at),
      openedAtMs: nowMs,
      ...this.#deadlines(severity, nowMs, data.node_id ?? ''),
      ...{ acknowledgedAtMs: null, closedAtMs: null, snoozedUntilMs: null, clearSinceMs: null },
      ...{ verifyAtMs: null, openings: 1, escalations: [] },
      conditions: [conditionOf(data)],
      evidence: data.evidence.slice(0, 20),
      ruleVersion: data.rule_version ?? 0,
      parameters: data.parameters ?? null,
      statistic: data.statistic ?? null,
      ...{ parentId: null, rootCause: null, resolution: null, verdict: null, touchedMs: nowMs },
    };
    this.#noteOpening(key, nowMs);
    const step = { kind: 'opened', actor: ENGINE, detail: data.detail, atMs: nowMs } as const;
    this.#saveWithSymptoms(record, step, applied, out);
  }

  /** Saves a case that has just been opened; it takes over the cases of its symptoms. */
  #saveWithSymptoms(record: CaseRecord, step: Step, applied: Applied, out: Outputs): void {
    const { nowMs } = applied;
    const { caseId } = record;
    const taken = this.#symptomCases(record, applied);
    const whole = taken.reduce((cause, symptom) => withSymptom(cause, symptom), record);
    this.#save(whole, step, applied, out);
    for (const symptom of taken) {
      const detail = `a symptom of ${caseId}`;
      const merged: CaseRecord = {
        ...{ ...symptom, status: 'merged', closedAtMs: nowMs, parentId: caseId },
        touchedMs: nowMs,
      };
      this.#save(merged, { kind: 'merged', actor: ENGINE, detail, atMs: nowMs }, applied, out);
      for (const { findingId } of symptom.conditions) this.#byFinding.set(findingId, caseId);
    }
  }

  #cleared(data: Cleared, applied: Applied, out: Outputs): void {
    const { nowMs } = applied;
    const record = this.#cases.get(this.#byFinding.get(data.finding_id) ?? '');
    this.#byFinding.delete(data.finding_id);
    if (record === undefined) return;
    const clearedAtMs = Date.parse(data.cleared_at);
    const conditions = record.conditions.map((one) =>
      one.findingId === data.finding_id ? { ...one, clearedAtMs } : one,
    );
    const next = { ...record, conditions, touchedMs: nowMs };
    const clearSinceMs = holds(next) ? null : clearedAtMs;
    const step = { kind: 'cleared', actor: ENGINE, detail: data.detail, atMs: nowMs } as const;
    this.#save({ ...next, clearSinceMs }, step, applied, out);
    if (!isClosed(record)) this.#closeIfClear(record.caseId, applied, out);
  }

  #commanded(command: Command, applied: Applied, out: Outputs): void {
    const { nowMs, timeMs } = applied;
    const { actor, case_id: caseId, command: kind } = command;
    const record = this.#cases.get(caseId);
    if (record === undefined) {
      const step = {
        kind: 'refused',
        actor,
        detail: `${kind}: there is no such case`,
        atMs: nowMs,
      } as const;
      return this.#audit(caseId, null, step, applied, out);
    }
    const decision = decide(record, command, timeMs);
    if (decision.outcome === 'refused') {
      const step = {
        kind: 'refused',
        actor,
        detail: `${kind}: ${decision.detail}`,
        atMs: nowMs,
      } as const;
      return this.#audit(caseId, record, step, applied, out);
    }
    const changed = { ...record, ...decision.change, touchedMs: nowMs };
    const next = kind === 'reopen' ? this.#reopened(changed, applied) : changed;
    this.#save(next, { kind, actor, detail: decision.detail, atMs: nowMs }, applied, out);
  }

  /** Once a minute of event time: what time alone brings about. */
  #onTime(applied: Applied, out: Outputs): void {
    const { nowMs } = applied;
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (minute === this.#minute) return;
    this.#minute = minute;
    for (const record of this.open()) this.#watch(record, applied, out);
    for (const caseId of [...this.#toVerify]) this.#verify(caseId, applied, out);
    // Longest untouched first.
    for (const record of this.#cases.values()) {
      if (nowMs - record.touchedMs <= KEPT_MS) break;
      if (isClosed(record)) this.#forget(record);
    }
    for (const [key, times] of this.#openedAt) {
      if (nowMs - (times.at(-1) ?? 0) > RECURRENCE_MS) this.#openedAt.delete(key);
    }
  }

  #watch(record: CaseRecord, applied: Applied, out: Outputs): void {
    const { nowMs } = applied;
    let current = record;
    if (current.snoozedUntilMs !== null && nowMs >= current.snoozedUntilMs) {
      current = { ...current, snoozedUntilMs: null, touchedMs: nowMs };
      const step = {
        kind: 'woken',
        actor: ENGINE,
        detail: 'the snooze is over',
        atMs: nowMs,
      } as const;
      this.#save(current, step, applied, out);
    }
    for (const { atMs, name, tells } of dueSteps(current, nowMs)) {
      current = { ...current, escalations: [...current.escalations, name], touchedMs: nowMs };
      const detail = `${name} of its time is over: ${tells} is told`;
      this.#save(current, { kind: 'escalated', actor: ENGINE, detail, atMs }, applied, out);
    }
    this.#closeIfClear(current.caseId, applied, out);
  }

  /** Closes a case that has been clear long enough, if its rule says so. */
  #closeIfClear(caseId: string, applied: Applied, out: Outputs): void {
    const { nowMs } = applied;
    const record = this.#cases.get(caseId);
    if (record === undefined || record.clearSinceMs === null || isClosed(record)) return;
    const rule: Rule | undefined = RULES[record.code as RuleCode];
    if (rule?.resolvesItself === false) return;
    const clearMin = this.#parameters(record)['clear_min'] ?? 0;
    if (nowMs - record.clearSinceMs < clearMin * MINUTE_MS) return;
    const resolution = `the condition has been clear for ${clearMin} minutes`;
    const closed: CaseRecord = {
      ...{ ...record, status: 'auto_resolved', closedAtMs: nowMs, touchedMs: nowMs, resolution },
    };
    const step = { kind: 'auto_resolved', actor: ENGINE, detail: resolution, atMs: nowMs } as const;
    this.#save(closed, step, applied, out);
  }

  /** Looks again at what people called resolved: a condition that still holds opens it again. */
  #verify(caseId: string, applied: Applied, out: Outputs): void {
    const { nowMs } = applied;
    const record = this.#cases.get(caseId);
    if (record === undefined || record.verifyAtMs === null) {
      this.#toVerify.delete(caseId);
      return;
    }
    if (nowMs < record.verifyAtMs) return;
    this.#toVerify.delete(caseId);
    const verified = { ...record, verifyAtMs: null };
    const still = record.conditions.filter(({ clearedAtMs }) => clearedAtMs === null);
    if (still.length === 0) {
      this.#cases.set(caseId, verified);
      return;
    }
    const what = still.map((one) => `${one.code} ${one.entity}`).join(', ');
    const detail = `called resolved, yet ${VERIFY_MS / MINUTE_MS} minutes later the condition still holds: ${what}`;
    const step = { kind: 'reopened', actor: ENGINE, detail, atMs: nowMs } as const;
    this.#save(this.#reopened(verified, applied), step, applied, out);
  }

  #openOf(code: string): CaseRecord[] {
    return [...(this.#open.get(code) ?? [])].flatMap((caseId) => this.#cases.get(caseId) ?? []);
  }

  /** An open case that explains the finding. */
  #causeOf(data: Raised): CaseRecord | undefined {
    if (data.parent !== undefined) {
      const parent = this.#cases.get(this.#byKey.get(data.parent) ?? '');
      return parent === undefined || isClosed(parent) ? undefined : parent;
    }
    for (const cause of new Set(causesOf(data.code).map((link) => link.cause))) {
      const found = this.#openOf(cause).find((record) => explains(record, data));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Open cases that are symptoms of a case that has just been found. */
  #symptomCases(cause: CaseRecord, { nowMs }: Applied): CaseRecord[] {
    return symptomsOf(cause.code).flatMap((code) =>
      this.#openOf(code).filter(
        (record) => nowMs - record.openedAtMs <= DAY_MS && explains(cause, asRaised(record)),
      ),
    );
  }

  #joinedBy(record: CaseRecord, data: Raised, { nowMs }: Applied): CaseRecord {
    const exposure = greaterExposure(record.exposure, exposureOf(data));
    const own = data.code === record.code;
    const floor = worse(record.floor, data.floor ?? null);
    const severity = worse(
      record.severity,
      this.#severity(keyOf(record), { exposure, floor }, nowMs, 0),
    ) as Severity;
    return {
      ...record,
      ...(own ? { detail: data.detail, subtype: data.subtype ?? record.subtype } : {}),
      ...{ exposure, floor, severity, clearSinceMs: null, touchedMs: nowMs },
      ...this.#tightened(record, severity),
      conditions: withCondition(record, conditionOf(data)),
      evidence: withEvidence(record.evidence, data.evidence),
      statistic: own ? (data.statistic ?? record.statistic) : record.statistic,
    };
  }

  #reopened(record: CaseRecord, { nowMs }: Applied): CaseRecord {
    const key = keyOf(record);
    this.#noteOpening(key, nowMs);
    const severity = worse(record.severity, this.#severity(key, record, nowMs, 0)) as Severity;
    return {
      ...record,
      ...{ status: 'open', severity, openedAtMs: nowMs, openings: record.openings + 1 },
      ...this.#deadlines(severity, nowMs, record.nodeId),
      ...{ acknowledgedAtMs: null, closedAtMs: null, snoozedUntilMs: null, verifyAtMs: null },
      ...{ clearSinceMs: holds(record) ? null : record.clearSinceMs, escalations: [] },
      touchedMs: nowMs,
    };
  }

  #severity(
    key: string,
    { exposure, floor }: { exposure: Exposure; floor: Severity | null },
    nowMs: number,
    more: number,
  ): Severity {
    const times = this.#openedAt.get(key) ?? [];
    const recurrences = times.filter((atMs) => nowMs - atMs <= RECURRENCE_MS).length + more;
    return severityOf({ exposure, floor, recurrences, limits: this.#limits });
  }

  #noteOpening(key: string, nowMs: number): void {
    const times = this.#openedAt.get(key) ?? [];
    this.#openedAt.delete(key);
    this.#openedAt.set(key, [...times.slice(-9), nowMs]);
  }

  #deadlines(severity: Severity, fromMs: number, node: string) {
    return deadlinesOf(severity, fromMs, this.calendars.of(node));
  }

  /** A case that got worse is due sooner; never later than it was. */
  #tightened(record: CaseRecord, severity: Severity) {
    const due = this.#deadlines(severity, record.openedAtMs, record.nodeId);
    return {
      ackDueMs: Math.min(record.ackDueMs, due.ackDueMs),
      resolveDueMs: Math.min(record.resolveDueMs, due.resolveDueMs),
    };
  }

  #parameters({ channelId, code, nodeId, skuId, supplierId }: CaseRecord) {
    if (!(code in RULES)) return {};
    const subject = { sku: skuId, node: nodeId, channel: channelId, supplier: supplierId };
    return this.#rules.of(code as RuleCode, subject).parameters;
  }

  /** Stores a record, behind all others, and tells of the step that led to it. */
  #save(record: CaseRecord, step: Step, applied: Applied, out: Outputs): void {
    const before = this.#cases.get(record.caseId);
    this.#cases.delete(record.caseId);
    this.#cases.set(record.caseId, record);
    this.#byKey.set(keyOf(record), record.caseId);
    this.#index(record);
    for (const { clearedAtMs, findingId } of record.conditions) {
      if (clearedAtMs === null && record.status !== 'merged') {
        this.#byFinding.set(findingId, record.caseId);
      }
    }
    this.#audit(record.caseId, record, step, applied, out);
    this.#tellFacts(before, record, step, applied, out);
    if (this.#cases.size > MAX_CASES) this.#makeRoom();
  }

  #index(record: CaseRecord): void {
    let open = this.#open.get(record.code);
    if (open === undefined) this.#open.set(record.code, (open = new Set()));
    if (isClosed(record)) open.delete(record.caseId);
    else open.add(record.caseId);
    if (record.verifyAtMs !== null) this.#toVerify.add(record.caseId);
  }

  #audit(
    caseId: string,
    record: CaseRecord | null,
    step: Step,
    applied: Applied,
    out: Outputs,
  ): void {
    const { actor, atMs, detail, kind } = step;
    const { event, seq } = applied;
    const n = this.#chain.n + 1;
    const previous = this.#chain.hash;
    const cells = [
      n,
      caseId,
      new Date(atMs).toISOString(),
      kind,
      actor,
      detail,
      record?.code ?? '',
      record?.status ?? '',
      record?.severity ?? '',
      record?.team ?? '',
      record === null ? '' : JSON.stringify(record),
      event.source,
      event.id,
      seq,
    ];
    const hash = auditHash(previous, cells);
    this.#chain = { n, hash };
    out.row('case_events', [...cells, previous, hash]);
    const { id: eventId, source } = event;
    const signal: CaseSignal = { n, caseId, step, source, eventId, hash, record };
    out.signal({ subject: `sig.case.${kind}`, id: `case/${n}`, data: signal });
  }

  /** Openings, acknowledgements and closings for the KPIs. */
  #tellFacts(
    before: CaseRecord | undefined,
    record: CaseRecord,
    step: Step,
    applied: Applied,
    out: Outputs,
  ): void {
    const { nowMs, seq } = applied;
    // A fact of its own for each step: no event's correction takes a case back.
    const fact = { identity: -this.#chain.n, seq, timeMs: nowMs };
    const isNew = before === undefined || before.openings !== record.openings;
    const isWorse = before !== undefined && before.severity !== record.severity;
    const tell = (one: CaseFact) => this.#emit.fact(record.caseId, one, applied, out);
    if (isNew || (isWorse && !isClosed(record))) {
      const { ackDueMs, code, entity, nodeId, orderId, resolveDueMs, severity, skuId } = record;
      tell({
        ...{ kind: 'opened', ...fact, code, severity, entity, ackDueMs, resolveDueMs },
        ...{ sku: skuId, node: nodeId, order: orderId, exposure: record.exposure.amount },
      });
    }
    if (record.acknowledgedAtMs !== null && (isNew || before.acknowledgedAtMs === null)) {
      tell({ kind: 'acknowledged', ...fact, actor: step.actor });
    }
    if (isClosed(record) && (before === undefined || !isClosed(before))) {
      const { resolution, rootCause } = record;
      tell({ kind: 'resolved', ...fact, rootCause: rootCause ?? '', resolution: resolution ?? '' });
    }
  }

  #makeRoom(): void {
    for (const record of this.#cases.values()) {
      if (!isClosed(record)) continue;
      this.#forget(record);
      return;
    }
  }

  #forget(record: CaseRecord): void {
    this.#cases.delete(record.caseId);
    this.#toVerify.delete(record.caseId);
    if (this.#byKey.get(keyOf(record)) === record.caseId) this.#byKey.delete(keyOf(record));
    for (const { findingId } of record.conditions) {
      if (this.#byFinding.get(findingId) === record.caseId) this.#byFinding.delete(findingId);
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return joined([
      mapParts('engine.cases', this.#cases),
      jsonParts(
        'engine.open',
        [...this.#open].map(([code, ids]) => [code, [...ids]]),
      ),
      jsonParts('engine.verify', [...this.#toVerify]),
      mapParts('engine.keys', this.#byKey),
      mapParts('engine.findings', this.#byFinding),
      mapParts('engine.openings', this.#openedAt),
      jsonParts('engine.state', [
        { chain: this.#chain, minute: this.#minute, limits: this.#limits },
      ]),
      this.#rules.snapshot(),
    ]);
  }

  restore(part: SnapshotPart): void {
    switch (part.name) {
      case 'engine.cases':
        return restoreMap(this.#cases, part.bytes);
      case 'engine.open':
        for (const [code, ids] of parseJson<[string, string[]]>(part.bytes)) {
          this.#open.set(code, new Set(ids));
        }
        return;
      case 'engine.verify':
        for (const caseId of parseJson<string>(part.bytes)) this.#toVerify.add(caseId);
        return;
      case 'engine.keys':
        return restoreMap(this.#byKey, part.bytes);
      case 'engine.findings':
        return restoreMap(this.#byFinding, part.bytes);
      case 'engine.openings':
        return restoreMap(this.#openedAt, part.bytes);
      case 'engine.state': {
        const [saved] = parseJson<{
          chain: { n: number; hash: string };
          minute: number;
          limits: SeverityLimits;
        }>(part.bytes);
        if (saved === undefined) return;
        this.#chain = saved.chain;
        this.#minute = saved.minute;
        this.#limits = saved.limits;
        return;
      }
      default:
        return this.#rules.restore(part);
    }
  }
}

const keyOf = ({ code, entity }: { code: string; entity: string }) => `${code} ${entity}`;

function exposureOf(data: Raised): Exposure {
  return {
    units: data.units ?? 0,
    amount: data.amount ?? '0',
    orders: data.orders_at_risk ?? 0,
  };
}

function conditionOf(data: Raised): Condition {
  return {
    findingId: data.finding_id,
    code: data.code,
    subtype: data.subtype ?? '',
    entity: data.entity,
    detail: data.detail,
    atMs: Date.parse(data.condition_at),
    clearedAtMs: null,
  };
}

/** A case of a symptom as the finding that opened it, to see whether a cause explains it. */
function asRaised(record: CaseRecord): Raised {
  return {
    finding_id: record.caseId,
    processor: ENGINE,
    code: record.code,
    entity: record.entity,
    condition_at: new Date(record.conditionAtMs).toISOString(),
    detail: record.detail,
    evidence: [...record.evidence],
    ...(record.skuId === '' ? {} : { sku_id: record.skuId }),
    ...(record.nodeId === '' ? {} : { node_id: record.nodeId }),
    ...(record.locationId === '' ? {} : { location_id: record.locationId }),
  };
}

function withSymptom(cause: CaseRecord, symptom: CaseRecord): CaseRecord {
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
