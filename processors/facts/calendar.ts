/**
 * Business time: how much of the time between two instants a node is open, and the instant at which so much
 * of it has passed. In closed form, from the week of the `calendar` policy and its offset to UTC; no loop
 * over days, so that a span of years costs what a span of minutes does.
 *
 *   weeks since a Monday × open time of a week  +  open time of this week so far  =  business time
 */
import type { DataOf } from '../../contracts/events.ts';

export type CalendarValue = Extract<DataOf<'policy.set'>, { policy: 'calendar' }>['value'];

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
const WEEK_MS = 7 * DAY_MINUTES * MINUTE_MS;
/** 1970-01-05T00:00:00, a Monday. */
const MONDAY_MS = 4 * DAY_MINUTES * MINUTE_MS;

const OFFICE_DAY = { open_min: 540, close_min: 1_020 };
const DAY_OFF = { open_min: 0, close_min: 0 };

/** Until a policy says otherwise: Monday to Friday, nine to five, UTC [K]. */
export const DEFAULT_CALENDAR: CalendarValue = {
  utc_offset_min: 0,
  week: [OFFICE_DAY, OFFICE_DAY, OFFICE_DAY, OFFICE_DAY, OFFICE_DAY, DAY_OFF, DAY_OFF],
};

/** Business time since a Monday long ago, and back. */
export interface Calendar {
  /** Business time (ms) that has passed at an instant (ms since 1970); grows with it, never shrinks. */
  businessMs(atMs: number): number;
  /** The first instant at which `businessMs` is this much. */
  instantOf(businessMs: number): number;
  /** True when the node opens on the day of an instant (ms), in its local time. */
  opensOn(atMs: number): boolean;
  /** What SQL reads it from: `offset|open-close|…`, in minutes, Monday first. */
  readonly text: string;
}

/** A week that is never open counts all the time: a clock that stands still would hide every delay. */
export function calendarOf({ utc_offset_min: offsetMin, week }: CalendarValue): Calendar {
  const shiftMs = offsetMin * MINUTE_MS - MONDAY_MS;
  const given = week.map(({ close_min: close, open_min: open }, day) => ({
    fromMs: (day * DAY_MINUTES + open) * MINUTE_MS,
    lengthMs: Math.max(0, close - open) * MINUTE_MS,
  }));
  const open = given.some(({ lengthMs }) => lengthMs > 0)
    ? given
    : [{ fromMs: 0, lengthMs: WEEK_MS }];
  const weekMs = open.reduce((sum, { lengthMs }) => sum + lengthMs, 0);

  return {
    businessMs(atMs) {
      const localMs = atMs + shiftMs;
      const weeks = Math.floor(localMs / WEEK_MS);
      const intoMs = localMs - weeks * WEEK_MS;
      return open.reduce(
        (sum, { fromMs, lengthMs }) => sum + Math.min(lengthMs, Math.max(0, intoMs - fromMs)),
        weeks * weekMs,
      );
    },
    instantOf(businessMs) {
      // At the end of a week's business the instant is its last closing time, not the next opening.
      const weeks = Math.ceil(businessMs / weekMs) - 1;
      let leftMs = businessMs - weeks * weekMs;
      for (const { fromMs, lengthMs } of open) {
        if (leftMs <= lengthMs && lengthMs > 0) {
          return weeks * WEEK_MS + fromMs + leftMs - shiftMs;
        }
        leftMs -= lengthMs;
      }
      throw new Error('a week ends with its last opening hours');
    },
    opensOn(atMs) {
      const intoWeekMs = (((atMs + shiftMs) % WEEK_MS) + WEEK_MS) % WEEK_MS;
      const day = Math.floor(intoWeekMs / (DAY_MINUTES * MINUTE_MS));
      return open.length === 1 || (open[day]?.lengthMs ?? 0) > 0;
    },
    text: [
      offsetMin,
      ...week.map(({ close_min: close, open_min: from }) => `${from}-${close}`),
    ].join('|'),
  };
}
