/**
 * How many bytes of request bodies the door holds in memory, all requests together. Who comes beyond the
 * bound is told to come again, instead of everybody being slowed down by a full memory.
 */
import type { Metrics } from '../../../platform/metrics.ts';
import { DoorUnavailable } from '../unavailable.ts';

export interface HeldBytes {
  /** A request's share, empty at first. */
  open(): Hold;
}

export interface Hold {
  /** Throws DoorUnavailable when there is no room. */
  add(bytes: number): void;
  /** Gives everything back; more than once does no harm. */
  release(): void;
}

export function createHeldBytes(maxBytes: number, metrics: Metrics): HeldBytes {
  const gauge = metrics.gauge('stocktide_door_held_bytes', 'Request bodies in memory');
  let held = 0;
  const change = (bytes: number) => {
    held += bytes;
    gauge.set(held);
  };
  return {
    open() {
      let own = 0;
      return {
        add(bytes) {
          if (held + bytes > maxBytes) {
            throw new DoorUnavailable(
              'saturated',
              `the door holds ${held} bytes of other requests already, allowed are ${maxBytes}`,
            );
          }
          own += bytes;
          change(bytes);
        },
        release() {
          change(-own);
          own = 0;
        },
      };
    },
  };
}
