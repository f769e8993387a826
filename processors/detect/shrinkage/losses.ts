/**
 * Unexplained losses of a SKU at a node: what the events say, and what is left of it once counts that were
 * booked and units that were found again are taken out. Pure.
 *
 *   count 4 short ──▶ adjustment −4 (cycle count)   one loss: the booking stands, the count does not
 *   shrinkage −3 ──▶ correction +3 (found)          no loss
 */
import { lossOfAdjustment, lossOfStateChange } from '../../facts/losses.ts';
import type { Fact } from '../../facts/signed.ts';
import type { Applied } from '../../processor.ts';

const DAY_MS = 24 * 60 * 60_000;
/** A count and the booking that follows it lie this close together. */
const BOOKED_MS = DAY_MS;
/** What is found within this time after a loss undoes it. */
const FOUND_MS = 7 * DAY_MS;

/** What is kept of an event. */
export interface LossFact extends Fact {
  readonly kind: 'count' | 'count booked' | 'other';
  /** Units that are missing; negative: found again. */
  readonly units: number;
  /** Cost of a unit as the event states it; null when it does not, or in another currency. */
  readonly unitCost: string | null;
  /** Part of an anomaly: not what is usual, for itself or for its peers. */
  readonly anomalous?: true;
  readonly source: string;
  readonly id: string;
}

export interface LossEvent {
  readonly sku: string;
  readonly node: string;
  readonly fact: LossFact;
}

/** Null for an event that is no unexplained loss. `counts` tells whether a currency takes part in sums. */
export function lossOf(
  { event, identity, seq, timeMs }: Applied,
  counts: (currency: string | undefined) => boolean,
): LossEvent | null {
  const base = { identity, seq, timeMs, source: event.source, id: event.id };
  switch (event.type) {
    case 'stocktide.inventory.adjusted.v1': {
      const { currency, node_id: node, reason_code: reason, sku_id: sku } = event.data;
      const { leakage, loss_units: units } = lossOfAdjustment(event.data);
      if (leakage !== 'L8' || units === 0) return null;
      const kind = reason === 'cycle_count_available' ? 'count booked' : 'other';
      const unitCost = counts(currency) ? (event.data.unit_cost ?? null) : null;
      return { sku, node, fact: { ...base, kind, units, unitCost } };
    }
    case 'stocktide.inventory.state.changed.v1': {
      const { node_id: node, sku_id: sku } = event.data;
      const { leakage, loss_units: units } = lossOfStateChange(event.data);
      if (leakage !== 'L8' || units === 0) return null;
      return { sku, node, fact: { ...base, kind: 'other', units, unitCost: null } };
    }
    case 'stocktide.inventory.counted.v1': {
      const { node_id: node, qty_book: book, qty_counted: counted, sku_id: sku } = event.data;
      if (counted >= book) return null;
      const fact: LossFact = { ...base, kind: 'count', units: book - counted, unitCost: null };
      return { sku, node, fact };
    }
    default:
      return null;
  }
}

/** The losses that stand, in the order of their event times, which `facts` have. */
export function standing(facts: readonly LossFact[]): LossFact[] {
  const booked = facts.filter(({ kind }) => kind === 'count booked');
  const isBooked = ({ kind, timeMs }: LossFact) =>
    kind === 'count' && booked.some((other) => Math.abs(other.timeMs - timeMs) <= BOOKED_MS);
  const losses: LossFact[] = [];
  for (const fact of facts) {
    if (isBooked(fact)) continue;
    if (fact.units > 0) losses.push(fact);
    else takeBack(losses, fact);
  }
  return losses;
}

/** Units that are found make good the newest losses first. */
function takeBack(losses: LossFact[], found: LossFact): void {
  let left = -found.units;
  for (let index = losses.length - 1; index >= 0 && left > 0; index--) {
    const loss = losses[index] as LossFact;
    if (found.timeMs - loss.timeMs > FOUND_MS) return;
    const mended = Math.min(left, loss.units);
    left -= mended;
    if (mended === loss.units) losses.splice(index, 1);
    else losses[index] = { ...loss, units: loss.units - mended };
  }
}
