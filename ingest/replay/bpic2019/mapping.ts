/**
 * The BPI Challenge 2019 log to canonical events: purchase orders of a company, their receipts, and the
 * receipts that were taken back. Pure; docs/replay.md says why.
 *
 *   item created          ──▶ purchaseorder.issued
 *   confirmation          ──▶ purchaseorder.acknowledged
 *   quantity, deletion    ──▶ purchaseorder.changed
 *   goods receipt         ──▶ receipt.line.received
 *   receipt cancelled     ──▶ event.corrected: the newest receipt of the line that still holds did not occur
 *
 * The log has no quantities: each receipt is one unit, and a line orders as many units as it has receipts
 * that hold in the end (at least one), so that no quantity differs from what was expected.
 */
import { eventsFrom } from '../events.ts';
import type { FeedEvent } from '../feed.ts';
import type { BpicCase, BpicSkipReason, BpicStep } from './rows.ts';

/** Raise it when the same rows would give other events. */
export const BPIC_MAPPING_VERSION = 1;

export const BPIC_SOURCE = 'https://erp.example/bpic2019';
/** The log has no due dates; a usual one stands in. */
const DUE_AFTER_MS = 28 * 24 * 3_600_000;

const event = eventsFrom(BPIC_SOURCE);

/** An order line while its events are mapped. */
export interface BpicLine {
  readonly order: BpicCase;
  /** Units that it orders. */
  readonly units: number;
  readonly dueAt: string;
  /** Ids of the receipts that hold, the newest last. */
  readonly receipts: string[];
}

export type Mapped =
  | { readonly event: FeedEvent; readonly reason: null }
  | { readonly event: null; readonly reason: BpicSkipReason };

/**
 * Counts receipts per case, cancellations off: what lines order in the end. Steps come in the order of the
 * log.
 */
export function receiptCounter(): {
  add(step: BpicStep): void;
  of(caseId: string): number;
} {
  const counts = new Map<string, number>();
  return {
    add({ act, caseId }) {
      const units = counts.get(caseId) ?? 0;
      if (act === 'receive') counts.set(caseId, units + 1);
      if (act === 'cancel') counts.set(caseId, Math.max(units - 1, 0));
    },
    of: (caseId) => counts.get(caseId) ?? 0,
  };
}

/** Maps steps in the order of the log; it remembers each line that was created. */
export function bpicMapper(
  cases: ReadonlyMap<string, BpicCase>,
  unitsOf: (caseId: string) => number,
): (step: BpicStep) => Mapped {
  const lines = new Map<string, BpicLine>();

  return function map(step) {
    if (step.act === null) return skip(step.reason ?? 'other_activity');
    const order = cases.get(step.caseId);
    if (order === undefined) return skip('unknown_case');
    if (step.act === 'create' && !lines.has(step.caseId)) {
      const dueAt = new Date(Date.parse(step.time) + DUE_AFTER_MS).toISOString();
      const units = Math.max(unitsOf(step.caseId), 1);
      lines.set(step.caseId, { order, units, dueAt, receipts: [] });
    }
    const line = lines.get(step.caseId);
    return line === undefined ? skip('event_of_a_line_not_created') : mapStep(step, line);
  };
}

const skip = (reason: BpicSkipReason): Mapped => ({ event: null, reason });

function mapStep({ act, caseId, seq, time }: BpicStep, line: BpicLine): Mapped {
  const { dueAt, order, receipts, units } = line;
  const { po: po_id, vendor: supplier_id, company: node_id } = order;
  const stamp = (name: string) => ({ id: `${name}/${caseId}/${seq}`, time, correlationid: po_id });
  const sku_id = caseId;
  const send = (made: FeedEvent): Mapped => ({ event: made, reason: null });
  const change = (qty: number) =>
    send(
      event('purchaseorder.changed', stamp('change'), {
        ...{ po_id, supplier_id, node_id },
        lines: [{ sku_id, qty, due_at: dueAt }],
      }),
    );

  switch (act) {
    case 'create':
      return send(
        event('purchaseorder.issued', stamp('po'), {
          ...{ po_id, supplier_id, node_id },
          lines: [{ sku_id, qty: units, due_at: dueAt }],
        }),
      );
    case 'confirm':
      return send(
        event('purchaseorder.acknowledged', stamp('confirmation'), {
          ...{ po_id, supplier_id, status: 'accepted' },
          lines: [{ sku_id, qty: units, promised_at: dueAt }],
        }),
      );
    case 'change':
    case 'reactivate':
      return change(units);
    case 'delete':
      // What has come stays ordered; nothing more will.
      return change(receipts.length);
    case 'receive': {
      const { id } = stamp('receipt');
      receipts.push(id);
      return send(
        event('receipt.line.received', stamp('receipt'), {
          ...{ po_id, supplier_id, sku_id, node_id },
          receipt_id: `${caseId}-${seq}`,
          qty_received: 1,
          condition_code: 'good',
        }),
      );
    }
    case 'cancel': {
      const cancelled = receipts.pop();
      if (cancelled === undefined) return skip('cancellation_of_an_unknown_receipt');
      return send(
        event('event.corrected', stamp('cancellation'), {
          corrects: { source: BPIC_SOURCE, id: cancelled },
          reason: 'did_not_occur',
          corrective_ids: [],
        }),
      );
    }
    case null:
      return skip('other_activity');
    default:
      return act satisfies never;
  }
}
