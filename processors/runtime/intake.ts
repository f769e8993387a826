/**
 * From a message of the LOG to an event for the processors: decoded, told apart from its repeats, and
 * given the time. Pure, and part of every snapshot: the same log takes in the same events.
 */
import { typeName } from '../../contracts/envelope.ts';
import { LOG_SCHEMAS, type LogEvent, type LogType } from '../../contracts/events.ts';
import { identityHash, identityNumber } from '../../contracts/hash.ts';
import type { Applied, SnapshotPart } from '../processor.ts';
import { RecentIds } from './recent-ids.ts';

export type Taken =
  | { readonly outcome: 'event'; readonly applied: Applied }
  | { readonly outcome: 'duplicate'; readonly event: LogEvent }
  | { readonly outcome: 'conflict'; readonly event: LogEvent }
  | { readonly outcome: 'undecodable'; readonly detail: string };

export class Intake {
  readonly name = 'intake';
  readonly stateVersion: string;
  readonly #recent: RecentIds;
  #nowMs = 0;

  constructor(recentIds: number) {
    this.stateVersion = `2/${recentIds}`;
    this.#recent = new RecentIds(recentIds);
  }

  /** Highest event time seen (ms since 1970). */
  get nowMs(): number {
    return this.#nowMs;
  }

  take(seq: number, raw: string): Taken {
    let event: LogEvent;
    try {
      event = JSON.parse(raw) as LogEvent;
    } catch (error) {
      return { outcome: 'undecodable', detail: `not JSON: ${(error as Error).message}` };
    }
    const name = nameOf(event);
    const timeMs = Date.parse(event?.time);
    if (name === null || Number.isNaN(timeMs) || !isStamped(event)) {
      return { outcome: 'undecodable', detail: 'not an event of the catalogue' };
    }
    const payload = Number.parseInt(event.datahash, 16);
    const hash = identityHash(event.source, event.id);
    const seen = this.#recent.see(hash, payload);
    if (seen !== 'new') return { outcome: seen, event };
    if (timeMs > this.#nowMs) this.#nowMs = timeMs;
    return {
      outcome: 'event',
      applied: {
        ...{ seq, name, event, timeMs, raw },
        nowMs: this.#nowMs,
        identity: identityNumber(hash),
      },
    };
  }

  /** Whether the log holds this event, as far as ids are remembered. */
  holds(source: string, id: string): boolean {
    return this.#recent.has(identityHash(source, id));
  }

  snapshot(): SnapshotPart[] {
    return [{ name: 'now', bytes: Buffer.from(String(this.#nowMs)) }, ...this.#recent.snapshot()];
  }

  restore(parts: Iterable<SnapshotPart>): void {
    for (const part of parts) {
      if (part.name === 'now') this.#nowMs = Number(Buffer.from(part.bytes).toString());
      else this.#recent.restore(part);
    }
  }
}

/** Only the door writes the log; what another hand put there must not stop the reading. */
function isStamped({ data, datahash, id, source }: Partial<LogEvent>): boolean {
  return (
    typeof source === 'string' &&
    typeof id === 'string' &&
    typeof datahash === 'string' &&
    /^[0-9a-f]{8}$/.test(datahash) &&
    typeof data === 'object' &&
    data !== null
  );
}

function nameOf(event: LogEvent | null): LogType | null {
  if (typeof event?.type !== 'string') return null;
  const name = typeName(event.type);
  return name !== null && LOG_SCHEMAS.has(name as LogType) ? (name as LogType) : null;
}
