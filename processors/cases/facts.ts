/**
 * The facts of exception cases: opened, acknowledged, resolved, as the log has them.
 *
 * Key: none. In: `exception.*` of other systems, the steps of our own case engine (engine.ts), calendars,
 * corrections. Out: signed rows of `cases`, `durations` and `levels`; a finding when a case is acknowledged or resolved that was never opened. Pure.
 */
import { Corrected } from '../facts/corrected.ts';
import { NodeCalendars } from '../facts/node-calendars.ts';
import { joined, jsonParts, mapParts, parseJson, restoreMap } from '../facts/parts.ts';
import { emitDifference, insertFact } from '../facts/signed.ts';
import type { Applied, Outputs, Processor, SnapshotPart } from '../processor.ts';
import { deadlinesOf } from './deadlines.ts';
import { CaseEngine } from './engine.ts';
import { caseRows, isOpen, type CaseFact } from './openings.ts';

/** Parts of a snapshot that are the engine's: engine.cases, rules, unknown.raised … */
const OF_ENGINE = /^(?:engine|unknown)(?:\.|$)|^rules$/;
const STATE_VERSION = '2';
const MINUTE_MS = 60_000;
/** A resolved case is kept for so long after its last fact (event time): it may come back, or be corrected. */
const KEPT_MS = 45 * 24 * 60 * MINUTE_MS;
/** Cases that are kept; beyond it the one that is untouched for the longest is forgotten. */
const MAX_CASES = 50_000;
/** Disorder explains a case without its opening for so long (event time). */
const DISORDER_MS = 10 * MINUTE_MS;

/** Replaced, never changed. */
interface Case {
  readonly touchedMs: number;
  readonly facts: readonly CaseFact[];
}

/** A case that was acknowledged or resolved and not opened, so far. Replaced, never changed. */
interface Unopened {
  readonly sinceMs: number;
  readonly timeMs: number;
  readonly source: string;
  readonly id: string;
}

/** The cases processor with what answers and tests are made from. */
export interface Cases extends Processor {
  readonly engine: CaseEngine;
}

export function createCases(): Cases {
  const calendars = new NodeCalendars('calendars');
  const corrected = new Corrected();
  const engine = new CaseEngine(calendars, { fact: add });
  /** The one that is untouched for the longest first. */
  const cases = new Map<string, Case>();
  const unopened = new Map<string, Unopened>();
  /** Case of each fact, for corrections. */
  const caseOf = new Map<number, string>();
  let minute = 0;

  function apply(applied: Applied, out: Outputs): void {
    onTime(applied.nowMs, out);
    engine.apply(applied, out);
    const { event } = applied;
    switch (event.type) {
      case 'stocktide.exception.opened.v1':
      case 'stocktide.exception.acknowledged.v1':
      case 'stocktide.exception.resolved.v1':
        if (!corrected.voids(applied)) add(event.data.exception_id, factOf(applied), applied, out);
        return;
      case 'stocktide.policy.set.v1':
        calendars.set(event.data, applied.timeMs);
        return;
      case 'stocktide.event.corrected.v1':
        for (const identity of corrected.note(event.data, applied.nowMs)) {
          drop(identity, applied, out);
        }
        return;
      default:
        return;
    }
  }

  function factOf({ event, identity, seq, timeMs }: Applied): CaseFact | null {
    const fact = { identity, seq, timeMs };
    switch (event.type) {
      case 'stocktide.exception.opened.v1': {
        const { code, entity, exposure_amount: exposure = null, severity } = event.data;
        const { node_id: node = '', order_id: order = '', sku_id: sku = '' } = event.data;
        return {
          ...{ kind: 'opened', ...fact, code, severity, entity, sku, node, order, exposure },
          ...deadlinesOf(severity, timeMs, calendars.of(node)),
        };
      }
      case 'stocktide.exception.acknowledged.v1':
        return { kind: 'acknowledged', ...fact, actor: event.data.actor ?? '' };
      case 'stocktide.exception.resolved.v1': {
        const { resolution = '', root_cause: rootCause = '' } = event.data;
        return { kind: 'resolved', ...fact, rootCause, resolution };
      }
      default:
        return null;
    }
  }

  function add(id: string, fact: CaseFact | null, applied: Applied, out: Outputs): void {
    if (fact === null) return;
    const facts = [...(cases.get(id)?.facts ?? [])];
    insertFact(facts, fact);
    caseOf.set(fact.identity, id);
    replace(id, facts, applied, out);
    if (facts.some(({ kind }) => kind === 'opened')) unopened.delete(id);
    else if (!unopened.has(id)) {
      const { event, nowMs, timeMs } = applied;
      unopened.set(id, { sinceMs: nowMs, timeMs, source: event.source, id: event.id });
    }
    if (cases.size <= MAX_CASES) return;
    const [oldest] = cases.keys();
    if (oldest !== undefined) forget(oldest);
  }

  function drop(identity: number, applied: Applied, out: Outputs): void {
    const id = caseOf.get(identity);
    if (id === undefined) return;
    caseOf.delete(identity);
    const facts = cases.get(id)?.facts ?? [];
    const left = facts.filter((fact) => fact.identity !== identity);
    replace(id, left, applied, out);
  }

  function replace(id: string, facts: readonly CaseFact[], applied: Applied, out: Outputs): void {
    const before = caseRows(id, cases.get(id)?.facts ?? []);
    cases.delete(id);
    cases.set(id, { touchedMs: applied.nowMs, facts });
    emitDifference(before, caseRows(id, facts), applied, out);
  }

  function forget(id: string): void {
    for (const { identity } of cases.get(id)?.facts ?? []) caseOf.delete(identity);
    cases.delete(id);
    unopened.delete(id);
  }

  /** Housekeeping once a minute of event time. */
  function onTime(nowMs: number, out: Outputs): void {
    const thisMinute = Math.floor(nowMs / MINUTE_MS);
    if (thisMinute === minute) return;
    minute = thisMinute;
    corrected.onTime(nowMs);
    for (const [id, one] of unopened) {
      if (nowMs - one.sinceMs < DISORDER_MS) continue;
      unopened.delete(id);
      flagUnopened(id, one, out);
    }
    for (const [id, { facts, touchedMs }] of cases) {
      if (nowMs - touchedMs < KEPT_MS) return;
      if (!isOpen(facts)) forget(id);
    }
  }

  const sections: Record<string, Section> = {
    minute: {
      snapshot: () => jsonParts('minute', [minute]),
      restore: ({ bytes }) => {
        [minute = 0] = parseJson<number>(bytes);
      },
    },
    calendars,
    corrected,
    unopened: {
      snapshot: () => mapParts('unopened', unopened),
      restore: ({ bytes }) => restoreMap(unopened, bytes),
    },
    cases: {
      snapshot: () => mapParts('cases', cases),
      restore: ({ bytes }) => {
        const saved = new Map<string, Case>();
        restoreMap(saved, bytes);
        for (const [id, one] of saved) {
          cases.set(id, one);
          for (const { identity } of one.facts) caseOf.set(identity, id);
        }
      },
    },
  };

  return {
    name: 'cases',
    engine,
    stateVersion: STATE_VERSION,
    apply,
    size: () => cases.size,
    snapshot: () =>
      joined([engine.snapshot(), ...Object.values(sections).map((section) => section.snapshot())]),
    restore: (parts) => {
      for (const part of parts) {
        const section = OF_ENGINE.test(part.name) ? engine : sections[part.name];
        if (section === undefined) throw new Error(`the cases processor has no part ${part.name}`);
        section.restore(part);
      }
    },
  };
}

/** A piece of the state. */
interface Section {
  snapshot(): Iterable<SnapshotPart>;
  restore(part: SnapshotPart): void;
}

function flagUnopened(id: string, { source, timeMs, id: eventId }: Unopened, out: Outputs): void {
  out.finding({
    findingId: `FLOW_VIOLATION/case_not_opened/${id}/${timeMs}`,
    code: 'FLOW_VIOLATION',
    subtype: 'case_not_opened',
    entity: `case/${id}`,
    conditionAtMs: timeMs,
    detail: `Case ${id} was acknowledged or resolved; its opening is not known`,
    evidence: [{ source, id: eventId }],
  });
}
