/**
 * One line of the UCI Online Retail file: read, checked and classified. Pure; docs/replay.md has the
 * rules in words.
 */
import { parseMicros } from '../money.ts';

const UCI_COLUMNS = [
  'InvoiceNo',
  'StockCode',
  'Description',
  'Quantity',
  'InvoiceDate',
  'UnitPrice',
  'CustomerID',
  'Country',
] as const;
export const UCI_CSV = { title: 'UCI Online Retail', columns: UCI_COLUMNS };
export type UciRecord = Readonly<Record<(typeof UCI_COLUMNS)[number], string>>;

export interface UciRow {
  readonly invoice: string;
  /** Stock code as a token-safe key: the file's case varies, so upper case. */
  readonly sku: string;
  readonly description: string;
  /** Signed units. */
  readonly qty: number;
  readonly priceMicros: bigint;
  /** RFC 3339; the file carries no zone, its local times are taken as UTC. */
  readonly time: string;
  readonly customer: string;
  readonly country: string;
}

/** What a row is, or why it becomes no event. */
export type RowKind = 'order_line' | 'cancellation' | 'adjustment' | SkipReason;
export type SkipReason =
  | 'unreadable_row'
  | 'zero_quantity'
  | 'negative_price'
  | 'bookkeeping_invoice'
  | 'positive_cancellation'
  | 'priced_negative_without_cancellation';

/** Longest invoice number and stock code: with `opening-` or a line number they still fit a key. */
const MAX_CODE_LENGTH = 48;
const DATE = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/;
const INTEGER = /^-?\d{1,9}$/;

/** A checked row, or null when a field cannot be read. */
export function readUciRow(record: UciRecord): UciRow | null {
  const invoice = safeKey(record.InvoiceNo);
  const sku = safeKey(record.StockCode);
  const date = DATE.exec(record.InvoiceDate);
  const priceMicros = parseMicros(record.UnitPrice);
  if (invoice === '' || sku === '' || date === null || priceMicros === null) return null;
  const time = `${date[1]}T${date[2]}Z`;
  if (!INTEGER.test(record.Quantity) || Number.isNaN(Date.parse(time))) return null;
  return {
    invoice,
    sku,
    description: record.Description.trim(),
    qty: Number(record.Quantity),
    priceMicros,
    time,
    customer: record.CustomerID.trim(),
    country: record.Country.trim() || 'Unspecified',
  };
}

export function classifyRow({ invoice, qty, priceMicros, customer }: UciRow): RowKind {
  if (qty === 0) return 'zero_quantity';
  if (invoice.startsWith('A')) return 'bookkeeping_invoice';
  if (priceMicros < 0n) return 'negative_price';
  if (invoice.startsWith('C')) return qty < 0 ? 'cancellation' : 'positive_cancellation';
  if (priceMicros > 0n) return qty > 0 ? 'order_line' : 'priced_negative_without_cancellation';
  // Price 0: a gift to a known customer, or staff putting the book right.
  return customer !== '' && qty > 0 ? 'order_line' : 'adjustment';
}

const CHARGES = new Set('POST D M C2 DOT S B BANK-CHARGES AMAZONFEE CRUK PADS'.split(' '));

/** False for postage, discounts, fees, vouchers and manual entries: nothing leaves a shelf. */
export function isGoods(sku: string): boolean {
  return !CHARGES.has(sku) && !sku.startsWith('GIFT_');
}

/** Token-safe: upper case, `-` for white space and what a NATS subject cannot hold; '' if too long. */
function safeKey(raw: string): string {
  const safe = raw
    .trim()
    .toUpperCase()
    .replace(/[\s.*>]+/g, '-');
  return safe.length <= MAX_CODE_LENGTH ? safe : '';
}
