/**
 * Time as an event (law 1): `clock.ticked` in the LOG, which is what `now` is for every processor.
 *
 *   live   wall time, once a second, under an id that makes several doors agree
 *   feed   the feed's own time, when it has advanced by a minute or more, so that a year of history
 *          plays through the same code at full speed
 *
 * A tick that could not be sent is not made up for: the next one says what time it is then.
 */
import type { Publisher } from '../../platform/nats/publisher.ts';
import { ownMessage } from '../door/own-message.ts';

export const CLOCK_SOURCE = 'urn:stocktide:clock';
const SECOND_MS = 1000;
const FEED_STEP_MS = 60_000;

export interface Clock {
  /** Feed mode: the highest event time that was accepted (ms since 1970). */
  observe(timeMs: number): void;
  stop(): void;
}

export interface ClockOptions {
  readonly mode: 'live' | 'feed';
  readonly publisher: Pick<Publisher, 'publish'>;
  /** Wall time (ms since 1970). */
  readonly now: () => number;
  /** A tick was not acknowledged. */
  readonly onMissed: (error: unknown) => void;
}

export function startClock({ mode, publisher, now, onMissed }: ClockOptions): Clock {
  const tick = (timeMs: number) => {
    publisher.publish(tickMessage(mode, timeMs, now())).catch(onMissed);
  };
  if (mode === 'feed') return { observe: feedTicks(tick), stop: () => {} };

  let timer: NodeJS.Timeout;
  const wait = () => {
    timer = setTimeout(
      () => {
        tick(now());
        wait();
      },
      SECOND_MS - (now() % SECOND_MS),
    );
  };
  wait();
  return { observe: () => {}, stop: () => clearTimeout(timer) };
}

function feedTicks(tick: (timeMs: number) => void): (timeMs: number) => void {
  let lastMs = -Infinity;
  return (timeMs) => {
    if (timeMs < lastMs + FEED_STEP_MS) return;
    lastMs = timeMs;
    tick(timeMs);
  };
}

/** The tick of the second that `timeMs` lies in. */
function tickMessage(mode: 'live' | 'feed', timeMs: number, nowMs: number) {
  const second = Math.floor(timeMs / SECOND_MS);
  const tick = new Date(second * SECOND_MS).toISOString();
  return ownMessage(
    {
      ...{ name: 'clock.ticked', id: String(second), source: CLOCK_SOURCE, time: tick },
      data: { tick, clock: mode },
    },
    nowMs,
  );
}
