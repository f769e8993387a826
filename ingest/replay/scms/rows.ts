/** One line of the SCMS delivery history: read and checked. Pure; docs/replay.md has the rules in words. */
import { MAX_QTY_UNITS } from '../../../contracts/fields.ts';
import { slug } from '../events.ts';
import { parseMicros } from '../money.ts';

export const SCMS_CSV = {
  title: 'SCMS delivery history',
  columns: [
    'ID',
    'PO / SO #',
    'ASN/DN #',
    'Country',
    'PO Sent to Vendor Date',
    'Scheduled Delivery Date',
    'Delivered to Client Date',
    'Delivery Recorded Date',
    'Vendor',
    'Item Description',
    'Line Item Quantity',
    'Pack Price',
  ] as const,
};
export type ScmsRecord = Readonly<Record<(typeof SCMS_CSV.columns)[number], string>>;

/** A line of a purchase order with its one delivery. Dates are RFC 3339 midnights. */
export interface ScmsLine {
  readonly id: string;
  readonly po: string;
  /** Number of the ship notice or delivery note: what was received together. */
  readonly receipt: string;
  readonly country: string;
  readonly vendor: string;
  readonly item: string;
  /** Null, with the reason, where the file has a text instead of a date. */
  readonly issuedAt: string | null;
  readonly notIssued: 'po_date_not_captured' | 'po_date_of_internal_supply' | null;
  readonly scheduledAt: string;
  readonly deliveredAt: string;
  readonly recordedAt: string;
  /** Packs. */
  readonly qty: number;
  /** Price of a pack, USD. */
  readonly priceMicros: bigint;
}

export type ScmsSkipReason = 'unreadable_row' | NonNullable<ScmsLine['notIssued']>;

const DATE = /^\d{4}-\d\d-\d\d$/;
/** `SCMS-4`, `SO-1234`, `ASN-8`: short enough for a suffix. */
const NUMBER = /^[A-Za-z0-9-]{1,48}$/;
const ID = /^\d{1,12}$/;
/** What the column says instead of a date when the goods came from the project's own warehouse. */
const INTERNAL = 'N/A - From RDC';

/** A checked row, or null when a field that must be there cannot be read. */
export function readScmsLine(record: ScmsRecord): ScmsLine | null {
  const qty = Number(record['Line Item Quantity']);
  const priceMicros = parseMicros(record['Pack Price']);
  const scheduledAt = midnight(record['Scheduled Delivery Date']);
  const deliveredAt = midnight(record['Delivered to Client Date']);
  const recordedAt = midnight(record['Delivery Recorded Date']);
  const issuedAt = midnight(record['PO Sent to Vendor Date']);
  if (scheduledAt === null || deliveredAt === null || recordedAt === null) return null;
  if (!Number.isInteger(qty) || qty < 1 || qty > MAX_QTY_UNITS) return null;
  if (priceMicros === null || priceMicros < 0n) return null;
  const names = [record.Country, record.Vendor, record['Item Description']];
  if (names.some((name) => slug(name) === '')) return null;
  const numbers = [record['PO / SO #'], record['ASN/DN #']];
  if (!ID.test(record.ID) || !numbers.every((number) => NUMBER.test(number))) return null;
  return {
    id: record.ID,
    po: record['PO / SO #'],
    receipt: record['ASN/DN #'],
    country: record.Country.trim(),
    vendor: record.Vendor.trim(),
    item: record['Item Description'].trim(),
    issuedAt,
    notIssued: issuedAt === null ? reasonOf(record['PO Sent to Vendor Date']) : null,
    scheduledAt,
    deliveredAt,
    recordedAt,
    qty,
    priceMicros,
  };
}

function reasonOf(text: string): NonNullable<ScmsLine['notIssued']> {
  return text === INTERNAL ? 'po_date_of_internal_supply' : 'po_date_not_captured';
}

/** Midnight UTC of a date, null of a text. */
function midnight(text: string): string | null {
  const instant = `${text}T00:00:00Z`;
  return DATE.test(text) && !Number.isNaN(Date.parse(instant)) ? instant : null;
}
