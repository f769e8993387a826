/**
 * Numbers and times as people read them: in the viewer's locale and zone, with units beside them.
 * `locale` and `timeZone` are the browser's unless a test says otherwise.
 */

const MINUS = '\u2212';

export interface Formats {
  /** 1234 → "1,234"; a true minus sign. */
  readonly units: (value: number) => string;
  /** +12 / −3 / 0. */
  readonly signed: (value: number) => string;
  /** A rate: one decimal below 10, none above. */
  readonly rate: (value: number) => string;
  /** 0.25 → "25%". */
  readonly percent: (value: number) => string;
  /** Time of day with seconds; with the date when it is another day than `now`. */
  readonly time: (at: Date, now: Date) => string;
  /** Since then: "4 min ago"; from a month on the day itself. */
  readonly age: (at: Date, now: Date) => string;
  /** Day and month, with the year when it is another one than `now`. */
  readonly day: (at: Date, now: Date) => string;
  /** Hour and minute. */
  readonly shortTime: (at: Date) => string;
  /** Full local date and time with its zone. */
  readonly full: (at: Date) => string;
}

export function createFormats(locale?: string, timeZone?: string): Formats {
  const zone = timeZone === undefined ? {} : { timeZone };
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const tenth = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const share = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'medium', ...zone });
  const dayClock = new Intl.DateTimeFormat(locale, {
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    ...zone,
  });
  const yearClock = new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeStyle: 'short',
    ...zone,
  });
  const dayOnly = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', ...zone });
  const yearDay = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', ...zone });
  const hourMinute = new Intl.DateTimeFormat(locale, { timeStyle: 'short', ...zone });
  const full = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'long', ...zone });
  const isoDay = new Intl.DateTimeFormat('en-CA', { ...zone });

  const minus = (text: string) => text.replace('-', MINUS);
  const sameDay = (a: Date, b: Date) => isoDay.format(a) === isoDay.format(b);
  const sameYear = (a: Date, b: Date) =>
    isoDay.format(a).slice(0, 4) === isoDay.format(b).slice(0, 4);

  return {
    units: (value) => minus(whole.format(value)),
    signed: (value) => `${value > 0 ? '+' : ''}${minus(whole.format(value))}`,
    rate: (value) => (Math.abs(value) < 10 ? tenth : whole).format(value),
    percent: (value) => share.format(value),
    time: (at, now) =>
      (sameDay(at, now) ? clock : sameYear(at, now) ? dayClock : yearClock).format(at),
    age: (at, now) => {
      const ms = now.getTime() - at.getTime();
      return ms < MONTH ? age(ms) : (sameYear(at, now) ? dayOnly : yearDay).format(at);
    },
    day: (at, now) => (sameYear(at, now) ? dayOnly : yearDay).format(at),
    shortTime: (at) => hourMinute.format(at),
    full: (at) => full.format(at),
  };
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONTH = 30 * DAY;

/** A duration in two letters of precision: "340 ms", "12 s", "4 min", "3 h", "12 d". Never negative. */
export function duration(ms: number): string {
  const value = Math.max(0, ms);
  if (value < SECOND) return `${Math.round(value)} ms`;
  if (value < MINUTE) return `${Math.floor(value / SECOND)} s`;
  if (value < HOUR) return `${Math.floor(value / MINUTE)} min`;
  if (value < 2 * DAY) return `${Math.floor(value / HOUR)} h`;
  return `${Math.floor(value / DAY)} d`;
}

/** "1 unit", "1,234 units"; for words that take an s. */
export const counted = (count: number, what: string): string =>
  `${formats.units(count)} ${what}${count === 1 ? '' : 's'}`;

/** An age that says "just now" rather than counting milliseconds. */
export function age(ms: number): string {
  return ms < SECOND ? 'just now' : `${duration(ms)} ago`;
}

/** The instant in UTC, for the title of a local time: "2025-03-01 10:15:00 UTC". */
export function utc(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export const formats = createFormats();
