/** Which part of what a source sends the door refuses, over the newest hour of tallies. Pure. */
import type { DataOf } from '../../contracts/events.ts';
import { mapParts, restoreMap } from '../facts/parts.ts';
import type { SnapshotPart } from '../processor.ts';

const HOUR_MS = 60 * 60_000;
/** Tallies of a source that are remembered: an hour of two doors. */
const MAX_TALLIES = 120;
/** Sources that are remembered; beyond it the one that was tallied the longest ago is forgotten. */
const MAX_SOURCES = 1_000;

interface Tally {
  readonly atMs: number;
  readonly judged: number;
  readonly rejected: number;
}

export class Rejects {
  /** By source, the oldest tally first. */
  readonly #tallies = new Map<string, readonly Tally[]>();

  /** Takes a tally; answers the hour up to it, and how many tallies in a row had no refusal. */
  note({ accepted, duplicates, rejected, source }: DataOf<'feed.tallied'>, nowMs: number) {
    const known = this.#tallies.get(source) ?? [];
    const tallies = [...known, { atMs: nowMs, judged: accepted + duplicates + rejected, rejected }]
      .filter(({ atMs }) => atMs > nowMs - HOUR_MS)
      .slice(-MAX_TALLIES);
    this.#tallies.delete(source);
    this.#tallies.set(source, tallies);
    if (this.#tallies.size > MAX_SOURCES) {
      const [oldest] = this.#tallies.keys();
      if (oldest !== undefined) this.#tallies.delete(oldest);
    }
    const sum = (of: 'judged' | 'rejected') =>
      tallies.reduce((total, tally) => total + tally[of], 0);
    const lastBad = tallies.findLastIndex((tally) => tally.rejected > 0);
    return {
      judged: sum('judged'),
      rejected: sum('rejected'),
      clean: tallies.length - 1 - lastBad,
    };
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('rejects', this.#tallies);
  }

  restore({ bytes }: SnapshotPart): void {
    restoreMap(this.#tallies, bytes);
  }
}
