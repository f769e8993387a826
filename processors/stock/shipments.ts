/**
 * Shipments under way and goods that come back.
 *
 *   packed ─▶ in_transit_out ─▶ delivered (leaves the books)
 *                   │   └─▶ voided: available again
 *                   └─▶ refused: return_pending ─▶ disposition
 *
 * A carrier's word names only the shipment, so the legs of each dispatch are kept until its fate is
 * known. A fate that is heard of before the dispatch waits for it.
 */
import type { DataOf } from '../../contracts/events.ts';
import { A } from './accounts.ts';
import type { Books } from './books.ts';
import type { Demand } from './demand.ts';
import { Retired, type Shipment } from './records.ts';

/** A shipment whose fate is known is remembered this long (event time). */
const ENDED_MS = 7 * 24 * 60 * 60_000;
/** A shipment of which nothing is heard for so long leaves the index; its units stay in transit. */
const SILENT_MS = 60 * 24 * 60 * 60_000;

export class Shipments {
  readonly #books: Books;
  readonly #demand: Demand;
  readonly #retired: Retired<Shipment>;

  constructor(books: Books, demand: Demand) {
    this.#books = books;
    this.#demand = demand;
    this.#retired = new Retired(books.records.shipments, ENDED_MS);
  }

  dispatched(data: DataOf<'shipment.line.dispatched'>): void {
    const { identity, ledger } = this.#books;
    const row = ledger.row(data.sku_id, data.node_id);
    if (data.rtv === true) {
      this.#books.move({
        row,
        from: A.rtv_pending,
        to: A.outside,
        units: data.qty,
        kind: 'dispatch',
        ref: data.shipment_id,
        reason: 'return to vendor',
      });
      return;
    }
    const line = this.#demand.dispatched(data);
    const shipment = this.#shipment(data.shipment_id);
    shipment.legs.push({ row, units: data.qty, line, identity });
    this.#touch(data.shipment_id, shipment);
    if (shipment.fate !== 'under_way') this.#settle(data.shipment_id, shipment);
  }

  delivered(data: DataOf<'shipment.delivered'>): void {
    this.#end(data.shipment_id, 'delivered');
  }

  voided(data: DataOf<'shipment.voided'>): void {
    this.#end(data.shipment_id, 'voided');
  }

  /** Goods came back: from a shipment that was refused, or from the customer. */
  returned(data: DataOf<'return.received'>): void {
    const row = this.#books.ledger.row(data.sku_id, data.node_id);
    const ref = data.rma_id ?? data.order_id ?? '';
    const reason = data.rma_id === undefined ? 'blind: no authorisation' : 'returned';
    let rest = data.qty;
    const shipment =
      data.shipment_id === undefined
        ? undefined
        : this.#books.records.shipments.get(data.shipment_id);
    for (const leg of shipment?.legs ?? []) {
      if (leg.row !== row) continue;
      const units = Math.min(rest, leg.units);
      leg.units -= units;
      rest -= units;
      const move = { row, from: A.in_transit_out, to: A.return_pending, units, ref } as const;
      this.#books.move({ ...move, kind: 'return', reason: 'refused or undeliverable' });
    }
    const move = { row, from: A.outside, to: A.return_pending, units: rest, ref } as const;
    this.#books.move({ ...move, kind: 'return', reason });
  }

  /** Forgets the legs that an event made (corrections); the units themselves are taken back elsewhere. */
  revert(identity: number): void {
    for (const shipment of this.#books.records.shipments.entries.values()) {
      shipment.legs = shipment.legs.filter((leg) => leg.identity !== identity);
    }
  }

  onTime(nowMs: number): void {
    this.#retired.onTime(nowMs);
    for (const [id, shipment] of this.#books.records.shipments.entries) {
      if (nowMs - shipment.touchedMs < SILENT_MS) return;
      this.#books.records.shipments.delete(id);
    }
  }

  restored(): void {
    this.#retired.restored((shipment) => shipment.fate !== 'under_way');
  }

  #shipment(id: string): Shipment {
    return this.#books.records.shipments.ensure(id, () => ({
      legs: [],
      fate: 'under_way',
      touchedMs: 0,
    }));
  }

  #touch(id: string, shipment: Shipment): void {
    shipment.touchedMs = this.#books.applied.nowMs;
    // Behind all others, so that the longest silent come first.
    this.#books.records.shipments.delete(id);
    this.#books.records.shipments.entries.set(id, shipment);
    this.#retired.note(id, shipment, shipment.fate !== 'under_way');
  }

  #end(id: string, fate: 'delivered' | 'voided'): void {
    const shipment = this.#shipment(id);
    if (shipment.fate === 'under_way') shipment.fate = fate;
    this.#touch(id, shipment);
    this.#settle(id, shipment);
  }

  /** Posts what the fate means for the legs that are known. */
  #settle(id: string, shipment: Shipment): void {
    for (const leg of shipment.legs) {
      const { row, line, units } = leg;
      leg.units = 0;
      if (shipment.fate === 'delivered') {
        const move = { row, from: A.in_transit_out, to: A.outside, units } as const;
        this.#books.move({ ...move, kind: 'delivery', ref: id, reason: 'delivered' });
      } else if (line !== '' && this.#books.records.lines.get(line) !== undefined) {
        if (units > 0) this.#demand.voided(line, row, units, id);
      } else {
        const move = { row, from: A.in_transit_out, to: A.available, units } as const;
        this.#books.move({ ...move, kind: 'void', ref: id, reason: 'voided' });
      }
    }
  }
}
