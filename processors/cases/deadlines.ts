/**
 * When a case has to be acknowledged and resolved, by severity (REFERENCE §4.1). A target in business days
 * ends at the same time of the day, so many open days of the node's calendar later. Pure.
 */
import type { DataOf } from '../../contracts/events.ts';
import type { Calendar } from '../facts/calendar.ts';

export type Severity = DataOf<'exception.opened'>['severity'];

type Target = { readonly minutes: number } | { readonly businessDays: number };

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const TARGETS: Record<Severity, { readonly ack: Target; readonly resolve: Target }> = {
  SEV1: { ack: { minutes: 15 }, resolve: { minutes: 4 * 60 } },
  SEV2: { ack: { minutes: 60 }, resolve: { businessDays: 1 } },
  SEV3: { ack: { minutes: 4 * 60 }, resolve: { businessDays: 3 } },
  SEV4: { ack: { businessDays: 1 }, resolve: { businessDays: 10 } },
};

export interface Deadlines {
  readonly ackDueMs: number;
  readonly resolveDueMs: number;
}

type OpenDays = Pick<Calendar, 'opensOn'>;

export function deadlinesOf(severity: Severity, openedMs: number, days: OpenDays): Deadlines {
  const { ack, resolve } = TARGETS[severity];
  return {
    ackDueMs: targetMs(ack, openedMs, days),
    resolveDueMs: targetMs(resolve, openedMs, days),
  };
}

function targetMs(target: Target, fromMs: number, days: OpenDays): number {
  if ('minutes' in target) return fromMs + target.minutes * MINUTE_MS;
  let left = target.businessDays;
  let ms = fromMs;
  while (left > 0) {
    ms += DAY_MS;
    if (days.opensOn(ms)) left -= 1;
  }
  return ms;
}
