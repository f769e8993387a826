/**
 * The door's core, the same for every way in (HTTP, NATS, mended letters):
 *
 *   decoded event ─▶ judge ─▶ messages ─▶ LOG, pipelined, in order ─▶ outcome
 *                      │          └ id seen with other data ─┐
 *                      └ refused ────────────────────────────┴─▶ DEAD ─▶ outcome
 *
 * Guarantees: an outcome is given when everything behind it is stored: an accepted event in the LOG, a
 * refused one in DEAD. Where that fails, `accept` throws DoorUnavailable and claims nothing; sending the
 * same events again is harmless, since each message carries the hash of its (source, id). Events enter
 * the LOG in the order in which they were given. What is under way is bounded by the publisher.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { InputType } from '../../contracts/events.ts';
import type { DeadLetter, EventOutcome, Rejection } from '../../contracts/rejections.ts';
import type { Publisher } from '../../platform/nats/publisher.ts';
import type { Clock } from '../clock/clock.ts';
import type { DeadLetters } from '../dead/writer.ts';
import { createFlight, type Flight } from './flight.ts';
import { judge, type Incoming } from './judge.ts';
import { TURN_MS, type DoorLimits } from './limits.ts';
import type { LogMessage } from './log-message.ts';
import type { DoorMetrics } from './metrics.ts';
import type { RecentIds } from './recent-ids.ts';
import { asUnavailable } from './unavailable.ts';

export interface Door {
  /** Takes events; the outcomes are in their order. Throws DoorUnavailable. */
  accept(events: readonly Incoming[], origin: Origin): Promise<EventOutcome[]>;
}

/** Where events come from. */
export interface Origin {
  readonly via: DeadLetter['via'];
  /** Internal types that this sender may send. */
  readonly trusted?: ReadonlySet<InputType> | undefined;
  /** Whether this sender may send decisions of people. */
  readonly mayDecide: boolean;
  /** True for what lies in DEAD already: refused again, it gets no second letter. */
  readonly isLetter?: boolean;
}

export interface DoorParts {
  readonly publisher: Pick<Publisher, 'publish' | 'hasRoom' | 'room'>;
  readonly clock: Pick<Clock, 'mode' | 'nowMs'>;
  readonly recentIds: RecentIds;
  readonly limits: Pick<DoorLimits, 'maxEventBytes' | 'maxFutureMs'>;
  readonly metrics: DoorMetrics;
  readonly dead: DeadLetters;
  /** `datahash` of the LOG's event at a sequence, or null when it cannot be told. */
  readonly storedHash: (seq: number) => Promise<string | null>;
  /** Told what became of each event that was sent, but not of letters that are replayed. */
  readonly onSettled?: (value: unknown, outcome: EventOutcome) => void;
  /** Told the highest event time of what was accepted (ms since 1970). */
  readonly onAccepted?: (timeMs: number) => void;
}

/** An event on its way: what has become of its messages so far. */
interface Progress {
  readonly incoming: Incoming;
  timeMs: number;
  fresh: number;
  lastSeq: number;
  rejection: Rejection | null;
}

interface Opened {
  readonly progress: Progress;
  readonly messages: readonly LogMessage[];
  /** For each message, whether its id was not known. */
  readonly isNew: readonly boolean[];
}

export function createDoor(parts: DoorParts): Door {
  const { publisher, clock, recentIds, limits, metrics, dead, storedHash } = parts;
  const { onAccepted, onSettled } = parts;

  /** Sends one message; notes in `progress` what the log says. */
  function send(message: LogMessage, isNew: boolean, progress: Progress, flight: Flight): void {
    const { hi, lo, datahash } = message;
    flight.add(
      publisher.publish(message),
      ({ seq, duplicate }) => {
        progress.lastSeq = Math.max(progress.lastSeq, seq);
        if (!duplicate) progress.fresh++;
        // The log has this id from another door, or from before a restart: is it the same event?
        else if (isNew) {
          flight.add(storedHash(seq), (stored) => {
            if (stored === null || stored === datahash) return;
            recentIds.forget(hi, lo);
            progress.rejection ??= conflict(progress.incoming);
          });
        }
      },
      // It may or may not be stored; the next attempt may even bring other data.
      () => {
        if (isNew) recentIds.forget(hi, lo);
      },
    );
  }

  /** Remembers the messages' ids. Null when one of them came before with other data. */
  function claim(messages: readonly LogMessage[]): boolean[] | null {
    const claims: boolean[] = [];
    for (const { hi, lo, datahash } of messages) {
      const claimed = recentIds.claim(hi, lo, Number.parseInt(datahash, 16));
      if (claimed === 'conflict') {
        messages.forEach((message, at) => {
          if (claims[at] === true) recentIds.forget(message.hi, message.lo);
        });
        return null;
      }
      claims.push(claimed === 'new');
    }
    return claims;
  }

  /** What is to be sent for one event; nothing when it is refused. */
  function open(incoming: Incoming, { mayDecide, trusted }: Origin): Opened {
    const progress: Progress = { incoming, timeMs: 0, fresh: 0, lastSeq: 0, rejection: null };
    const now = { nowMs: clock.nowMs() ?? -Infinity, clock: clock.mode };
    const verdict = judge(incoming, { ...now, limits, mayDecide, trusted });
    if (!verdict.ok) {
      progress.rejection = verdict.rejection;
      return { progress, messages: [], isNew: [] };
    }
    const isNew = claim(verdict.messages);
    if (isNew === null) {
      progress.rejection = conflict(incoming);
      return { progress, messages: [], isNew: [] };
    }
    progress.timeMs = verdict.timeMs;
    return { progress, messages: verdict.messages, isNew };
  }

  async function accept(events: readonly Incoming[], origin: Origin): Promise<EventOutcome[]> {
    const startedAt = performance.now();
    const flight = createFlight();
    const taken: Progress[] = [];
    let turnEndsAt = startedAt + TURN_MS;
    for (const incoming of events) {
      if (flight.failed) break;
      const { progress, messages, isNew } = open(incoming, origin);
      taken.push(progress);
      for (const [at, message] of messages.entries()) {
        if (!publisher.hasRoom) await publisher.room();
        send(message, isNew[at] === true, progress, flight);
      }
      if (performance.now() > turnEndsAt) {
        await nextTurn();
        turnEndsAt = performance.now() + TURN_MS;
      }
    }
    try {
      await flight.done();
      await bury(taken, origin);
    } catch (error) {
      const unavailable = asUnavailable(error);
      metrics.unavailable(unavailable);
      throw unavailable;
    }
    const outcomes = taken.map(outcomeOf);
    metrics.took(outcomes, { via: origin.via, seconds: (performance.now() - startedAt) / 1000 });
    tellTime(taken);
    if (onSettled !== undefined && origin.isLetter !== true) {
      outcomes.forEach((outcome, at) => onSettled(taken[at]?.incoming.value, outcome));
    }
    return outcomes;
  }

  /** Dead letters of what was refused, all of them stored. */
  async function bury(taken: readonly Progress[], { via, isLetter }: Origin): Promise<void> {
    if (isLetter === true) return;
    const flight = createFlight();
    for (const { incoming, rejection } of taken) {
      if (rejection === null) continue;
      if (!publisher.hasRoom) await publisher.room();
      const bytes = incoming.bytes();
      const sizeBytes = Math.max(bytes.length, incoming.sizeBytes);
      flight.add(dead.write({ rejection, via, bytes, sizeBytes, value: incoming.value }), () => {});
    }
    await flight.done();
  }

  function tellTime(taken: readonly Progress[]): void {
    if (onAccepted === undefined) return;
    let highest = -Infinity;
    for (const { rejection, fresh, timeMs } of taken) {
      if (rejection === null && fresh > 0 && timeMs > highest) highest = timeMs;
    }
    if (highest > -Infinity) onAccepted(highest);
  }

  return { accept };
}

/** A document is a duplicate when each of its messages is. */
function outcomeOf({ incoming, rejection, fresh, lastSeq }: Progress): EventOutcome {
  const id = idOf(incoming.value);
  const event = { index: incoming.index, ...(id === undefined ? {} : { id }) };
  if (rejection !== null) return { ...event, outcome: 'rejected', ...rejection };
  if (fresh === 0) return { ...event, outcome: 'duplicate' };
  return { ...event, outcome: 'accepted', seq: lastSeq };
}

function conflict({ value }: Incoming): Rejection {
  return {
    reason: 'id_conflict',
    field: 'id',
    value: idOf(value) ?? '',
    detail:
      'id: this source has sent it before with other data; the first one stands. Give a new event ' +
      'an id of its own, and correct a wrong one with stocktide.event.corrected.v1',
  };
}

const MAX_SHOWN_ID = 200;

function idOf(value: unknown): string | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  const id: unknown = Reflect.get(value, 'id');
  return typeof id === 'string' ? id.slice(0, MAX_SHOWN_ID) : undefined;
}
