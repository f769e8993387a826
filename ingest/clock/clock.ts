/**
 * What time it is at the door, and time as an event (law 1): `clock.ticked` in the LOG, which is what `now` is for
 * every processor.
 *
 *   live      wall time, once a second, under an id that makes several doors agree
 *   feed      the feed's own time, when it has advanced by a minute or more, so that a year of history
 *             plays through the same code at full speed
 *   catch-up  the feed's time, second by second, until it has come up to wall time or has nothing more to say; live
 *             from then on. For a past that is sent first and judged as it was
 *
 * A tick that could not be sent is not made up for: the next one says what time it is then.
 */
import type { Config } from '../../platform/config.ts';
import type { Publisher } from '../../platform/nats/publisher.ts';
import { ownMessage } from '../door/own-message.ts';

export const CLOCK_SOURCE = 'urn:stocktide:clock';
const SECOND_MS = 1000;
const FEED_STEP_MS = 60_000;
/** A feed that is no farther behind wall time has caught up. */
const CAUGHT_UP_MS = 5_000;
/** A feed that has been silent for so long (wall time) has told its past. */
const SILENT_MS = 30_000;

export interface Clock {
  /** Whose time it is just now. */
  readonly mode: 'live' | 'feed';
  /** Wall time, or the highest event time that was accepted, null while there is none (ms since 1970). */
  readonly nowMs: () => number | null;
  /** The highest event time of what was accepted (ms since 1970). */
  readonly observe: (timeMs: number) => void;
  readonly stop: () => void;
}

export interface ClockOptions {
  readonly mode: Config['clock'];
  readonly publisher: Pick<Publisher, 'publish'>;
  /** Wall time (ms since 1970). */
  readonly now: () => number;
  /** A tick was not acknowledged. */
  readonly onMissed: (error: unknown) => void;
  /** The feed has caught up. */
  readonly onLive?: () => void;
}

export function startClock(options: ClockOptions): Clock {
  const { now, onLive, onMissed, publisher } = options;
  let mode: Clock['mode'] = options.mode === 'live' ? 'live' : 'feed';
  const stepMs = options.mode === 'feed' ? FEED_STEP_MS : SECOND_MS;
  let timer: NodeJS.Timeout | undefined;
  let feedMs: number | null = null;
  let tickedMs = -Infinity;
  let heardMs = now();

  const tick = (timeMs: number) => {
    publisher.publish(tickMessage(mode, timeMs, now())).catch(onMissed);
  };
  const eachSecond = (act: () => void) => {
    timer = setTimeout(
      () => {
        act();
        eachSecond(act);
      },
      SECOND_MS - (now() % SECOND_MS),
    );
  };
  const goLive = () => {
    clearTimeout(timer);
    mode = 'live';
    eachSecond(() => tick(now()));
    onLive?.();
  };

  if (options.mode === 'live') eachSecond(() => tick(now()));
  if (options.mode === 'catch-up') {
    eachSecond(() => {
      if (now() - heardMs >= SILENT_MS) goLive();
    });
  }
  return {
    get mode() {
      return mode;
    },
    nowMs: () => (mode === 'live' ? now() : feedMs),
    observe(timeMs) {
      if (mode === 'live') return;
      heardMs = now();
      feedMs = Math.max(feedMs ?? timeMs, timeMs);
      if (feedMs >= tickedMs + stepMs) {
        tickedMs = feedMs;
        tick(feedMs);
      }
      if (options.mode === 'catch-up' && feedMs >= now() - CAUGHT_UP_MS) goLive();
    },
    stop: () => clearTimeout(timer),
  };
}

/** The tick of the second that `timeMs` lies in. */
function tickMessage(mode: Clock['mode'], timeMs: number, nowMs: number) {
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
