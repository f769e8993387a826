/**
 * Taking back an event that was wrong (EPCIS error declaration, REFERENCE §3.4): what it did is undone,
 * and the corrective events that the producer sends are applied like any other. A correction of a document
 * concerns all its lines. An event that was declared wrong before it came is void when it comes.
 *
 * What an event did is read from the history: counters of records are counted back, and the balances
 * that follow from them come right by themselves; every other movement is reversed, dated as it was.
 */
import type { DataOf } from '../../contracts/events.ts';
import { rootId } from '../../contracts/explode.ts';
import { identityOf } from '../../contracts/hash.ts';
import { idsOf } from '../facts/corrected.ts';
import type { Applied, SnapshotPart } from '../processor.ts';
import { A, isDerived, COUNTER, isCounter } from './accounts.ts';
import type { Books } from './books.ts';
import type { Demand } from './demand.ts';
import type { Entry } from './history.ts';
import { mapParts, restoreMap } from '../facts/parts.ts';
import type { Reservations } from './reservations.ts';
import type { Shipments } from './shipments.ts';
import type { Supply } from './supply.ts';

/** How long a correction waits for its event (event time), and repeats of it are known. */
const KEPT_MS = 7 * 24 * 60 * 60_000;

interface Correction {
  readonly atMs: number;
  readonly seq: number;
  /** True once something of the event was taken back, or the event came and was void. */
  readonly matched: boolean;
  readonly source: string;
  readonly id: string;
}

export interface Correctable {
  readonly demand: Demand;
  readonly supply: Supply;
  readonly reservations: Reservations;
  readonly shipments: Shipments;
}

export class Corrections {
  readonly #books: Books;
  readonly #parts: Correctable;
  /** By identity of the wrong event. Replaced, never changed. */
  readonly #corrected = new Map<number, Correction>();
  /** True when this slice sees every SKU, so that "nothing found" means something. */
  readonly #whole: boolean;

  constructor(books: Books, parts: Correctable, whole: boolean) {
    this.#books = books;
    this.#parts = parts;
    this.#whole = whole;
  }

  /** True for an event that was declared wrong before it came, or whose document was. */
  voids({ event }: Applied): boolean {
    if (this.#corrected.size === 0) return false;
    const { id, source } = event;
    const root = rootId(id);
    return (
      this.#voids(this.#books.identity) || (root !== id && this.#voids(identityOf(source, root)))
    );
  }

  correct(data: DataOf<'event.corrected'>): void {
    const { id, source } = data.corrects;
    const identity = identityOf(source, id);
    if (this.#corrected.has(identity)) return;
    const entries = idsOf(id).flatMap((each) =>
      this.#books.history.takeBack(identityOf(source, each)),
    );
    const { nowMs, seq } = this.#books.applied;
    const matched = entries.length > 0;
    this.#corrected.set(identity, { atMs: nowMs, seq, matched, source, id });
    /** Forgotten lines: of them a dispatch is reversed like any movement, which is all that still matters. */
    const gone = new Set<string>();
    for (const entry of entries) {
      if (isCounter(entry.from)) {
        const known = this.#countBack(entry);
        if (!known && entry.from === COUNTER.shipped) gone.add(entry.record);
      } else if (entry.record === '' || gone.has(entry.record)) {
        this.#books.move({
          row: entry.row,
          from: reversed(entry.to),
          to: reversed(entry.from),
          units: entry.units,
          kind: 'correction',
          timeMs: entry.timeMs,
          ref: id,
          reason: data.reason,
        });
      }
    }
  }

  /** Reports corrections that have waited in vain. */
  onTime(nowMs: number): void {
    for (const [identity, { atMs, id, matched, seq, source }] of this.#corrected) {
      if (nowMs - atMs < KEPT_MS) return;
      this.#corrected.delete(identity);
      if (matched || !this.#whole) continue;
      this.#books.finding({
        findingId: `CORRECTION_UNMATCHED/${source}/${id}/${seq}`,
        code: 'CORRECTION_UNMATCHED',
        entity: `event/${id}`,
        conditionAtMs: atMs,
        evidence: [{ source, id }],
        detail: `event ${id} of ${source} was declared wrong, and no stock movement of it is known`,
      });
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('corrections', this.#corrected);
  }

  restore(part: SnapshotPart): void {
    restoreMap(this.#corrected, part.bytes);
  }

  #voids(identity: number): boolean {
    const correction = this.#corrected.get(identity);
    if (correction === undefined) return false;
    this.#corrected.set(identity, { ...correction, matched: true });
    return true;
  }

  /** Takes the change of a record back. False when the record is forgotten. */
  #countBack(entry: Entry): boolean {
    const { demand, reservations, shipments, supply } = this.#parts;
    switch (entry.from) {
      case COUNTER.poOrdered:
      case COUNTER.poAnnounced:
      case COUNTER.poReceived:
      case COUNTER.asnAnnounced:
      case COUNTER.asnReceived:
        supply.revert(entry);
        return true;
      case COUNTER.reserved:
        reservations.revert(entry.record);
        return true;
      case COUNTER.leg:
      case COUNTER.fate:
      case COUNTER.back:
        shipments.revert(entry);
        return true;
      case COUNTER.counted:
        this.#books.counts.revert(entry);
        return true;
      default:
        return demand.revert(entry);
    }
  }
}

/** The side of a reversed movement: accounts that follow from records move by themselves. */
function reversed(account: number): number {
  if (account === A.open_demand || account === A.soft_reserved) return A.unclaimed;
  return isDerived(account) ? A.outside : account;
}
