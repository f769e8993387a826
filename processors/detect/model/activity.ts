/**
 * What happened to each SKU at each node of late, in sums in which a fact counts half after HALF_LIFE_MS: what the
 * features of the shrinkage model are made of. sql/features/shrinkage.sql computes the same from ClickHouse.
 *
 *   sum at t = Σ x · 2^(−(t − time of the fact) / half-life)      one number, whatever the span
 *
 * Late facts count as if they had come in time. Corrections take adjustments, counts, losses and location errors
 * back; a corrected pick stays in the exposure, where one of many does not matter. Bounded.
 */
import { RULES } from '../../../contracts/rules.ts';
import { lossOfAdjustment, lossOfStateChange } from '../../facts/losses.ts';
import { mapParts, restoreMap } from '../../facts/parts.ts';
import type { Applied, SnapshotPart } from '../../processor.ts';

const DAY_MS = 24 * 60 * 60_000;
const HALF_LIFE_MS = 14 * DAY_MS;
/** SKUs at nodes; beyond it the one that is untouched for the longest is forgotten. */
const MAX_ENTITIES = 100_000;
/** Facts that a correction can still take back; beyond it the oldest stays counted. */
const MAX_REVOCABLE = 50_000;
/** An adjustment just below the approval limit: from this part of it on. */
const NEAR_LIMIT = 0.8;
const APPROVAL_LIMIT = RULES.UNAPPROVED_ADJUSTMENT.parameters.amount.value;

const SUMS = [
  'picks',
  'shorts',
  'location_errors',
  'losses',
  'loss_cost',
  'adjusted_units',
  'adjusted_cost',
  'unexplained_units',
  'near_limit',
  'counted_book',
  'counted_off',
] as const;
type SumName = (typeof SUMS)[number];
export type Sums = Readonly<Record<SumName, number>>;

/** What one event adds. */
interface Added {
  readonly sku: string;
  readonly node: string;
  readonly sums: Partial<Sums>;
  readonly isCount?: true;
}

/** Replaced, never changed. */
interface Entry {
  /** Instant that the sums are of (event time): the newest fact. */
  readonly atMs: number;
  /** In the order of SUMS. */
  readonly sums: readonly number[];
  /** Newest count; null when there was none. */
  readonly countedMs: number | null;
}

interface Revocable {
  readonly entity: string;
  readonly timeMs: number;
  readonly sums: Partial<Sums>;
}

const keyOf = ({ node, sku }: { sku: string; node: string }) => `${sku} ${node}`;
const NOTHING: readonly number[] = SUMS.map(() => 0);

export class Activity {
  /** The one that is untouched for the longest first. */
  readonly #entries = new Map<string, Entry>();
  /** The oldest first. */
  readonly #revocable = new Map<number, Revocable>();

  /** `costOf` is the cost of a unit in the house currency: as stated, or of the item master; 0 when unknown. */
  take(applied: Applied, costOf: (sku: string, stated?: Stated) => number): void {
    const added = addedBy(applied, costOf);
    if (added === null) return;
    const { identity, name, timeMs } = applied;
    const entity = keyOf(added);
    this.#add(entity, added.sums, timeMs, added.isCount === true);
    if (name === 'pick.completed' || name === 'pick.shorted') return;
    this.#revocable.set(identity, { entity, timeMs, sums: added.sums });
    if (this.#revocable.size > MAX_REVOCABLE) deleteFirst(this.#revocable);
  }

  /** The fact of a corrected event did not happen. */
  drop(identity: number): void {
    const fact = this.#revocable.get(identity);
    if (fact === undefined) return;
    this.#revocable.delete(identity);
    if (!this.#entries.has(fact.entity)) return;
    const negated = Object.entries(fact.sums).map(([name, value]) => [name, -value]);
    this.#add(fact.entity, Object.fromEntries(negated) as Partial<Sums>, fact.timeMs, false);
  }

  /** Sums at an instant, and how long ago the SKU was counted (days); null of an entity without facts. */
  of(
    place: { sku: string; node: string },
    asOfMs: number,
  ): { sums: Sums; daysSinceCount: number | null } | null {
    const entry = this.#entries.get(keyOf(place));
    if (entry === undefined) return null;
    const weight = weightOf(asOfMs - entry.atMs);
    const sums = Object.fromEntries(
      SUMS.map((name, index) => [name, (entry.sums[index] as number) * weight]),
    ) as unknown as Sums;
    const { countedMs } = entry;
    return { sums, daysSinceCount: countedMs === null ? null : (asOfMs - countedMs) / DAY_MS };
  }

  #add(entity: string, added: Partial<Sums>, timeMs: number, isCount: boolean): void {
    const { atMs, countedMs, sums } = this.#entries.get(entity) ?? {
      ...{ atMs: timeMs, countedMs: null, sums: NOTHING },
    };
    const nowMs = Math.max(atMs, timeMs);
    const old = weightOf(nowMs - atMs);
    const fresh = weightOf(nowMs - timeMs);
    this.#entries.delete(entity);
    this.#entries.set(entity, {
      atMs: nowMs,
      sums: SUMS.map((name, index) => (sums[index] as number) * old + (added[name] ?? 0) * fresh),
      countedMs: isCount ? Math.max(countedMs ?? -Infinity, timeMs) : countedMs,
    });
    if (this.#entries.size > MAX_ENTITIES) deleteFirst(this.#entries);
  }

  snapshot(): Iterable<SnapshotPart>[] {
    return [mapParts('activity', this.#entries), mapParts('revocable', this.#revocable)];
  }

  readonly sections: Readonly<Record<string, (bytes: Uint8Array) => void>> = {
    activity: (bytes) => restoreMap(this.#entries, bytes),
    revocable: (bytes) => restoreMap(this.#revocable, bytes),
  };
}

const weightOf = (ageMs: number) => Math.pow(2, -ageMs / HALF_LIFE_MS);

function deleteFirst(map: Map<unknown, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}

/** A cost as an event states it. */
export interface Stated {
  readonly unitCost: string | undefined;
  readonly currency: string | undefined;
}

function addedBy(
  { event }: Applied,
  costOf: (sku: string, stated?: Stated) => number,
): Added | null {
  switch (event.type) {
    case 'stocktide.pick.completed.v1':
    case 'stocktide.pick.shorted.v1': {
      const {
        node_id: node,
        qty_picked: picked,
        qty_requested: requested,
        sku_id: sku,
      } = event.data;
      return { sku, node, sums: { picks: 1, shorts: picked < requested ? 1 : 0 } };
    }
    case 'stocktide.location.error.recorded.v1': {
      const { node_id: node, sku_id: sku } = event.data;
      return sku === undefined ? null : { sku, node, sums: { location_errors: 1 } };
    }
    case 'stocktide.inventory.counted.v1': {
      const { node_id: node, qty_book: book, qty_counted: counted, sku_id: sku } = event.data;
      const sums = { counted_book: book, counted_off: Math.abs(counted - book) };
      return { sku, node, sums, isCount: true };
    }
    case 'stocktide.inventory.state.changed.v1': {
      const { node_id: node, sku_id: sku } = event.data;
      const { leakage, loss_units: units } = lossOfStateChange(event.data);
      if (leakage === '') return null;
      return { sku, node, sums: leakage === 'L8' ? lossSums(units, costOf(sku)) : {} };
    }
    case 'stocktide.inventory.adjusted.v1': {
      const {
        currency,
        node_id: node,
        qty_delta: delta,
        sku_id: sku,
        unit_cost: unitCost,
      } = event.data;
      const cost = costOf(sku, { unitCost, currency });
      const { leakage, loss_units: lost } = lossOfAdjustment(event.data);
      const loss = leakage === 'L8' ? lossSums(lost, cost) : {};
      // What a shelf begins with is no change of it.
      if (event.data.reason_code === 'opening_balance') return { sku, node, sums: loss };
      const units = Math.abs(delta);
      const value = units * cost;
      return {
        ...{ sku, node },
        sums: {
          ...loss,
          adjusted_units: units,
          adjusted_cost: value,
          unexplained_units: leakage === 'L8' ? units : 0,
          near_limit: value >= NEAR_LIMIT * APPROVAL_LIMIT && value < APPROVAL_LIMIT ? 1 : 0,
        },
      };
    }
    default:
      return null;
  }
}

const lossSums = (units: number, cost: number): Partial<Sums> => ({
  losses: units > 0 ? 1 : 0,
  loss_cost: units * cost,
});
