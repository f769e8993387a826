/** Cost of a unit of each SKU, as the item master has it, in the house currency. Bounded. */
import type { DataOf } from '../../../contracts/events.ts';
import { mapParts, restoreMap } from '../../facts/parts.ts';
import type { SnapshotPart } from '../../processor.ts';

/** SKUs that are remembered; beyond it the one that was set the longest ago is forgotten. */
const MAX_SKUS = 200_000;

interface Cost {
  readonly unitCost: string;
  readonly timeMs: number;
}

export class Costs {
  readonly #bySku = new Map<string, Cost>();

  get(sku: string): string | null {
    return this.#bySku.get(sku)?.unitCost ?? null;
  }

  set({ sku_id: sku, unit_cost: unitCost }: DataOf<'item.upserted'>, timeMs: number): void {
    if ((this.#bySku.get(sku)?.timeMs ?? -Infinity) > timeMs) return;
    this.#bySku.delete(sku);
    this.#bySku.set(sku, { unitCost, timeMs });
    if (this.#bySku.size <= MAX_SKUS) return;
    const [oldest] = this.#bySku.keys();
    if (oldest !== undefined) this.#bySku.delete(oldest);
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('costs', this.#bySku);
  }

  restore({ bytes }: SnapshotPart): void {
    restoreMap(this.#bySku, bytes);
  }
}
