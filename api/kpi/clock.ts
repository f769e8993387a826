/**
 * Which instant "now" is for a KPI: event time of the processors, so that a replay of old data shows the
 * windows of its own time; wall time while no processor has said any.
 */
import type { SystemView } from '../../contracts/live.ts';

export interface KpiClock {
  readonly nowMs: number;
  readonly clock: 'processors' | 'wall';
}

export function kpiClock({ runtimes }: SystemView, wallMs: number): KpiClock {
  // One that has applied nothing yet stands at the beginning of time.
  const eventMs = Math.max(0, ...runtimes.map(({ now }) => Date.parse(now)));
  return eventMs > 0 ? { nowMs: eventMs, clock: 'processors' } : { nowMs: wallMs, clock: 'wall' };
}
