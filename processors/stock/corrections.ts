/**
 * Taking back an event that was wrong (EPCIS error declaration, REFERENCE §3.4): what it did is undone,
 * and the corrective events that the producer sends are applied like any other. A correction that comes
 * before its event makes that event void when it comes.
 */
import type { DataOf } from '../../contracts/events.ts';
import type { SnapshotPart } from '../processor.ts';
import { A, isDerived } from './accounts.ts';
import { COUNTER, identityOf, isCounter, type Books } from './books.ts';
import type { Demand } from './demand.ts';
import { jsonParts, parseJson } from './parts.ts';
import type { Reservations } from './reservations.ts';
import type { Shipments } from './shipments.ts';
import type { Supply } from './supply.ts';

/** How long a correction waits for its event (event time), and repeats of it are known. */
const KEPT_MS = 7 * 24 * 60 * 60_000;

interface Correction {
  readonly atMs: number;
  readonly matched: boolean;
  readonly source: string;
  readonly id: string;
}

export class Corrections {
  readonly #books: Books;
  readonly #parts: {
    demand: Demand;
    supply: Supply;
    reservations: Reservations;
    shipments: Shipments;
  };
  readonly #corrected = new Map<number, Correction>();
  /** True when this slice sees every SKU, so that "nothing found" means something. */
  readonly #whole: boolean;

  constructor(
    books: Books,
    parts: { demand: Demand; supply: Supply; reservations: Reservations; shipments: Shipments },
    whole: boolean,
  ) {
    this.#books = books;
    this.#parts = parts;
    this.#whole = whole;
  }

  /** True for an event that was declared wrong before it came. */
  isVoid(identity: number): boolean {
    return this.#corrected.size > 0 && this.#corrected.get(identity)?.matched === false;
  }

  correct(data: DataOf<'event.corrected'>): void {
    const { source, id } = data.corrects;
    const identity = identityOf(source, id);
    if (this.#corrected.has(identity)) return;
    const entries = this.#books.history.ofEvent(identity);
    const matched = entries.length > 0;
    this.#corrected.set(identity, { atMs: this.#books.applied.nowMs, matched, source, id });
    const { demand, supply, reservations, shipments } = this.#parts;
    for (const entry of entries) {
      const { from, record, row, to, units } = entry;
      if (isCounter(from)) {
        if (from < COUNTER.poOrdered) demand.revert(from, record, row, units);
        else supply.revert(from, record, units);
        continue;
      }
      // Accounts and stages that follow from counters have come right with them.
      if (record !== '') continue;
      this.#books.move({
        row,
        from: undone(to),
        to: undone(from),
        units,
        kind: 'correction',
        timeMs: entry.timeMs,
        ref: id,
        reason: data.reason,
      });
    }
    reservations.revert(identity);
    shipments.revert(identity);
  }

  onTime(nowMs: number): void {
    for (const [identity, correction] of this.#corrected) {
      if (nowMs - correction.atMs < KEPT_MS) return;
      this.#corrected.delete(identity);
      if (correction.matched || !this.#whole) continue;
      this.#books.finding({
        findingId: `CORRECTION_UNMATCHED/${correction.source}/${correction.id}`,
        code: 'CORRECTION_UNMATCHED',
        entity: `event/${correction.id}`,
        detail: `event ${correction.id} of ${correction.source} was declared wrong, and no stock movement of it is known`,
      });
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return jsonParts('corrections', [...this.#corrected]);
  }

  restore(part: SnapshotPart): void {
    for (const [identity, correction] of parseJson<[number, Correction]>(part.bytes)) {
      this.#corrected.set(identity, correction);
    }
  }
}

/** The side of a movement that a correction moves: what follows from records moves by itself. */
function undone(account: number): number {
  if (account === A.open_demand || account === A.soft_reserved) return A.unclaimed;
  return isDerived(account) ? A.outside : account;
}
