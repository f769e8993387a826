/**
 * Shipments under way and goods that come back.
 *
 *   packed ─▶ in_transit_out ─▶ delivered (leaves the books)
 *                   │   └─▶ voided: available again
 *                   └─▶ refused: return_pending ─▶ disposition
 *
 * A carrier's word names only the shipment, so the legs of each dispatch are kept until its fate is
 * known. What was dispatched, what came back and the fate are facts of their own; where the units of a
 * leg are follows from the three, in whatever order they are heard of.
 */
import type { DataOf } from '../../contracts/events.ts';
import { A, COUNTER } from './accounts.ts';
import type { Books } from './books.ts';
import type { Demand } from './demand.ts';
import type { Entry } from './history.ts';
import { Retired, type Leg, type Shipment } from './records.ts';
import { pairShifts } from './stages.ts';
import type { MovementKind } from './transitions.ts';

/** A shipment whose fate is known is remembered this long (event time). */
const ENDED_MS = 7 * 24 * 60 * 60_000;
/** A shipment of which nothing is heard for so long leaves the index; its units stay in transit. */
const SILENT_MS = 60 * 24 * 60 * 60_000;

interface Step {
  readonly ref: string;
  /** For corrections; what the movement is when absent. */
  readonly kind?: MovementKind;
  readonly reason?: string;
}
/** Units that came back to a position, below 0 when that was wrong. */
interface Back {
  readonly row: number;
  readonly units: number;
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
    const shipment = this.#touched(id);
    shipment.legs.push({ row, line, units, closed: 0, voided: 0, identity });
    this.#books.count({ counter: COUNTER.leg, row, record: id, units });
    this.#settle(shipment, { ref: id });
  }

  delivered(data: DataOf<'shipment.delivered'>): void {
    this.#end(data.shipment_id, 'delivered');
  }

  voided(data: DataOf<'shipment.voided'>): void {
    this.#end(data.shipment_id, 'voided');
  }

  /** Goods came back: from a shipment that was refused, or from the customer. */
  returned(data: DataOf<'return.received'>): void {
    const { qty: units, shipment_id: id } = data;
    const row = this.#books.ledger.row(data.sku_id, data.node_id);
    const ref = data.rma_id ?? data.order_id ?? id ?? '';
    if (id === undefined) {
      const reason = data.rma_id === undefined ? 'blind: no authorisation' : 'returned';
      const move = { row, from: A.outside, to: A.return_pending, units, ref, reason } as const;
      this.#books.move({ ...move, kind: 'return' });
      return;
    }
    const shipment = this.#touched(id);
    addBack(shipment, { row, units });
    this.#books.count({ counter: COUNTER.back, row, record: id, units });
    this.#settle(shipment, { ref, reason: 'refused or undeliverable' }, { row, units });
  }

  /** Takes back what an event said of a shipment (corrections). */
  revert({ from: counter, identity, record: id, row, units }: Entry): void {
    if (this.#books.records.shipments.get(id) === undefined) return;
    const shipment = this.#touched(id);
    const step = { ref: id, kind: 'correction', reason: 'corrected' } as const;
    if (counter === COUNTER.back) {
      const back = { row, units: -units };
      addBack(shipment, back);
      return this.#settle(shipment, step, back);
    }
    if (counter === COUNTER.fate) shipment.fate = 'under_way';
    const wrong = shipment.legs.filter(
      (leg) => counter === COUNTER.leg && leg.identity === identity,
    );
    for (const leg of wrong) leg.units = 0;
    this.#settle(shipment, step);
    shipment.legs = shipment.legs.filter((leg) => !wrong.includes(leg));
    this.#note(id, shipment);
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

  /** The shipment, behind all others, so that the longest silent come first. */
  #touched(id: string): Shipment {
    const { applied, records } = this.#books;
    const shipment: Shipment = records.shipments.get(id) ?? {
      legs: [],
      back: [],
      fate: 'under_way',
      touchedMs: 0,
    };
    shipment.touchedMs = applied.nowMs;
    records.shipments.delete(id);
    records.shipments.entries.set(id, shipment);
    this.#note(id, shipment);
    return shipment;
  }

  #note(id: string, shipment: Shipment): void {
    this.#retired.note(id, shipment, shipment.fate !== 'under_way');
  }

  #end(id: string, fate: 'delivered' | 'voided'): void {
    const shipment = this.#touched(id);
    // Of two fates the first one heard of holds.
    if (shipment.fate !== 'under_way') return;
    shipment.fate = fate;
    this.#note(id, shipment);
    this.#books.count({ counter: COUNTER.fate, row: -1, record: id, units: 1 });
    this.#settle(shipment, { ref: id });
  }

  /** Brings the balances in line with what is known; `back` is what has just come back. */
  #settle({ back: allBack, fate, legs }: Shipment, step: Step, back?: Back): void {
    const left = new Map(allBack);
    let met = 0;
    for (const leg of legs) {
      const refused = Math.min(left.get(leg.row) ?? 0, leg.units);
      left.set(leg.row, (left.get(leg.row) ?? 0) - refused);
      this.#void(leg, fate === 'voided' ? leg.units - refused : 0, step);
      const closing = (fate === 'delivered' ? leg.units : refused) - leg.closed;
      leg.closed += closing;
      if (leg.row === back?.row) met += closing;
      else this.#post(leg.row, { closing, arrived: 0 }, step);
    }
    if (back !== undefined) this.#post(back.row, { closing: met, arrived: back.units }, step);
  }

  /** Units that are no longer under way, and units that arrived; `outside` gives or takes the rest. */
  #post(row: number, units: { closing: number; arrived: number }, step: Step): void {
    const { arrived, closing } = units;
    const kind = arrived === 0 ? 'delivery' : 'return';
    const reason = arrived === 0 ? 'delivered' : 'refused or undeliverable';
    for (const shift of pairShifts([
      { account: A.return_pending, units: arrived },
      { account: A.in_transit_out, units: -closing },
      { account: A.outside, units: closing - arrived },
    ])) {
      // The facts behind it are what a correction takes back.
      this.#books.move({ kind, reason, ...step, ...shift, row, correctable: false });
    }
  }

  /** Brings the voided units of a leg to a number. */
  #void(leg: Leg, voided: number, step: Step): void {
    const units = voided - leg.voided;
    if (units === 0) return;
    leg.voided = voided;
    const how = { kind: 'void', reason: step.ref, ...step } as const;
    if (leg.line !== '' && this.#books.records.lines.get(leg.line) !== undefined) {
      this.#demand.voided(leg.line, leg.row, units, how);
      return;
    }
    this.#books.move({
      ...how,
      row: leg.row,
      from: units > 0 ? A.in_transit_out : A.available,
      to: units > 0 ? A.available : A.in_transit_out,
      units: Math.abs(units),
      correctable: false,
    });
  }
}

function addBack(shipment: Shipment, { row, units }: Back): void {
  const known = shipment.back.find(([at]) => at === row);
  if (known === undefined) shipment.back.push([row, units]);
  else known[1] += units;
}
