/**
 * When orders and shipments are forgotten (event time): an order KEPT_AFTER_CLAIMS_MS after its claims period once it
 * is over and quiet, or UNDELIVERED_MS after it left and nothing more was heard; a shipment that no order is known of
 * after ORPHAN_MS. What follows from the records alone, so no part of snapshots.
 */
import type { Order } from './facts.ts';

const DAY_MS = 86_400_000;
/** How long a closed order is remembered beyond the time in which it can be found imperfect. */
const KEPT_AFTER_CLAIMS_MS = 7 * DAY_MS;
/** How long an order that left is waited for to arrive: parcels do take months. */
const UNDELIVERED_MS = 180 * DAY_MS;
/** How long a shipment waits for its order. */
const ORPHAN_MS = 7 * DAY_MS;

/** Ids and since when; the longest first. */
type Since = Map<string, number>;

export class Retention {
  readonly #over: Since = new Map();
  readonly #onItsWay: Since = new Map();
  readonly #orphans: Since = new Map();

  /** Notes from when on the order can be forgotten, behind all others. */
  file(order: Order): void {
    this.drop(order.id);
    if (isOver(order)) this.#over.set(order.id, order.touchedMs);
    else if (order.stays.at(-1)?.stage === 'shipped') {
      this.#onItsWay.set(order.id, order.touchedMs);
    }
  }

  drop(order: string): void {
    this.#over.delete(order);
    this.#onItsWay.delete(order);
  }

  /** No order is known of a shipment, behind all others. */
  orphaned(shipment: string, sinceMs: number): void {
    this.#orphans.delete(shipment);
    this.#orphans.set(shipment, sinceMs);
  }

  adopted(shipment: string): void {
    this.#orphans.delete(shipment);
  }

  /** Orders whose time is over; each is to be dropped. */
  *dueOrders(nowMs: number, claimsMs: number): Generator<string> {
    yield* longerThan(this.#over, nowMs - claimsMs - KEPT_AFTER_CLAIMS_MS);
    yield* longerThan(this.#onItsWay, nowMs - UNDELIVERED_MS);
  }

  /** Shipments without an order whose time is over; each is to be adopted or forgotten. */
  dueShipments(nowMs: number): Generator<string> {
    return longerThan(this.#orphans, nowMs - ORPHAN_MS);
  }

  /** The order that is over longest, or else left longest ago. */
  first(): string | undefined {
    const [over] = this.#over.keys();
    const [left] = this.#onItsWay.keys();
    return over ?? left;
  }
}

function* longerThan(since: Since, ms: number): Generator<string> {
  for (const [id, sinceMs] of since) {
    if (sinceMs > ms) return;
    yield id;
  }
}

/** Nothing more is expected of it: delivered, cancelled, or never an order. */
function isOver({ stays }: Order): boolean {
  const stage = stays.at(-1)?.stage;
  return stage === undefined || stage === 'delivered' || stage === 'cancelled';
}
