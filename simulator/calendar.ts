/**
 * When people work and when customers buy. Times are the brand's own (ms since 1970, UTC); hours are
 * local, which is UTC+1 everywhere in the brand, all year.
 */
import { DC, PARTNER, type Node } from './catalogue.ts';

export const UTC_OFFSET_MIN = 60;
export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** Open from and to, in hours of the local day, Monday first; a day that closes as it opens is off. */
export type Week = readonly (readonly [fromHour: number, toHour: number])[];

const daily = (fromHour: number, toHour: number): Week =>
  Array.from({ length: 7 }, () => [fromHour, toHour] as const);

/** Shifts on the floor, seven days a week. */
export const SHIFTS: Readonly<Record<Node, Week>> = { [DC]: daily(6, 22), [PARTNER]: daily(7, 19) };
/** Office hours: what wholesale promises count. */
export const BUSINESS_WEEK: Week = daily(8, 17).map((day, at) => (at < 5 ? day : [0, 0]));
/** No hours at all: everything is always open. */
export const ALWAYS: Week = daily(0, 24);

/** Local day of the week (Monday 0) and time since local midnight. */
function localOf(ms: number): { weekday: number; sinceMidnight: number } {
  const local = ms + UTC_OFFSET_MIN * MINUTE;
  // 1 January 1970 was a Thursday.
  const weekday = (Math.floor(local / DAY) + 3) % 7;
  return { weekday, sinceMidnight: local % DAY };
}

/** The first instant from `ms` on at which it is open. */
export function nextOpen(week: Week, ms: number): number {
  let at = ms;
  for (let tries = 0; tries < 9; tries++) {
    const { weekday, sinceMidnight } = localOf(at);
    const [from, to] = week[weekday] ?? [0, 0];
    if (sinceMidnight < from * HOUR) return at + from * HOUR - sinceMidnight;
    if (sinceMidnight < to * HOUR) return at;
    at += DAY - sinceMidnight;
  }
  throw new Error('a week without an open hour');
}

/** The instant at which `durationMs` of open time has passed since `ms`. */
export function addOpen(week: Week, ms: number, durationMs: number): number {
  let left = durationMs;
  let at = nextOpen(week, ms);
  for (;;) {
    const { weekday, sinceMidnight } = localOf(at);
    const [, to] = week[weekday] ?? [0, 0];
    const untilClose = to * HOUR - sinceMidnight;
    if (left <= untilClose) return at + left;
    left -= untilClose;
    at = nextOpen(week, at + untilClose);
  }
}

/** Name of the shift at an instant, such as `2026-03-02-early`. */
export function shiftAt(ms: number): string {
  const local = ms + UTC_OFFSET_MIN * MINUTE;
  const hour = (local % DAY) / HOUR;
  const part = hour < 6 ? 'night' : hour < 14 ? 'early' : 'late';
  return `${new Date(local).toISOString().slice(0, 10)}-${part}`;
}

const WEEKDAY_DEMAND = [1.1, 1.0, 0.97, 0.98, 1.02, 0.92, 1.01];
const HOUR_DEMAND = [
  0.35, 0.22, 0.15, 0.12, 0.14, 0.25, 0.5, 0.8, 1.0, 1.15, 1.25, 1.3, 1.35, 1.25, 1.2, 1.2, 1.25,
  1.35, 1.5, 1.75, 1.9, 1.75, 1.25, 0.72,
];
const MEAN_HOUR = HOUR_DEMAND.reduce((sum, value) => sum + value, 0) / 24;

/** Demand at an instant, as a multiple of the mean. */
export function seasonAt(ms: number): number {
  const { sinceMidnight, weekday } = localOf(ms);
  const hour = HOUR_DEMAND[Math.floor(sinceMidnight / HOUR)] ?? 1;
  return ((WEEKDAY_DEMAND[weekday] ?? 1) * hour) / MEAN_HOUR;
}
