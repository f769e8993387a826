/**
 * Shipments under way and goods that come back.
 *
 *   packed ─▶ in_transit_out ─▶ delivered (leaves the books)
 *                   │   └─▶ voided: available again
 *                   └─▶ refused: return_pending ─▶ disposition
 *
 * A carrier's word names only the shipment, so the legs of each dispatch are kept until its fate is
 * known. A fate, or a refusal, that is heard of before the dispatch waits for it.
 */
import type { DataOf } from '../../contracts/events.ts';
import { A, COUNTER } from './accounts.ts';
import type { Books } from './books.ts';
import type { Demand } from './demand.ts';
import type { Entry } from './history.ts';
import { Retired, type Leg, type Shipment } from './records.ts';
import type { Shift } from './stages.ts';
import type { MovementKind } from './transitions.ts';

/** A shipment whose fate is known is remembered this long (event time). */
const ENDED_MS = 7 * 24 * 60 * 60_000;
/** A shipment of which nothing is heard for so long leaves the index; its units stay in transit. */
const SILENT_MS = 60 * 24 * 60 * 60_000;

interface Step {
  readonly kind: MovementKind;
  readonly ref: string;
  readonly reason: string;
}

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
    const { qty: units, shipment_id: id } = data;
    const row = ledger.row(data.sku_id, data.node_id);
    if (data.rtv === true) {
      const move = { row, from: A.rtv_pending, to: A.outside, units, ref: id } as const;
      this.#books.move({ ...move, kind: 'dispatch', reason: 'return to vendor' });
      return;
    }
    const line = this.#demand.dispatched(data);
    const shipment = this.#shipment(id);
    const leg = { row, line, units, delivered: 0, voided: 0, identity };
    this.#books.count({ counter: COUNTER.leg, row, record: id, units });
    const early = shipment.legs.find((other) => other.row === row && other.units < 0);
    if (early !== undefined) this.#meet(leg, early, id);
    shipment.legs.push(leg);
    this.#touch(id, shipment);
    if (shipment.fate !== 'under_way') this.#settle(id, shipment);
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
    const back = { row, to: A.return_pending, kind: 'return', ref } as const;
    let rest = data.qty;
    if (data.shipment_id !== undefined) {
      const shipment = this.#shipment(data.shipment_id);
      for (const leg of shipment.legs) {
        if (leg.row !== row || leg.units <= 0) continue;
        const units = Math.min(rest, leg.units);
        leg.units -= units;
        rest -= units;
        this.#books.count({ counter: COUNTER.refused, row, record: data.shipment_id, units });
        const reason = 'refused or undeliverable';
        this.#books.move({ ...back, from: A.in_transit_out, units, reason });
      }
      if (rest > 0 && shipment.fate === 'under_way') {
        const { identity } = this.#books;
        shipment.legs.push({ row, line: '', units: -rest, delivered: 0, voided: 0, identity });
      }
      this.#touch(data.shipment_id, shipment);
    }
    const reason = data.rma_id === undefined ? 'blind: no authorisation' : 'returned';
    this.#books.move({ ...back, from: A.outside, units: rest, reason });
  }

  /** Takes back what an event changed of a shipment (corrections); its movements come back besides. */
  revert({ from: counter, identity, record: id, row, units }: Entry): void {
    const shipment = this.#books.records.shipments.get(id);
    if (shipment === undefined) return;
    switch (counter) {
      case COUNTER.leg:
        for (const leg of shipment.legs) {
          if (leg.identity === identity && leg.units >= 0) this.#undo(leg, id);
        }
        shipment.legs = shipment.legs.filter((leg) => leg.identity !== identity);
        break;
      case COUNTER.fate:
        shipment.fate = 'under_way';
        for (const leg of shipment.legs) leg.units += this.#undo(leg, id);
        break;
      default: {
        // Units that came back are under way again.
        const leg = shipment.legs.find((it) => it.row === row && it.units >= 0);
        if (leg !== undefined) leg.units += units;
      }
    }
    this.#touch(id, shipment);
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
    if (shipment.fate === 'under_way') {
      shipment.fate = fate;
      this.#books.count({ counter: COUNTER.fate, row: -1, record: id, units: 1 });
    }
    this.#touch(id, shipment);
    this.#settle(id, shipment);
  }

  /** Posts what the fate means for the legs that are known. */
  #settle(id: string, shipment: Shipment): void {
    for (const leg of shipment.legs) {
      const { units } = leg;
      if (units <= 0) continue;
      leg.units = 0;
      if (shipment.fate === 'delivered') {
        leg.delivered += units;
        this.#deliver(leg, units, { kind: 'delivery', ref: id, reason: 'delivered' });
      } else {
        leg.voided += units;
        this.#void(leg, units, { kind: 'void', ref: id, reason: id });
      }
    }
  }

  /** Undoes what the fate did to a leg; the units that are under way again. */
  #undo(leg: Leg, id: string): number {
    const { delivered, voided } = leg;
    const step = { kind: 'correction', ref: id, reason: 'taken back' } as const;
    this.#deliver(leg, -delivered, step);
    this.#void(leg, -voided, step);
    leg.delivered = 0;
    leg.voided = 0;
    return delivered + voided;
  }

  #deliver({ row }: Leg, units: number, step: Step): void {
    this.#shift(row, { from: A.in_transit_out, to: A.outside, units }, step);
  }

  #void({ line, row }: Leg, units: number, step: Step): void {
    if (units !== 0 && line !== '' && this.#books.records.lines.get(line) !== undefined) {
      this.#demand.voided(line, row, units, step);
      return;
    }
    this.#shift(row, { from: A.in_transit_out, to: A.available, units }, step);
  }

  /** Posts a movement, backwards when `units` is below 0. The fate is what a correction takes back. */
  #shift(row: number, { from, to, units }: Shift, step: Step): void {
    const back = units < 0;
    this.#books.move({
      ...step,
      row,
      from: back ? to : from,
      to: back ? from : to,
      units: Math.abs(units),
      correctable: false,
    });
  }

  /** Units that had come back before their dispatch was heard of are not under way. */
  #meet(leg: Leg, early: Leg, id: string): void {
    const { row } = leg;
    const units = Math.min(leg.units, -early.units);
    leg.units -= units;
    early.units += units;
    const move = { row, from: A.in_transit_out, to: A.outside, units } as const;
    this.#books.move({ ...move, kind: 'delivery', ref: id, reason: 'had come back already' });
  }
}
