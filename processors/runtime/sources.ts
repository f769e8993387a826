/**
 * Freshness of each source as events pass by: what the feed strip of the dashboard shows. Part of every
 * snapshot, so that a source that has gone quiet is still known after a restart (law 8).
 */
import type { SourceStatus } from '../../contracts/live.ts';
import type { SnapshotPart } from '../processor.ts';

/** Sources that are remembered; beyond it the longest known one is forgotten. */
export const MAX_SOURCES = 500;

interface Seen {
  events: number;
  lastEventMs: number;
  lastIngestedAt: string;
}

export class Sources {
  readonly name = 'sources';
  readonly stateVersion = '1';
  readonly #bySource = new Map<string, Seen>();

  see(source: string, timeMs: number, ingestedAt: string): void {
    const seen = this.#bySource.get(source);
    if (seen !== undefined) {
      seen.events += 1;
      if (timeMs > seen.lastEventMs) seen.lastEventMs = timeMs;
      seen.lastIngestedAt = ingestedAt;
      return;
    }
    this.#bySource.set(source, { events: 1, lastEventMs: timeMs, lastIngestedAt: ingestedAt });
    if (this.#bySource.size > MAX_SOURCES) {
      const [oldest] = this.#bySource.keys();
      if (oldest !== undefined) this.#bySource.delete(oldest);
    }
  }

  status(): SourceStatus[] {
    return [...this.#bySource].map(([source, seen]) => ({
      source,
      events: seen.events,
      lastEventAt: new Date(seen.lastEventMs).toISOString(),
      lastIngestedAt: seen.lastIngestedAt,
    }));
  }

  snapshot(): Iterable<SnapshotPart> {
    return [{ name: 'seen', bytes: Buffer.from(JSON.stringify([...this.#bySource])) }];
  }

  restore(parts: Iterable<SnapshotPart>): void {
    for (const part of parts) {
      const all = JSON.parse(Buffer.from(part.bytes).toString()) as [string, Seen][];
      for (const [source, seen] of all) this.#bySource.set(source, seen);
    }
  }
}
