/**
 * What the item master says that figures of demand need: class, life cycle, and cost as it was known when.
 * A cost in another currency than the house's counts for nothing: it is flagged and written as 0.
 */
import type { DataOf } from '../../contracts/events.ts';
import type { HouseCurrency } from '../facts/money.ts';
import type { SnapshotPart } from '../processor.ts';
import { mapParts, restoreMap } from '../facts/parts.ts';
import type { Moment } from './moment.ts';

/** Costs that are remembered of a SKU: a dispatch is taken back at the cost that it was booked at. */
const COSTS_KEPT = 8;

export interface Cost {
  /** Since when it is known (event time of the processor). */
  readonly knownMs: number;
  readonly abcClass: string;
  /** Of one unit, in the house currency; null when it is in another one. */
  readonly unitCost: string | null;
}

interface Item {
  readonly abcClass: string;
  /** False once it is discontinued or blocked. */
  readonly active: boolean;
  /** Event time of this version. */
  readonly atMs: number;
  readonly unitCost: string;
  readonly currency: string | undefined;
  /** The newest last. */
  readonly costs: readonly Cost[];
}

export class Items {
  /** Replaced, never changed. */
  readonly #bySku = new Map<string, Item>();
  readonly #house: HouseCurrency;

  constructor(house: HouseCurrency) {
    this.#house = house;
  }

  /** Takes a version of an item; an older one than is known changes nothing. False then. */
  set(data: DataOf<'item.upserted'>, atMs: number, moment: Moment): boolean {
    const { abc_class: abcClass, currency, sku_id: sku, status, unit_cost: unitCost } = data;
    const known = this.#bySku.get(sku);
    if (known !== undefined && known.atMs > atMs) return false;
    const costs = known?.costs ?? [];
    this.#write(
      sku,
      { abcClass, active: status === 'active', atMs, unitCost, currency, costs },
      moment,
    );
    return true;
  }

  /** The house currency was decided: costs that count now, or no more, are written anew. */
  revalue(moment: Moment): void {
    for (const [sku, item] of this.#bySku) this.#write(sku, item, moment);
  }

  abcClass(sku: string): string {
    return this.#bySku.get(sku)?.abcClass ?? '';
  }

  /** True unless the item is known to be sold no more. */
  isActive(sku: string): boolean {
    return this.#bySku.get(sku)?.active ?? true;
  }

  /** The newest cost, or null. */
  unitCost(sku: string): string | null {
    return this.#bySku.get(sku)?.costs.at(-1)?.unitCost ?? null;
  }

  /** The cost that was known at an instant; undefined when there was none. */
  costAsKnown(sku: string, nowMs: number): Cost | undefined {
    return this.#bySku.get(sku)?.costs.findLast(({ knownMs }) => knownMs <= nowMs);
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('items', this.#bySku);
  }

  restore({ bytes }: SnapshotPart): void {
    restoreMap(this.#bySku, bytes);
  }

  #write(sku: string, item: Item, { nowMs, out, seq }: Moment): void {
    const { abcClass, currency } = item;
    const unitCost = this.#house.counts(currency) ? item.unitCost : null;
    const last = item.costs.at(-1);
    const same = last?.unitCost === unitCost && last.abcClass === abcClass;
    const costs = same
      ? item.costs
      : [...item.costs, { knownMs: nowMs, abcClass, unitCost }].slice(-COSTS_KEPT);
    this.#bySku.set(sku, { ...item, costs });
    if (same) return;
    out.row('sku_costs', [sku, abcClass, unitCost ?? '0', nowMs, seq]);
    if (unitCost !== null) return;
    out.finding({
      findingId: `FLOW_VIOLATION/currency/sku/${sku}/${currency ?? ''}`,
      code: 'FLOW_VIOLATION',
      subtype: 'currency',
      entity: `sku/${sku}`,
      skuId: sku,
      conditionAtMs: item.atMs,
      detail: `the cost of ${sku} is in ${currency ?? ''}, not in ${this.#house.code}; it is left out of the value of stock and of what was sold`,
      evidence: [],
    });
  }
}
