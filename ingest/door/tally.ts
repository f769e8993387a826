/**
 * What the door made of each source's events, told to the log about once a minute (`feed.tallied`): what it
 * refuses never enters the log by itself, and still a rule must see how much that is, the same in a replay.
 *
 *   outcomes ─▶ counts by source ─▶ a minute after the first of them ─▶ feed.tallied ─▶ LOG
 *
 * Bounded: of more sources than MAX_SOURCES in a minute the further ones are not told apart by the log (the
 * metrics count them). A door that stops tells the rest; of one that is killed the counts since the last tally are
 * lost, the letters are not.
 */
import type { InputDataOf } from '../../contracts/events.ts';
import type { EventOutcome } from '../../contracts/rejections.ts';
import type { Publisher } from '../../platform/nats/publisher.ts';
import { ownMessage } from './own-message.ts';

export const DOOR_SOURCE = 'urn:stocktide:door';

const MAX_SOURCES = 500;
const MAX_SOURCE_LENGTH = 200;
const EVERY_MS = 60_000;
const LOOK_MS = 5_000;

type Tally = InputDataOf<'feed.tallied'>;
interface Counted {
  readonly sinceMs: number;
  accepted: number;
  duplicates: number;
  rejected: number;
  readonly reasons: Record<string, number>;
}

export class Tallies {
  readonly #bySource = new Map<string, Counted>();

  /** Counts what became of an event. `value` is the event as it was decoded. */
  note(value: unknown, outcome: EventOutcome, nowMs: number): void {
    const source = sourceOf(value);
    if (source === null) return;
    const counted = this.#of(source, nowMs);
    if (counted === null) return;
    switch (outcome.outcome) {
      case 'accepted':
        counted.accepted += 1;
        break;
      case 'duplicate':
        counted.duplicates += 1;
        break;
      case 'rejected':
        counted.rejected += 1;
        counted.reasons[outcome.reason] = (counted.reasons[outcome.reason] ?? 0) + 1;
        break;
      default:
        outcome satisfies never;
    }
  }

  /** Tallies whose minute is over at an instant; they are counted anew. */
  due(nowMs: number): Tally[] {
    const due: Tally[] = [];
    for (const [source, { sinceMs, ...counts }] of this.#bySource) {
      if (nowMs - sinceMs < EVERY_MS) continue;
      this.#bySource.delete(source);
      due.push({ source, since: new Date(sinceMs).toISOString(), ...counts });
    }
    return due;
  }

  #of(source: string, nowMs: number): Counted | null {
    let counted = this.#bySource.get(source);
    if (counted === undefined) {
      if (this.#bySource.size >= MAX_SOURCES) return null;
      counted = { sinceMs: nowMs, accepted: 0, duplicates: 0, rejected: 0, reasons: {} };
      this.#bySource.set(source, counted);
    }
    return counted;
  }
}

/** The source that an event names; null for one that names none as the contract has it. */
function sourceOf(value: unknown): string | null {
  if (value === null || typeof value !== 'object') return null;
  const source: unknown = Reflect.get(value, 'source');
  const isSource =
    typeof source === 'string' &&
    source.length <= MAX_SOURCE_LENGTH &&
    /^[a-z][a-z0-9+.-]*:\S+$/.test(source);
  return isSource ? source : null;
}

/** Tells the log every while; returns how to stop, which tells it what is left. */
export function tellTallies({
  door,
  eventMs,
  now,
  onMissed,
  publisher,
  tallies,
}: {
  /** Name of this door among several. */
  door: string;
  /** Time of the events (ms since 1970): the wall's, or in a replay the feed's; null before any. */
  eventMs: () => number | null;
  now: () => number;
  onMissed: (error: unknown) => void;
  publisher: Pick<Publisher, 'publish'>;
  tallies: Tallies;
}): () => void {
  let told = 0;
  const tell = (untilMs: number) => {
    const timeMs = eventMs();
    if (timeMs === null) return;
    for (const data of tallies.due(untilMs)) {
      told += 1;
      const message = ownMessage(
        {
          ...{ name: 'feed.tallied', id: `tally/${door}/${told}`, source: DOOR_SOURCE, data },
          time: new Date(timeMs).toISOString(),
        },
        now(),
      );
      publisher.publish(message).catch(onMissed);
    }
  };
  const timer = setInterval(() => tell(now()), LOOK_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    tell(Infinity);
  };
}
