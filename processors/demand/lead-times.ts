/**
 * How long supply takes: days from the order to each receipt, of the supplier that the SKU last came from.
 * A SKU has few receipts, so its figures are drawn towards those of its supplier (REFERENCE §6).
 *
 * Bounds: the newest NEWEST_KEPT receipts of each SKU and of each supplier.
 */
import type { SnapshotPart } from '../processor.ts';
import { joined, mapParts, restoreMap } from '../facts/parts.ts';
import { Z_P90 } from './projection.ts';

const NEWEST_KEPT = 20;
/** A SKU's own receipts count like so many of its supplier's [K]. */
const SHRINKING = 8;
/** Until the first receipt [K]. */
const DEFAULT_DAYS = 14;
const DEFAULT_SD = 3;

export interface LeadTime {
  readonly supplier: string;
  /** Median. */
  readonly days: number;
  /** As a normal with this median and this 90th percentile has it. */
  readonly sd: number;
  /** Units of the newest purchase order line; null when there was none. */
  readonly orderUnits: number | null;
}

interface Source {
  readonly supplier: string;
  readonly orderUnits: number | null;
  /** Days, the newest last. */
  readonly days: readonly number[];
}

interface Spread {
  readonly median: number;
  readonly p90: number;
}

const DEFAULT: Spread = { median: DEFAULT_DAYS, p90: DEFAULT_DAYS + Z_P90 * DEFAULT_SD };

export class LeadTimes {
  /** By SKU and by supplier. Replaced, never changed. */
  readonly #bySku = new Map<string, Source>();
  readonly #bySupplier = new Map<string, readonly number[]>();

  ordered(sku: string, supplier: string, units: number): void {
    const known = this.#bySku.get(sku);
    const days = known?.supplier === supplier ? known.days : [];
    this.#bySku.set(sku, { supplier, orderUnits: units, days });
  }

  received(sku: string, supplier: string, days: number): void {
    const known = this.#bySku.get(sku);
    const own = known?.supplier === supplier ? known.days : [];
    const orderUnits = known?.orderUnits ?? null;
    this.#bySku.set(sku, { supplier, orderUnits, days: newest([...own, days]) });
    this.#bySupplier.set(supplier, newest([...(this.#bySupplier.get(supplier) ?? []), days]));
  }

  of(sku: string): LeadTime {
    const { days = [], orderUnits = null, supplier = '' } = this.#bySku.get(sku) ?? {};
    const all = spreadOf(this.#bySupplier.get(supplier) ?? []) ?? DEFAULT;
    const own = spreadOf(days) ?? all;
    const weight = days.length / (days.length + SHRINKING);
    const median = all.median + weight * (own.median - all.median);
    const p90 = all.p90 + weight * (own.p90 - all.p90);
    return { supplier, days: median, sd: (p90 - median) / Z_P90, orderUnits };
  }

  snapshot(): Iterable<SnapshotPart> {
    return joined([
      mapParts('leads.sku', this.#bySku),
      mapParts('leads.supplier', this.#bySupplier),
    ]);
  }

  restore({ bytes, name }: SnapshotPart): void {
    if (name === 'leads.sku') restoreMap(this.#bySku, bytes);
    else restoreMap(this.#bySupplier, bytes);
  }
}

const newest = (days: readonly number[]) => days.slice(-NEWEST_KEPT);

/** Median and 90th percentile, between ranks in proportion; null of nothing. */
function spreadOf(days: readonly number[]): Spread | null {
  if (days.length === 0) return null;
  const sorted = days.toSorted((a, b) => a - b);
  const at = (share: number) => {
    const rank = share * (sorted.length - 1);
    const below = sorted[Math.floor(rank)] as number;
    const above = sorted[Math.ceil(rank)] as number;
    return below + (rank - Math.floor(rank)) * (above - below);
  };
  return { median: at(0.5), p90: at(0.9) };
}
