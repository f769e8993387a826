/**
 * What is learned of each supplier from its last receipts: how late, how long from dock to stock, how much
 * of what was ordered (REFERENCE §2.5, §6). Time-phased ATP counts on it where no policy says otherwise.
 *
 * A slice learns from its own SKUs. Few receipts say little: below FULL_TRUST of them, what they say is
 * shrunk towards what is taken for granted.
 */
import type { SnapshotPart } from '../processor.ts';
import { joined, jsonParts, mapParts, parseJson, restoreMap } from '../facts/parts.ts';
import type { SupplyPolicy } from './policies.ts';

/** Receipt lines that are remembered of a supplier: the last ones by event time. */
const REMEMBERED = 20;
/** From so many on, what was learned stands by itself. */
const FULL_TRUST = 8;
/** Most suppliers that are remembered; the one that delivered longest ago goes first. */
const MAX_SUPPLIERS = 5_000;
/** A receipt waits this long for its put-away (event time). */
const PUT_AWAY_MS = 14 * 24 * 60 * 60_000;
const HOUR_MS = 3_600_000;
const P90 = 0.9;

/** One line of a PO or an ASN that has been received, at least in part. Replaced, never changed. */
interface Sample {
  readonly line: string;
  readonly receivedMs: number;
  /** Last receipt less what was promised, 0 when early; null when nothing was promised. */
  readonly latenessH: number | null;
  readonly dockToStockH: number | null;
  /** Received of what was ordered or announced, at most 1. */
  readonly fill: number | null;
}

interface AwaitingPutAway {
  readonly supplier: string;
  readonly line: string;
  readonly receivedMs: number;
}

export interface ReceivedLine {
  readonly supplier: string;
  /** Key of the PO or ASN line. */
  readonly line: string;
  readonly receipt: string;
  readonly sku: string;
  readonly receivedMs: number;
  /** Promised at the dock, null when it was not. */
  readonly promisedMs: number | null;
  /** Received so far, and ordered or announced. */
  readonly received: number;
  readonly expected: number;
}

export class SupplierProfiles {
  /** By supplier, the one that delivered longest ago first; samples by time of receipt. */
  readonly #samples = new Map<string, readonly Sample[]>();
  /** By receipt and SKU, the oldest first. */
  readonly #awaiting = new Map<string, AwaitingPutAway>();

  received(it: ReceivedLine): void {
    const { line, promisedMs, receivedMs, supplier } = it;
    if (supplier === '') return;
    const known = this.#find(supplier, line);
    const latest = Math.max(receivedMs, known?.receivedMs ?? receivedMs);
    this.#put(supplier, {
      line,
      receivedMs: latest,
      latenessH: promisedMs === null ? null : Math.max(0, latest - promisedMs) / HOUR_MS,
      dockToStockH: known?.dockToStockH ?? null,
      fill: fillOf(it.received, it.expected),
    });
    const key = `${it.receipt} ${it.sku}`;
    if (!this.#awaiting.has(key)) this.#awaiting.set(key, { supplier, line, receivedMs });
  }

  /** A receipt of the line was taken back. */
  revised(supplier: string, line: string, units: { received: number; expected: number }): void {
    const known = this.#find(supplier, line);
    if (known === undefined) return;
    if (units.received > 0) {
      this.#put(supplier, { ...known, fill: fillOf(units.received, units.expected) });
      return;
    }
    const others = (this.#samples.get(supplier) ?? []).filter((sample) => sample.line !== line);
    if (others.length > 0) this.#samples.set(supplier, others);
    else this.#samples.delete(supplier);
  }

  putAway(receipt: string, sku: string, timeMs: number): void {
    const awaiting = this.#awaiting.get(`${receipt} ${sku}`);
    if (awaiting === undefined) return;
    const known = this.#find(awaiting.supplier, awaiting.line);
    if (known === undefined) return;
    const hours = Math.max(0, timeMs - awaiting.receivedMs) / HOUR_MS;
    const dockToStockH = Math.max(hours, known.dockToStockH ?? 0);
    this.#put(awaiting.supplier, { ...known, dockToStockH });
  }

  /** How many receipt lines are known of the supplier. */
  count(supplier: string): number {
    return this.#samples.get(supplier)?.length ?? 0;
  }

  /** What is learned of the supplier, shrunk to what is taken for granted while that is little. */
  learned(supplier: string, granted: SupplyPolicy): SupplyPolicy {
    const samples = this.#samples.get(supplier) ?? [];
    const late = valuesOf(samples, (sample) => sample.latenessH);
    const dock = valuesOf(samples, (sample) => sample.dockToStockH);
    const fill = valuesOf(samples, (sample) => sample.fill);
    return {
      lateness_p90_h: shrunk(late, p90(late), granted.lateness_p90_h),
      dock_to_stock_p90_h: shrunk(dock, p90(dock), granted.dock_to_stock_p90_h),
      fill_rate: shrunk(fill, mean(fill), granted.fill_rate),
    };
  }

  onTime(nowMs: number): void {
    for (const [key, { receivedMs }] of this.#awaiting) {
      if (nowMs - receivedMs < PUT_AWAY_MS) return;
      this.#awaiting.delete(key);
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return joined([
      jsonParts('profiles.samples', [...this.#samples]),
      mapParts('profiles.awaiting', this.#awaiting),
    ]);
  }

  restore({ bytes, name }: SnapshotPart): void {
    if (name === 'profiles.awaiting') restoreMap(this.#awaiting, bytes);
    else {
      for (const [supplier, samples] of parseJson<[string, Sample[]]>(bytes)) {
        this.#samples.set(supplier, samples);
      }
    }
  }

  #find(supplier: string, line: string): Sample | undefined {
    return this.#samples.get(supplier)?.find((sample) => sample.line === line);
  }

  #put(supplier: string, sample: Sample): void {
    const others = (this.#samples.get(supplier) ?? []).filter(({ line }) => line !== sample.line);
    const samples = [...others, sample]
      .sort((a, b) => a.receivedMs - b.receivedMs || (a.line < b.line ? -1 : 1))
      .slice(-REMEMBERED);
    this.#samples.delete(supplier);
    this.#samples.set(supplier, samples);
    if (this.#samples.size <= MAX_SUPPLIERS) return;
    for (const longest of this.#samples.keys()) {
      this.#samples.delete(longest);
      return;
    }
  }
}

const fillOf = (received: number, expected: number) =>
  expected > 0 ? Math.min(1, received / expected) : null;

function valuesOf(samples: readonly Sample[], of: (sample: Sample) => number | null): number[] {
  return samples.map(of).filter((value) => value !== null);
}

/** The smallest value that nine in ten do not exceed; 0 of none. */
function p90(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(P90 * sorted.length) - 1] ?? 0;
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

function shrunk(values: readonly number[], learned: number, granted: number): number {
  const trust = Math.min(1, values.length / FULL_TRUST);
  return trust * learned + (1 - trust) * granted;
}
