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
 * Key: none. It reads nothing but the LOG. Each step is a row of the audit trail (trail.ts) with the whole
 * record after it, a signal, and a fact for the KPIs. Pure: the same log gives the same cases, escalations included.
 */
import type { DataOf } from '../../contracts/events.ts';
import { isRuleCode, type Severity } from '../../contracts/rules.ts';
import type { NodeCalendars } from '../facts/node-calendars.ts';
import { joined, jsonParts, parseJson } from '../facts/parts.ts';
import { RulePolicies } from '../facts/rule-policies.ts';
import type { Applied, Outputs, SnapshotPart } from '../processor.ts';
import { decide, VERIFY_MS, type Command } from './commands.ts';
import { deadlinesOf } from './deadlines.ts';
import {
  asRaised,
  ENGINE,
  exposureOf,
  floorOf,
  isState,
  recordOf,
  ruleOf,
  withFinding,
  withSymptom,
  type Raised,
} from './findings.ts';
import { dueSteps } from './ladder.ts';
import { factsOfStep, type CaseFact } from './openings.ts';
import { holds, isClosed, type CaseRecord, type Exposure } from './record.ts';
import { SEVERITY_LIMITS, severityOf, worse, type SeverityLimits } from './severity.ts';
import { CaseStore, keyOf } from './store.ts';
import { causesOf, explains, symptomsOf } from './symptoms.ts';
import { AuditTrail, type Link, type Step } from './trail.ts';
import { UnknownCauses } from './unknown-causes.ts';

type Cleared = DataOf<'finding.cleared'>;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Raised again within this time after it was closed, a case is opened again (REFERENCE §4.1). */
const REOPEN_MS = DAY_MS;

export interface EngineOutputs {
  /** A fact of a case for the KPIs. */
  fact(caseId: string, fact: CaseFact, applied: Applied, out: Outputs): void;
}

export class CaseEngine {
  readonly #calendars: NodeCalendars;
  readonly #rules = new RulePolicies();
  readonly #emit: EngineOutputs;
  readonly #cases = new CaseStore();
  readonly #trail = new AuditTrail();
  readonly #unknown = new UnknownCauses(this.#rules);
  #limits: SeverityLimits = SEVERITY_LIMITS;
  #minute = 0;

  constructor(calendars: NodeCalendars, emit: EngineOutputs) {
    this.#calendars = calendars;
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
    return this.#cases.open();
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
      return this.#save(
        this.#joinedBy(cause, data, nowMs),
        ours('symptom', detail, nowMs),
        applied,
        out,
      );
    }
    const known = this.#cases.ofKey(keyOf(data));
    if (known !== undefined && !isClosed(known)) {
      const step = ours('updated', data.detail, nowMs);
      return this.#save(this.#joinedBy(known, data, nowMs), step, applied, out);
    }
    if (
      known !== undefined &&
      known.closedAtMs !== null &&
      known.status !== 'merged' &&
      nowMs - known.closedAtMs <= REOPEN_MS
    ) {
      const reopened = this.#reopened(this.#joinedBy(known, data, nowMs), nowMs);
      const step = ours('reopened', `raised again: ${data.detail}`, nowMs);
      return this.#saveWithSymptoms(reopened, step, applied, out);
    }
    this.#begin(data, applied, out);
  }

  #begin(data: Raised, applied: Applied, out: Outputs): void {
    const { nowMs, seq } = applied;
    const key = keyOf(data);
    this.#cases.noteOpening(key, nowMs);
    const about = { exposure: exposureOf(data), floor: floorOf(data) };
    const severity = this.#severity(key, about, nowMs);
    const record = recordOf(data, {
      caseId: `${data.code}/${data.entity}/${seq}`,
      ...{ nowMs, severity },
      ...this.#deadlines(severity, nowMs, data.node_id ?? ''),
    });
    this.#saveWithSymptoms(record, ours('opened', data.detail, nowMs), applied, out);
  }

  /** Saves a case that has just been opened; it takes over the cases of its symptoms. */
  #saveWithSymptoms(record: CaseRecord, step: Step, applied: Applied, out: Outputs): void {
    const { nowMs } = applied;
    const { caseId } = record;
    const taken = this.#symptomCases(record, nowMs);
    this.#save(taken.reduce(withSymptom, record), step, applied, out);
    for (const symptom of taken) {
      const merged: CaseRecord = {
        ...{ ...symptom, status: 'merged', closedAtMs: nowMs, parentId: caseId },
        touchedMs: nowMs,
      };
      this.#save(merged, ours('merged', `a symptom of ${caseId}`, nowMs), applied, out);
      this.#cases.hand(symptom, caseId);
    }
  }

  #cleared(data: Cleared, applied: Applied, out: Outputs): void {
    const { nowMs } = applied;
    const record = this.#cases.ofFinding(data.finding_id);
    this.#cases.release(data.finding_id);
    if (record === undefined) return;
    const clearedAtMs = Date.parse(data.cleared_at);
    const conditions = record.conditions.map((one) =>
      one.findingId === data.finding_id ? { ...one, clearedAtMs } : one,
    );
    const next = { ...record, conditions, touchedMs: nowMs };
    const clearSinceMs = holds(next) ? null : clearedAtMs;
    this.#save({ ...next, clearSinceMs }, ours('cleared', data.detail, nowMs), applied, out);
    if (!isClosed(record)) this.#closeIfClear(record.caseId, applied, out);
  }

  #commanded(command: Command, applied: Applied, out: Outputs): void {
    const { nowMs, timeMs } = applied;
    const { actor, case_id: caseId, command: kind } = command;
    const record = this.#cases.get(caseId) ?? null;
    const decision =
      record === null
        ? ({ outcome: 'refused', detail: 'there is no such case' } as const)
        : decide(record, command, timeMs);
    if (record === null || decision.outcome === 'refused') {
      const detail = `${kind}: ${decision.detail}`;
      const step = { kind: 'refused', actor, detail, atMs: nowMs } as const;
      return this.#trail.write({ caseId, record, step }, applied, out);
    }
    const changed = { ...record, ...decision.change, touchedMs: nowMs };
    const next = kind === 'reopen' ? this.#reopened(changed, nowMs) : changed;
    this.#save(next, { kind, actor, detail: decision.detail, atMs: nowMs }, applied, out);
    if (kind === 'resolve') this.#unknown.closed(next, applied, out);
  }

  /** Once a minute of event time: what time alone brings about. */
  #onTime(applied: Applied, out: Outputs): void {
    const { nowMs } = applied;
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (minute === this.#minute) return;
    this.#minute = minute;
    for (const record of this.open()) this.#watch(record, applied, out);
    for (const record of this.#cases.toVerify(nowMs)) this.#verify(record, applied, out);
    this.#unknown.onTime(applied, out);
    this.#cases.onTime(nowMs);
  }

  #watch(record: CaseRecord, applied: Applied, out: Outputs): void {
    const { nowMs } = applied;
    let current = record;
    if (current.snoozedUntilMs !== null && nowMs >= current.snoozedUntilMs) {
      current = { ...current, snoozedUntilMs: null, touchedMs: nowMs };
      this.#save(current, ours('woken', 'the snooze is over', nowMs), applied, out);
    }
    for (const { atMs, name, tells } of dueSteps(current, nowMs)) {
      current = { ...current, escalations: [...current.escalations, name], touchedMs: nowMs };
      const detail = `${name} of its time is over: ${tells} is told`;
      this.#save(current, ours('escalated', detail, atMs), applied, out);
    }
    this.#closeIfClear(current.caseId, applied, out);
  }

  /** Closes a case that has been clear long enough, if its rule says so. */
  #closeIfClear(caseId: string, applied: Applied, out: Outputs): void {
    const { nowMs } = applied;
    const record = this.#cases.get(caseId);
    if (record === undefined || record.clearSinceMs === null || isClosed(record)) return;
    if (ruleOf(record.code)?.resolvesItself === false) return;
    const clearMin = this.#parameters(record)['clear_min'] ?? 0;
    if (nowMs - record.clearSinceMs < clearMin * MINUTE_MS) return;
    const resolution = `the condition has been clear for ${clearMin} minutes`;
    const closed: CaseRecord = {
      ...{ ...record, status: 'auto_resolved', closedAtMs: nowMs, touchedMs: nowMs, resolution },
    };
    this.#save(closed, ours('auto_resolved', resolution, nowMs), applied, out);
  }

  /** Looks again at what people called resolved: a state that still holds opens it again. */
  #verify(record: CaseRecord, applied: Applied, out: Outputs): void {
    const { nowMs } = applied;
    const verified = { ...record, verifyAtMs: null, touchedMs: nowMs };
    const still = record.conditions.filter(
      (condition) => condition.clearedAtMs === null && isState(condition),
    );
    const minutes = VERIFY_MS / MINUTE_MS;
    if (still.length === 0) {
      const detail = record.conditions.some(isState)
        ? `${minutes} minutes later no condition holds`
        : 'what has happened is for people to judge';
      return this.#save(verified, ours('verified', detail, nowMs), applied, out);
    }
    const what = still.map((one) => `${one.code} ${one.entity}`).join(', ');
    const detail = `called resolved, yet ${minutes} minutes later the condition still holds: ${what}`;
    this.#save(this.#reopened(verified, nowMs), ours('reopened', detail, nowMs), applied, out);
  }

  /** An open case that explains the finding. */
  #causeOf(data: Raised): CaseRecord | undefined {
    if (data.parent !== undefined) {
      const parent = this.#cases.ofKey(data.parent);
      if (parent !== undefined && !isClosed(parent)) return parent;
    }
    for (const cause of new Set(causesOf(data.code).map((link) => link.cause))) {
      const found = this.#cases.open(cause).find((record) => explains(record, data));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Open cases that are symptoms of a case that has just been found. */
  #symptomCases(cause: CaseRecord, nowMs: number): CaseRecord[] {
    return symptomsOf(cause.code).flatMap((code) =>
      this.#cases
        .open(code)
        .filter(
          (record) => nowMs - record.openedAtMs <= DAY_MS && explains(cause, asRaised(record)),
        ),
    );
  }

  /** A case with a finding more; it can only become worse by it. */
  #joinedBy(record: CaseRecord, data: Raised, nowMs: number): CaseRecord {
    const next = withFinding(record, data, nowMs);
    const severity = worse(record.severity, this.#severity(keyOf(record), next, nowMs)) as Severity;
    // A case that got worse is due sooner; never later than it was.
    const due = this.#deadlines(severity, record.openedAtMs, record.nodeId);
    return {
      ...next,
      severity,
      ackDueMs: Math.min(record.ackDueMs, due.ackDueMs),
      resolveDueMs: Math.min(record.resolveDueMs, due.resolveDueMs),
    };
  }

  #reopened(record: CaseRecord, nowMs: number): CaseRecord {
    const key = keyOf(record);
    this.#cases.noteOpening(key, nowMs);
    const severity = worse(record.severity, this.#severity(key, record, nowMs)) as Severity;
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
  ): Severity {
    const recurrences = this.#cases.recurrences(key, nowMs);
    return severityOf({ exposure, floor, recurrences, limits: this.#limits });
  }

  #deadlines(severity: Severity, fromMs: number, node: string) {
    return deadlinesOf(severity, fromMs, this.#calendars.of(node));
  }

  #parameters({ channelId, code, nodeId, skuId, supplierId }: CaseRecord) {
    if (!isRuleCode(code)) return {};
    const subject = { sku: skuId, node: nodeId, channel: channelId, supplier: supplierId };
    return this.#rules.of(code, subject).parameters;
  }

  /** Stores a record and tells of the step that led to it. */
  #save(record: CaseRecord, step: Step, applied: Applied, out: Outputs): void {
    const { caseId } = record;
    const before = this.#cases.put(record);
    this.#trail.write({ caseId, record, step }, applied, out);
    // A fact of its own for each step: no event's correction takes a case back.
    const fact = { identity: -this.#trail.last.n, seq: applied.seq, timeMs: applied.nowMs };
    for (const one of factsOfStep(before, record, step.actor, fact)) {
      this.#emit.fact(caseId, one, applied, out);
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    const state = { chain: this.#trail.last, minute: this.#minute, limits: this.#limits };
    return joined([
      this.#cases.snapshot(),
      jsonParts('engine.state', [state]),
      this.#unknown.snapshot(),
      this.#rules.snapshot(),
    ]);
  }

  restore(part: SnapshotPart): void {
    switch (part.name) {
      case 'engine.state': {
        const [saved] = parseJson<{ chain: Link; minute: number; limits: SeverityLimits }>(
          part.bytes,
        );
        if (saved === undefined) return;
        this.#trail.restored(saved.chain);
        this.#minute = saved.minute;
        this.#limits = saved.limits;
        return;
      }
      case 'rules':
        return this.#rules.restore(part);
      default:
        if (part.name.startsWith('unknown')) this.#unknown.restore(part);
        else this.#cases.restore(part);
    }
  }
}

/** A step that no person takes. */
const ours = (kind: Step['kind'], detail: string, atMs: number): Step => ({
  ...{ kind, actor: ENGINE, detail, atMs },
});
