/** What each channel was last told it may sell: the newest computation counts, whatever came last. */
import type { DataOf } from '../../contracts/events.ts';
import type { SnapshotPart } from '../processor.ts';
import { jsonParts, parseJson } from './parts.ts';

export interface Publication {
  readonly units: number;
  readonly atMs: number;
}

export class Published {
  readonly #bySku = new Map<string, Map<string, Publication>>();

  set(data: DataOf<'channel.availability.published'>): void {
    let channels = this.#bySku.get(data.sku_id);
    if (channels === undefined) {
      channels = new Map();
      this.#bySku.set(data.sku_id, channels);
    }
    const atMs = Date.parse(data.computed_at);
    const known = channels.get(data.channel_id);
    if (known === undefined || known.atMs <= atMs) {
      channels.set(data.channel_id, { units: data.qty, atMs });
    }
  }

  of(sku: string): ReadonlyMap<string, Publication> {
    return this.#bySku.get(sku) ?? EMPTY;
  }

  snapshot(): Iterable<SnapshotPart> {
    const rows = [...this.#bySku].map(([sku, channels]) => [sku, [...channels]]);
    return jsonParts('published', rows);
  }

  restore(part: SnapshotPart): void {
    for (const [sku, channels] of parseJson<[string, [string, Publication][]]>(part.bytes)) {
      this.#bySku.set(sku, new Map(channels));
    }
  }
}

const EMPTY: ReadonlyMap<string, Publication> = new Map();
