/**
 * Lines of the two files of the BPI Challenge 2019: cases (order lines) and events. Read and checked.
 * Pure; docs/replay.md has the rules in words.
 */

export const CASES_CSV = {
  title: 'BPI Challenge 2019 cases',
  columns: ['case_id', 'purchasing_document', 'company', 'vendor'] as const,
};
export const EVENTS_CSV = {
  title: 'BPI Challenge 2019 events',
  columns: ['timestamp_utc', 'case_id', 'seq_in_case', 'activity'] as const,
};
type CaseRecord = Readonly<Record<(typeof CASES_CSV.columns)[number], string>>;
type EventRecord = Readonly<Record<(typeof EVENTS_CSV.columns)[number], string>>;

/** A line of a purchase order. */
export interface BpicCase {
  readonly caseId: string;
  readonly po: string;
  readonly company: string;
  readonly vendor: string;
}

/** What happens to a line, as far as a log of goods has words for it. */
export type BpicAct =
  'create' | 'confirm' | 'change' | 'delete' | 'reactivate' | 'receive' | 'cancel';

export interface BpicStep {
  readonly caseId: string;
  /** Place within the case. */
  readonly seq: string;
  /** RFC 3339. */
  readonly time: string;
  /** Null, with the reason, for what becomes no event. */
  readonly act: BpicAct | null;
  readonly reason: BpicSkipReason | null;
}

export type BpicSkipReason =
  | 'unreadable_row'
  | 'unknown_case'
  | 'cancellation_of_an_unknown_receipt'
  | 'event_of_a_line_not_created'
  | 'service_entry_sheet'
  | 'invoice'
  | 'payment'
  | 'approval'
  | 'price_change'
  | 'other_activity';

const ACTS: Readonly<Record<string, BpicAct>> = {
  'Create Purchase Order Item': 'create',
  'Receive Order Confirmation': 'confirm',
  'Change Quantity': 'change',
  'Delete Purchase Order Item': 'delete',
  'Reactivate Purchase Order Item': 'reactivate',
  'Record Goods Receipt': 'receive',
  'Cancel Goods Receipt': 'cancel',
};

/** The first pattern that matches says why an activity is no event here. */
const LEFT_OUT: readonly (readonly [BpicSkipReason, RegExp])[] = [
  ['service_entry_sheet', /service entry sheet/i],
  ['payment', /payment block|clear invoice/i],
  ['invoice', /invoice|debit memo/i],
  ['approval', /^SRM:|approval|requisition/i],
  ['price_change', /^change price$/i],
];

/** A key that leaves room for `-` and a number. */
const KEY = /^[A-Za-z0-9_-]{1,48}$/;
const SEQ = /^\d{1,6}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** A checked case, or null when a field cannot be read. */
export function readBpicCase(record: CaseRecord): BpicCase | null {
  const { case_id: caseId, company, purchasing_document: po, vendor } = record;
  return [caseId, po, company, vendor].every((text) => KEY.test(text))
    ? { caseId, po, company, vendor }
    : null;
}

/** A checked event, or null when a field cannot be read. */
export function readBpicStep(record: EventRecord): BpicStep | null {
  const { activity, case_id: caseId, seq_in_case: seq, timestamp_utc: time } = record;
  if (!KEY.test(caseId) || !SEQ.test(seq) || !INSTANT.test(time)) return null;
  if (Number.isNaN(Date.parse(time)) || activity === '') return null;
  const act = ACTS[activity] ?? null;
  return { caseId, seq, time, act, reason: act === null ? reasonOf(activity) : null };
}

function reasonOf(activity: string): BpicSkipReason {
  return LEFT_OUT.find(([, pattern]) => pattern.test(activity))?.[0] ?? 'other_activity';
}
