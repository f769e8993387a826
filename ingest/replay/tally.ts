/**
 * Counts what was sent, straight from the events, so that a person can hold the totals against the
 * source and against ClickHouse. Pure.
 */
import type { BatchAnswer, EventOutcome } from '../../contracts/rejections.ts';
import { typeName } from '../../contracts/envelope.ts';

/** Content of the events, from the beginning of the file (a resumed replay counts what it skips). */
export interface Contents {
  events: number;
  /** Order documents; a long order, or one that goes on later, has several. */
  orderDocuments: number;
  orderLines: number;
  /** Σ quantity of order lines. */
  unitsSold: number;
  cancelledLines: number;
  /** Σ quantity of refunds. */
  unitsCancelled: number;
  adjustments: number;
  /** Σ of the negative adjustments, as a positive number. */
  unitsWrittenOff: number;
  /** Σ of the positive adjustments, opening stock left out. */
  unitsFound: number;
  openingUnits: number;
  /** Shipments that left, and that arrived. */
  dispatches: number;
  deliveries: number;
  purchaseLines: number;
  receiptLines: number;
  unitsReceived: number;
  /** Events that were declared wrong later, such as cancelled receipts. */
  corrections: number;
}

export const noContents = (): Contents => ({
  events: 0,
  orderDocuments: 0,
  orderLines: 0,
  unitsSold: 0,
  cancelledLines: 0,
  unitsCancelled: 0,
  adjustments: 0,
  unitsWrittenOff: 0,
  unitsFound: 0,
  openingUnits: 0,
  dispatches: 0,
  deliveries: 0,
  purchaseLines: 0,
  receiptLines: 0,
  unitsReceived: 0,
  corrections: 0,
});

/** Adds one event; one that cannot be read counts as an event and nothing more. */
export function countEvent(contents: Contents, event: unknown): void {
  contents.events += 1;
  const { type, data } = (event ?? {}) as { type?: unknown; data?: Record<string, unknown> | null };
  if (typeof type !== 'string' || data === null || typeof data !== 'object') return;
  switch (typeName(type)) {
    case 'order.created': {
      const lines = linesOf(data);
      contents.orderDocuments += 1;
      contents.orderLines += lines.length;
      for (const line of lines) contents.unitsSold += units(line.qty);
      return;
    }
    case 'refund.issued':
      contents.cancelledLines += 1;
      contents.unitsCancelled += units(data['qty']);
      return;
    case 'inventory.adjusted': {
      const delta = units(data['qty_delta']);
      if (data['reason_code'] === 'opening_balance') {
        contents.openingUnits += delta;
        return;
      }
      contents.adjustments += 1;
      if (delta < 0) contents.unitsWrittenOff -= delta;
      else contents.unitsFound += delta;
      return;
    }
    case 'shipment.dispatched':
      contents.dispatches += 1;
      return;
    case 'shipment.delivered':
      contents.deliveries += 1;
      return;
    case 'purchaseorder.issued':
      contents.purchaseLines += linesOf(data).length;
      return;
    case 'receipt.line.received':
      contents.receiptLines += 1;
      contents.unitsReceived += units(data['qty_received']);
      return;
    case 'event.corrected':
      contents.corrections += 1;
      return;
    default:
      return;
  }
}

function linesOf(data: Record<string, unknown>): { qty?: unknown }[] {
  return Array.isArray(data['lines']) ? (data['lines'] as { qty?: unknown }[]) : [];
}

function units(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** What the door answered so far, over all runs of this replay. */
export interface Answers {
  accepted: number;
  duplicates: number;
  rejected: number;
  /** The first rejections, with the row that each came from. */
  firstRejections: RejectedItem[];
}

export interface RejectedItem {
  readonly row: number;
  readonly id: string;
  readonly reason: string;
  readonly detail: string;
}

/** Rejections that are kept to be shown; all of them lie in the DEAD stream. */
const MAX_SHOWN_REJECTIONS = 10;

export const noAnswers = (): Answers => ({
  accepted: 0,
  duplicates: 0,
  rejected: 0,
  firstRejections: [],
});

/** Adds a batch's answer; `rows` are the rows of its items. */
export function countAnswer(answers: Answers, answer: BatchAnswer, rows: readonly number[]): void {
  answers.accepted += answer.accepted;
  answers.duplicates += answer.duplicates;
  answers.rejected += answer.rejected;
  for (const result of answer.results) {
    if (answers.firstRejections.length >= MAX_SHOWN_REJECTIONS) return;
    if (isRejection(result)) {
      const { index, id, reason, detail } = result;
      answers.firstRejections.push({ row: rows[index] ?? 0, id: id ?? '(none)', reason, detail });
    }
  }
}

const isRejection = (
  outcome: EventOutcome,
): outcome is Extract<EventOutcome, { outcome: 'rejected' }> => outcome.outcome === 'rejected';
