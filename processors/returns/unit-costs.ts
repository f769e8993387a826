/** What one unit of each SKU costs, from master data, in the house currency; bounded. */
import { mapParts, restoreMap } from '../facts/parts.ts';
import type { SnapshotPart } from '../processor.ts';

/** SKUs whose cost is known; beyond them, the one that was told longest ago is forgotten. */
const CAPACITY = 200_000;

export class UnitCosts {
  readonly #costs = new Map<string, string>();

  set(sku: string, unitCost: string): void {
    this.#costs.delete(sku);
    this.#costs.set(sku, unitCost);
    if (this.#costs.size <= CAPACITY) return;
    const [oldest] = this.#costs.keys();
    if (oldest !== undefined) this.#costs.delete(oldest);
  }

  /** '' when it is not known. */
  get(sku: string): string {
    return this.#costs.get(sku) ?? '';
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('unitcosts', this.#costs);
  }

  restore({ bytes }: SnapshotPart): void {
    restoreMap(this.#costs, bytes);
  }
}
