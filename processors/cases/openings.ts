/**
 * A case as its facts tell it, and the rows that it stands for. A case that comes back after it was resolved
 * is opened again under its id: each opening has clocks of its own.
 *
 *             acknowledged        resolved           opened again
 *   opened ──────▶ · ───────────────▶ ┊ ────────────────▶ opening 2 …
 *      └ opened once more while open: what it says replaces, its deadlines only tighten
 *
 * An acknowledgement or a resolution while nothing is open changes nothing. Pure.
 */
import { type Fact, type FactRow } from '../facts/signed.ts';
import type { Cell } from '../processor.ts';
import type { Deadlines, Severity } from './deadlines.ts';
import { isClosed, type CaseRecord } from './record.ts';

const HOUR_MS = 3_600_000;

export interface Opened extends Fact, Deadlines {
  readonly kind: 'opened';
  readonly code: string;
  readonly severity: Severity;
  readonly entity: string;
  readonly sku: string;
  readonly node: string;
  readonly order: string;
  readonly exposure: string | null;
}

export interface Acknowledged extends Fact {
  readonly kind: 'acknowledged';
  readonly actor: string;
}

export interface Resolved extends Fact {
  readonly kind: 'resolved';
  readonly rootCause: string;
  readonly resolution: string;
}

export type CaseFact = Opened | Acknowledged | Resolved;

/** Openings, acknowledgements and closings that a step of the engine stands for. */
export function factsOfStep(
  before: CaseRecord | undefined,
  record: CaseRecord,
  actor: string,
  fact: Fact,
): CaseFact[] {
  const isNew = before === undefined || before.openings !== record.openings;
  const isWorse = before !== undefined && before.severity !== record.severity;
  const facts: CaseFact[] = [];
  if (isNew || (isWorse && !isClosed(record))) {
    const { ackDueMs, code, entity, nodeId, orderId, resolveDueMs, severity, skuId } = record;
    facts.push({
      ...{ kind: 'opened', ...fact, code, severity, entity, ackDueMs, resolveDueMs },
      ...{ sku: skuId, node: nodeId, order: orderId, exposure: record.exposure.amount },
    });
  }
  if (record.acknowledgedAtMs !== null && (isNew || before.acknowledgedAtMs === null)) {
    facts.push({ kind: 'acknowledged', ...fact, actor });
  }
  if (isClosed(record) && (before === undefined || !isClosed(before))) {
    const { resolution, rootCause } = record;
    facts.push({
      kind: 'resolved',
      ...fact,
      rootCause: rootCause ?? '',
      resolution: resolution ?? '',
    });
  }
  return facts;
}

interface Opening {
  readonly number: number;
  readonly openedMs: number;
  /** What was last said of it, with the tightest deadlines. */
  said: Opened;
  acknowledged: Acknowledged | null;
  resolved: Resolved | null;
}

/** Facts come in the order of event time. */
function openingsOf(facts: readonly CaseFact[]): Opening[] {
  const openings: Opening[] = [];
  for (const fact of facts) {
    const last = openings.at(-1);
    const open = last?.resolved === null ? last : undefined;
    switch (fact.kind) {
      case 'opened':
        if (open !== undefined) open.said = tightened(open.said, fact);
        else {
          openings.push({
            ...{ number: openings.length + 1, openedMs: fact.timeMs, said: fact },
            ...{ acknowledged: null, resolved: null },
          });
        }
        break;
      case 'acknowledged':
        if (open !== undefined) open.acknowledged ??= fact;
        break;
      case 'resolved':
        if (open !== undefined) open.resolved = fact;
        break;
      default:
        fact satisfies never;
    }
  }
  return openings;
}

const tightened = (before: Opened, after: Opened): Opened => ({
  ...after,
  ackDueMs: Math.min(before.ackDueMs, after.ackDueMs),
  resolveDueMs: Math.min(before.resolveDueMs, after.resolveDueMs),
});

/** True when the last opening is not resolved. */
export const isOpen = (facts: readonly CaseFact[]): boolean =>
  openingsOf(facts).at(-1)?.resolved === null;

/** Rows of `cases`, and of `durations` and `levels` for the KPIs. */
export function caseRows(id: string, facts: readonly CaseFact[]): FactRow[] {
  return openingsOf(facts).flatMap((opening) => openingRows(id, opening));
}

function openingRows(id: string, opening: Opening): FactRow[] {
  const { acknowledged, number, openedMs, resolved, said } = opening;
  const { code, node, sku } = said;
  const dimensions = [node, '', '', code, sku, id];
  const row = (table: FactRow['table'], name: string, cells: readonly Cell[]): FactRow => ({
    table,
    key: `${name}/${number}`,
    cells,
  });
  const rows = [
    row('cases', 'case', caseCells(id, opening)),
    row('levels', 'opened', ['cases_open', openedMs, ...dimensions, 1]),
  ];
  if (acknowledged !== null) {
    const { timeMs } = acknowledged;
    const hours = (timeMs - openedMs) / HOUR_MS;
    rows.push(row('durations', 'ack', ['case_acknowledged', timeMs, ...dimensions, hours]));
  }
  if (resolved !== null) {
    const { timeMs } = resolved;
    const hours = (timeMs - openedMs) / HOUR_MS;
    rows.push(
      row('durations', 'resolve', ['case_resolved', timeMs, ...dimensions, hours]),
      row('levels', 'closed', ['cases_open', timeMs, ...dimensions, -1]),
    );
  }
  return rows;
}

function caseCells(id: string, opening: Opening): Cell[] {
  const { acknowledged, number, openedMs, resolved, said } = opening;
  const status = acknowledged === null ? 'open' : 'acknowledged';
  return [
    id,
    number,
    said.code,
    said.severity,
    said.entity,
    said.sku,
    said.node,
    said.order,
    acknowledged?.actor ?? '',
    resolved === null ? status : 'resolved',
    openedMs,
    acknowledged?.timeMs ?? null,
    resolved?.timeMs ?? null,
    said.ackDueMs,
    said.resolveDueMs,
    said.exposure,
    resolved?.rootCause ?? '',
    resolved?.resolution ?? '',
  ];
}
