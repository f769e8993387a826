/**
 * Soft reservations: claims of a checkout or a quote that lapse by themselves on event time.
 *
 * Active while now < expires_at. A reservation that becomes an order line is taken away by that same
 * event, so its units are never counted twice or not at all.
 */
import TinyQueue from 'tinyqueue';
import type { DataOf } from '../../contracts/events.ts';
import { UNSOURCED_NODE } from '../../contracts/states.ts';
import { A, COUNTER } from './accounts.ts';
import type { Books } from './books.ts';
import { Retired, type Reservation } from './records.ts';

/** A reservation that ended is remembered this long (event time). */
const ENDED_MS = 24 * 60 * 60_000;

interface Expiry {
  readonly atMs: number;
  readonly id: string;
}

/** A total order, so that the same reservations lapse in the same order after a restore. */
const byExpiry = (a: Expiry, b: Expiry) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1);

export class Reservations {
  readonly #books: Books;
  readonly #retired: Retired<Reservation>;
  #expiries = new TinyQueue<Expiry>([], byExpiry);

  constructor(books: Books) {
    this.#books = books;
    this.#retired = new Retired(books.records.reservations, ENDED_MS);
  }

  created(data: DataOf<'reservation.created'>): void {
    const { applied, ledger, records } = this.#books;
    const expiresAtMs = Date.parse(data.expires_at);
    // It came twice, ended before it came, or lapsed on the way.
    if (records.reservations.get(data.reservation_id) !== undefined) return;
    if (expiresAtMs <= applied.nowMs) return;
    const reservation: Reservation = {
      row: ledger.row(data.sku_id, data.node_id ?? UNSOURCED_NODE),
      channel: data.channel_id,
      units: data.qty,
      expiresAtMs,
      touchedMs: applied.nowMs,
    };
    records.reservations.entries.set(data.reservation_id, reservation);
    this.#expiries.push({ atMs: expiresAtMs, id: data.reservation_id });
    const { qty: units, reservation_id: record } = data;
    const { row } = reservation;
    this.#books.count({ counter: COUNTER.reserved, row, record, units });
    this.#books.move({
      row,
      from: A.unclaimed,
      to: A.soft_reserved,
      units,
      kind: 'reservation',
      record,
      ref: record,
      reason: `held for ${data.channel_id}`,
    });
  }

  /** Ends a reservation; one that is not known yet is noted, so that it cannot begin any more. */
  end(id: string, reason: string, timeMs?: number): void {
    const { applied, records } = this.#books;
    const reservation = records.reservations.ensure(id, () => ({
      row: -1,
      channel: '',
      units: 0,
      expiresAtMs: 0,
      touchedMs: 0,
    }));
    const { units, row } = reservation;
    reservation.units = 0;
    reservation.touchedMs = applied.nowMs;
    this.#retired.note(id, reservation, true);
    this.#books.move({
      row,
      from: A.soft_reserved,
      to: A.unclaimed,
      units,
      kind: 'reservation',
      ref: id,
      reason,
      // Of the event that only let the time pass, or that ended it for good, nothing is taken back.
      correctable: false,
      ...(timeMs === undefined ? {} : { timeMs }),
    });
  }

  /** Takes a reservation back (corrections): its corrective event may name the same id. */
  revert(id: string): void {
    const reservation = this.#books.records.reservations.get(id);
    if (reservation === undefined || reservation.units === 0) return;
    this.end(id, 'corrected');
    this.#retired.note(id, reservation, false);
    this.#books.records.reservations.delete(id);
  }

  /** Lets lapse what has reached its time. */
  expire(nowMs: number): void {
    for (let next = this.#expiries.peek(); next !== undefined; next = this.#expiries.peek()) {
      if (next.atMs > nowMs) return;
      this.#expiries.pop();
      const reservation = this.#books.records.reservations.get(next.id);
      if (reservation === undefined || reservation.units === 0) continue;
      if (reservation.expiresAtMs === next.atMs) this.end(next.id, 'lapsed', next.atMs);
    }
  }

  onTime(nowMs: number): void {
    this.#retired.onTime(nowMs);
  }

  restored(): void {
    this.#retired.restored((reservation) => reservation.units === 0);
    const expiries: Expiry[] = [];
    for (const [id, reservation] of this.#books.records.reservations.entries) {
      if (reservation.units > 0) expiries.push({ atMs: reservation.expiresAtMs, id });
    }
    this.#expiries = new TinyQueue(expiries, byExpiry);
  }
}
