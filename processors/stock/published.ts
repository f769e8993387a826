/** What each channel was last told it may sell: the newest computation counts, whatever came last. */
import type { DataOf } from '../../contracts/events.ts';
import type { SnapshotPart } from '../processor.ts';
import { mapParts, restoreMap } from '../facts/parts.ts';

export interface Publication {
  readonly channel: string;
  readonly units: number;
  readonly atMs: number;
  /** The event that told it. */
  readonly source: string;
  readonly id: string;
}

export class Published {
  /** By SKU. Replaced, never changed. */
  readonly #bySku = new Map<string, readonly Publication[]>();

  set(
    data: DataOf<'channel.availability.published'>,
    { id, source }: { readonly source: string; readonly id: string },
  ): void {
    const { channel_id: channel, qty: units, sku_id: sku } = data;
    const atMs = Date.parse(data.computed_at);
    const told = this.of(sku);
    if (told.some((known) => known.channel === channel && known.atMs > atMs)) return;
    const others = told.filter((known) => known.channel !== channel);
    this.#bySku.set(sku, [...others, { channel, units, atMs, source, id }]);
  }

  of(sku: string): readonly Publication[] {
    return this.#bySku.get(sku) ?? [];
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('published', this.#bySku);
  }

  restore(part: SnapshotPart): void {
    restoreMap(this.#bySku, part.bytes);
  }
}
