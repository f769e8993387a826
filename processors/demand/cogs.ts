/**
 * Cost of the goods sold: each dispatched line at the cost of its item as it was known then (`cogs`, signed).
 * What is dispatched, voided and corrected is read from the books of stock: a line counts from its dispatch
 * on, unless its shipment was voided.
 */
import type { Stock } from '../stock/stock.ts';
import { COUNTER } from '../stock/accounts.ts';
import type { Entry } from '../stock/history.ts';
import { times } from '../facts/money.ts';
import type { Items } from './items.ts';
import type { Moment } from './moment.ts';

export class Cogs {
  readonly #stock: Stock;
  readonly #items: Items;

  constructor(stock: Stock, items: Items) {
    this.#stock = stock;
    this.#items = items;
  }

  /** Books what an event changed of shipments, once it was applied. */
  applied(entries: readonly Entry[], moment: Moment): void {
    for (const entry of entries) {
      if (entry.from === COUNTER.leg && this.#fate(entry.record) !== 'voided') {
        this.#book(entry, 1, moment);
      }
      if (entry.from === COUNTER.fate && this.#fate(entry.record) === 'voided') {
        this.#bookShipment(entry.record, -1, moment);
      }
    }
  }

  /** Books what it changed back; to be told before the correction of the event is applied. */
  correcting(entries: readonly Entry[], moment: Moment): void {
    for (const entry of entries) {
      if (this.#stock.books.records.shipments.get(entry.record) === undefined) continue;
      if (entry.from === COUNTER.leg && this.#fate(entry.record) !== 'voided') {
        this.#book(entry, -1, moment);
      }
      if (entry.from === COUNTER.fate && this.#fate(entry.record) === 'voided') {
        this.#bookShipment(entry.record, 1, moment);
      }
    }
  }

  #fate(shipment: string) {
    return this.#stock.books.records.shipments.get(shipment)?.fate;
  }

  #bookShipment(shipment: string, sign: 1 | -1, moment: Moment): void {
    const { history, records } = this.#stock.books;
    for (const identity of new Set(
      records.shipments.get(shipment)?.legs.map((leg) => leg.identity),
    )) {
      for (const entry of history.of(identity)) {
        if (entry.from === COUNTER.leg) this.#book(entry, sign, moment);
      }
    }
  }

  #book(leg: Entry, sign: 1 | -1, { nowMs, out, seq }: Moment): void {
    const { ledger } = this.#stock.books;
    const sku = ledger.skuOf(leg.row);
    const cost = this.#items.costAsKnown(sku, leg.nowMs);
    if (cost === undefined || cost.unitCost === null) return;
    const { abcClass, unitCost } = cost;
    const amount = times(unitCost, leg.units);
    const node = ledger.nodeOf(leg.row);
    const line = [leg.timeMs, node, abcClass, sku, leg.record, leg.units, unitCost, amount];
    out.row('cogs', [...line, sign, nowMs, seq]);
  }
}
