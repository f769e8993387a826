/**
 * Events that were declared wrong (`event.corrected`, REFERENCE §3.4), for processors that keep facts: a
 * fact whose identity is corrected is dropped, and the entity is projected anew without it. A correction of
 * a document concerns all its lines. An event that was declared wrong before it came is void when it comes.
 */
import type { DataOf } from '../../contracts/events.ts';
import { lineId, rootId } from '../../contracts/explode.ts';
import { MAX_LINES } from '../../contracts/fields.ts';
import { identityOf } from '../../contracts/hash.ts';
import type { Applied, SnapshotPart } from '../processor.ts';
import { mapParts, restoreMap } from './parts.ts';

/** How long a correction waits for its event (event time). */
const KEPT_MS = 7 * 24 * 60 * 60_000;

const NONE: ReadonlySet<number> = new Set();

export class Corrected {
  /** When each wrong event was declared wrong, by its identity; the oldest first. */
  readonly #atMs = new Map<number, number>();

  /** Identities of the facts to drop; none when the correction is a repeat. */
  note(data: DataOf<'event.corrected'>, nowMs: number): ReadonlySet<number> {
    const { id, source } = data.corrects;
    const identity = identityOf(source, id);
    if (this.#atMs.has(identity)) return NONE;
    this.#atMs.set(identity, nowMs);
    return new Set(idsOf(id).map((each) => identityOf(source, each)));
  }

  /** True for an event that was declared wrong before it came, or whose document was. */
  voids({ event, identity }: Applied): boolean {
    if (this.#atMs.size === 0) return false;
    if (this.#atMs.has(identity)) return true;
    const root = rootId(event.id);
    return root !== event.id && this.#atMs.has(identityOf(event.source, root));
  }

  /** Forgets corrections that have waited long enough. */
  onTime(nowMs: number): void {
    for (const [identity, atMs] of this.#atMs) {
      if (nowMs - atMs < KEPT_MS) return;
      this.#atMs.delete(identity);
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('corrected', this.#atMs);
  }

  restore(part: SnapshotPart): void {
    restoreMap(this.#atMs, part.bytes);
  }
}

/** Ids of the events that an id stands for: its own, and those of a document's lines. */
export function idsOf(id: string): string[] {
  if (rootId(id) !== id) return [id];
  return [id, ...Array.from({ length: MAX_LINES }, (_, index) => lineId(id, index + 1))];
}
