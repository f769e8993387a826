/**
 * UCI Online Retail to canonical events: one shop, one node, one channel. Pure; docs/replay.md says
 * what each row becomes and why.
 *
 *   invoice   ──▶ order.created, order.line.allocated per goods line, shipment.dispatched
 *   C invoice ──▶ return.received, return.dispositioned, refund.issued per line
 *   price 0   ──▶ inventory.adjusted
 *
 * Ids follow from invoice and line number, so that a file sent twice counts once. Times never fall:
 * every event of a group carries the time of its rows, which the file keeps in order.
 */
import type { InputDataOf, InputType } from '../../../contracts/events.ts';
import { MAX_LINES } from '../../../contracts/fields.ts';
import { eventsFrom, increment } from '../events.ts';
import type { FeedEvent } from '../feed.ts';
import { formatMicros } from '../money.ts';
import type { Catalogue, InvoiceGroup } from './catalogue.ts';
import { adjustmentReason } from './reasons.ts';
import { isGoods, type UciRow } from './rows.ts';

/** Raise it when the same rows would give other events. */
export const UCI_MAPPING_VERSION = 1;

export const UCI_SOURCE = 'https://shop.example/uci-online-retail';
export const UCI_NODE = 'uci-uk';
const make = eventsFrom(UCI_SOURCE);
const CHANNEL = 'web';
const CURRENCY = 'GBP';
/** The file promises nothing; a usual promise of a shop stands in. */
const SHIP_WITHIN_MS = 24 * 3_600_000;
const DELIVER_WITHIN_MS = 72 * 3_600_000;

/** Item master and opening stock: what a ledger begins with. */
export function* mapOpening({ items, openedAt }: Catalogue): Generator<FeedEvent> {
  for (const item of items) {
    yield event('item.upserted', `item/${item.sku}`, openedAt, {
      sku_id: item.sku,
      gtin: '',
      uom: 'EA',
      pack_qty: 1,
      abc_class: item.abcClass,
      unit_cost: formatMicros(item.lowestPriceMicros),
      currency: CURRENCY,
      status: 'active',
      ...(item.name === '' ? {} : { description: item.name.slice(0, 200) }),
    });
  }
  for (const item of items) {
    if (item.openingUnits === 0) continue;
    yield event('inventory.adjusted', `opening/${item.sku}`, openedAt, {
      adjustment_id: `opening-${item.sku}`,
      sku_id: item.sku,
      node_id: UCI_NODE,
      state: 'available',
      qty_delta: item.openingUnits,
      reason_code: 'opening_balance',
      raw_code: 'opening',
      actor: 'replay',
    });
  }
}

/** A row with its running number within the invoice. */
interface Numbered {
  readonly row: UciRow;
  readonly line: string;
}

/**
 * Maps groups in the file's order. It remembers how many lines and documents each invoice has had,
 * since some invoices go on a minute later.
 */
export function uciMapper(
  names: ReadonlySet<string>,
): (group: InvoiceGroup) => Generator<FeedEvent> {
  const linesOf = new Map<string, number>();
  const documentsOf = new Map<string, number>();

  function number(rows: readonly UciRow[]): Numbered[] {
    return rows.map((row) => ({ row, line: String(increment(linesOf, row.invoice)) }));
  }

  return function* map(group) {
    const orderLines = number(group.orderLines);
    for (let at = 0; at < orderLines.length; at += MAX_LINES) {
      const suffix = increment(documentsOf, group.invoice);
      yield* mapOrder(orderLines.slice(at, at + MAX_LINES), suffix);
    }
    for (const line of number(group.cancellations)) yield* mapCancellation(line);
    for (const line of number(group.adjustments)) yield mapAdjustment(line, names);
  };
}

/** One order document of at most MAX_LINES lines; document 2 of an invoice has `…/2` ids. */
function* mapOrder(lines: readonly Numbered[], document: number): Generator<FeedEvent> {
  const [first] = lines;
  if (first === undefined) return;
  const { invoice, time, customer, country } = first.row;
  const suffix = (mark: string) => (document === 1 ? '' : `${mark}${document}`);

  yield event(
    'order.created',
    `order/${invoice}${suffix('/')}`,
    time,
    {
      order_id: invoice,
      channel_id: CHANNEL,
      sla_class: 'standard',
      ordered_at: time,
      ship_by: later(time, SHIP_WITHIN_MS),
      deliver_by: later(time, DELIVER_WITHIN_MS),
      currency: CURRENCY,
      region: country,
      node_id: UCI_NODE,
      ...(customer === '' ? {} : { customer_ref: customer }),
      lines: lines.map(({ row, line }) => ({
        line_id: line,
        sku_id: row.sku,
        qty: row.qty,
        unit_price: formatMicros(row.priceMicros),
        ...(isGoods(row.sku) ? {} : { requires_stock: false }),
      })),
    },
    invoice,
  );

  const goods = lines.filter(({ row }) => isGoods(row.sku));
  if (goods.length === 0) return;
  for (const { row, line } of goods) {
    yield event(
      'order.line.allocated',
      `allocation/${invoice}/${line}`,
      time,
      {
        order_id: invoice,
        line_id: line,
        sku_id: row.sku,
        node_id: UCI_NODE,
        qty: row.qty,
      },
      invoice,
    );
  }
  yield event(
    'shipment.dispatched',
    `shipment/${invoice}${suffix('/')}`,
    time,
    {
      shipment_id: `${invoice}${suffix('-')}`,
      order_id: invoice,
      node_id: UCI_NODE,
      carrier: 'unknown',
      service: 'unknown',
      shipped_at: time,
      lines: goods.map(({ row, line }) => ({ line_id: line, sku_id: row.sku, qty: row.qty })),
    },
    invoice,
  );
}

/** A cancelled line: goods come back into stock, and the money goes back for goods and charges. */
function* mapCancellation({ row, line }: Numbered): Generator<FeedEvent> {
  const { invoice, sku, time } = row;
  const qty = -row.qty;
  if (isGoods(sku)) {
    yield event(
      'return.received',
      `return/${invoice}/${line}`,
      time,
      {
        sku_id: sku,
        node_id: UCI_NODE,
        qty,
        received_at: time,
      },
      invoice,
    );
    yield event(
      'return.dispositioned',
      `disposition/${invoice}/${line}`,
      time,
      {
        sku_id: sku,
        node_id: UCI_NODE,
        disposition: 'restocked',
        qty,
        to_state: 'available',
      },
      invoice,
    );
  }
  yield event(
    'refund.issued',
    `refund/${invoice}/${line}`,
    time,
    {
      refund_id: `${invoice}-${line}`,
      order_id: invoice,
      sku_id: sku,
      qty,
      amount: formatMicros(BigInt(qty) * row.priceMicros),
      currency: CURRENCY,
      issued_at: time,
    },
    invoice,
  );
}

function mapAdjustment({ row, line }: Numbered, names: ReadonlySet<string>): FeedEvent {
  const note = names.has(row.description) ? '' : row.description;
  return event(
    'inventory.adjusted',
    `adjustment/${row.invoice}/${line}`,
    row.time,
    {
      adjustment_id: `${row.invoice}-${line}`,
      sku_id: row.sku,
      node_id: UCI_NODE,
      state: 'available',
      qty_delta: row.qty,
      reason_code: adjustmentReason(note),
      raw_code: 'price-0',
      actor: 'unknown',
      ...(note === '' ? {} : { note: note.slice(0, 500) }),
    },
    row.invoice,
  );
}

function event<T extends InputType>(
  name: T,
  id: string,
  time: string,
  data: InputDataOf<T>,
  correlationid?: string,
): FeedEvent<T> {
  return make(name, { id, time, ...(correlationid === undefined ? {} : { correlationid }) }, data);
}

function later(time: string, ms: number): string {
  return new Date(Date.parse(time) + ms).toISOString();
}
