/**
 * The rules of stock and demand for a SKU (REFERENCE §4.2), looked at once a minute of event time: the SKUs
 * that changed, and those for which time alone decides (a hold that ends, supply that comes too late).
 */
import type { ChannelAfs } from '../../../contracts/atp.ts';
import { joined, mapParts, restoreMap } from '../../facts/parts.ts';
import type { SnapshotPart } from '../../processor.ts';
import type { Stock } from '../../stock/stock.ts';
import type { Outage } from '../listings.ts';
import type { Moment } from '../moment.ts';
import { Conflicts } from './conflicts.ts';
import { HeldConditions } from './held-conditions.ts';
import type { Look } from './look.ts';
import { oversold } from './oversell.ts';
import { stockout } from './stockout.ts';

/** Supply that keeps a SKU from being oversold is looked at again after so long: it may be late by then. */
const COVERED_MS = 60 * 60_000;

/** What is for sale of a SKU where it is listed. */
interface Offer {
  readonly channels: readonly ChannelAfs[];
  readonly outages: readonly Outage[];
  readonly dailyUnits: () => number;
}

export class SkuRules {
  readonly conflicts: Conflicts;
  readonly #stock: Stock;
  readonly #held = new HeldConditions('rules');
  /** When a SKU is looked at again though nothing has changed. */
  readonly #dueMs = new Map<string, number>();

  constructor(stock: Stock) {
    this.#stock = stock;
    this.conflicts = new Conflicts(stock.books.rules);
  }

  /** SKUs for which time has decided. */
  *due(nowMs: number): Generator<string> {
    for (const [sku, dueMs] of this.#dueMs) if (dueMs <= nowMs) yield sku;
  }

  look(look: Look, { channels, dailyUnits, outages }: Offer, moment: Moment): void {
    const { sku } = look;
    const { books, published } = this.#stock;
    const { conditions: short, covered } = oversold(this.#stock, look);
    const ranOut =
      outages.length === 0
        ? []
        : stockout(books.rules, look, {
            outages,
            dailyUnits: dailyUnits(),
            parent: this.#oversoldAs(sku, short),
          });
    const conflicts =
      channels.length === 0 ? [] : this.conflicts.of(look, channels, published.of(sku));
    const dueMs = this.#held.update(sku, [...short, ...ranOut, ...conflicts], moment);
    const nextMs = covered ? Math.min(dueMs ?? Infinity, look.nowMs + COVERED_MS) : dueMs;
    if (nextMs === null) this.#dueMs.delete(sku);
    else this.#dueMs.set(sku, nextMs);
  }

  /** What the SKU ran out by: an oversold position of it that is known as such. */
  #oversoldAs(sku: string, short: readonly { readonly entity: string }[]): string | null {
    const [first] = short;
    if (first === undefined || !this.#held.isRaised(sku, 'OVERSELL')) return null;
    return `OVERSELL ${first.entity}`;
  }

  snapshot(): Iterable<SnapshotPart> {
    return joined([this.#held.snapshot(), mapParts('rules.due', this.#dueMs)]);
  }

  restore(part: SnapshotPart): void {
    if (part.name === 'rules.due') restoreMap(this.#dueMs, part.bytes);
    else this.#held.restore(part);
  }
}
