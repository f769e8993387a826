/**
 * What the floor needs of the item master: the class and the cost of each SKU. Items name no node, so every
 * slice knows them all. A later version is for later facts: what was booked stays booked at the cost of its
 * time.
 */
import type { DataOf } from '../../contracts/events.ts';
import { mapParts, restoreMap } from '../facts/parts.ts';
import type { SnapshotPart } from '../processor.ts';

/** SKUs that are remembered; beyond it the one that was set the longest ago is forgotten. */
const MAX_ITEMS = 200_000;

export interface Item {
  readonly abcClass: 'A' | 'B' | 'C';
  readonly unitCost: string;
  readonly currency: string | null;
  /** Event time of this version (ms since 1970). */
  readonly timeMs: number;
}

export class Items {
  readonly #bySku = new Map<string, Item>();

  get(sku: string): Item | undefined {
    return this.#bySku.get(sku);
  }

  set(data: DataOf<'item.upserted'>, timeMs: number): void {
    const { abc_class: abcClass, currency = null, sku_id: sku, unit_cost: unitCost } = data;
    if ((this.#bySku.get(sku)?.timeMs ?? -Infinity) > timeMs) return;
    this.#bySku.delete(sku);
    this.#bySku.set(sku, { abcClass, unitCost, currency, timeMs });
    if (this.#bySku.size <= MAX_ITEMS) return;
    const [oldest] = this.#bySku.keys();
    if (oldest !== undefined) this.#bySku.delete(oldest);
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('items', this.#bySku);
  }

  restore(part: SnapshotPart): void {
    restoreMap(this.#bySku, part.bytes);
  }
}
