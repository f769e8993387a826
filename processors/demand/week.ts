/**
 * When in the week each channel sells: an index by hour of the week (UTC, Monday 00:00 is hour 0) with mean 1,
 * and by weekday over all channels. Kept by channel, not by SKU, so that it is bounded; of orders rather than
 * of units, so that a bulk order does not bend it.
 */
import type { SnapshotPart } from '../processor.ts';
import { jsonParts, parseJson } from '../facts/parts.ts';
import { DAY_MS, dayOf } from './series.ts';

const HOUR_MS = 3_600_000;
const WEEK_HOURS = 168;
const WEEK_MS = WEEK_HOURS * HOUR_MS;
/** 1970 began on a Thursday. */
const FIRST_MONDAY_MS = 4 * DAY_MS;
/** What a week leaves of the weeks before it: half of a count is younger than seven weeks. */
const KEPT_A_WEEK = 0.9;
/** Until a channel is known for so long every hour counts alike. */
const LEARNING_MS = 4 * WEEK_MS;
/** Lines that each hour is given beforehand, so that few lines do not make a profile. */
const PRIOR_LINES = 1;
/** Channels with a profile of their own; later ones have that of all. */
const MOST_PROFILES = 256;
/** All channels. */
const ALL = '';
const EVEN_DAYS: readonly number[] = [1, 1, 1, 1, 1, 1, 1];

interface Profile {
  readonly sinceMs: number;
  readonly lines: number[];
}

/** Hour of the week of an instant. */
export const weekHour = (ms: number) =>
  Math.floor(((((ms - FIRST_MONDAY_MS) % WEEK_MS) + WEEK_MS) % WEEK_MS) / HOUR_MS);

export class WeekProfiles {
  readonly #profiles = new Map<string, Profile>();
  #week = 0;
  #day = 0;
  /** How much more than on a mean day is sold, by day modulo 7, as known when the day began. */
  #dayIndices: readonly number[] = EVEN_DAYS;

  /** Counts lines that a channel took at an instant; below 0 takes them back. */
  add(channel: string, timeMs: number, lines: number): void {
    const hour = weekHour(timeMs);
    for (const name of new Set([ALL, this.#nameOf(channel)])) {
      const profile = this.#profiles.get(name) ?? {
        sinceMs: timeMs,
        lines: Array<number>(WEEK_HOURS).fill(0),
      };
      this.#profiles.set(name, profile);
      profile.lines[hour] = Math.max(0, (profile.lines[hour] ?? 0) + lines);
    }
  }

  onTime(nowMs: number): void {
    const day = dayOf(nowMs);
    if (day <= this.#day) return;
    this.#day = day;
    const week = Math.floor((nowMs - FIRST_MONDAY_MS) / WEEK_MS);
    if (week > this.#week) this.#fade(this.#week === 0 ? 1 : KEPT_A_WEEK ** (week - this.#week));
    this.#week = week;
    const lines = this.#known(ALL, nowMs);
    this.#dayIndices = EVEN_DAYS.map((_, weekday) => {
      const first = weekHour(weekday * DAY_MS);
      return indexOf(lines, first, first + 24);
    });
  }

  /** How much more than in a mean hour the channel sells in the hour of `atMs`, as known at `nowMs`. */
  hourIndex(channel: string, atMs: number, nowMs: number): number {
    const hour = weekHour(atMs);
    return indexOf(this.#known(channel, nowMs), hour, hour + 1);
  }

  /** How much more than on a mean day is sold on that weekday, as known when the day began. */
  dayIndex(day: number): number {
    return this.#dayIndices[((day % 7) + 7) % 7] ?? 1;
  }

  snapshot(): Iterable<SnapshotPart> {
    const copies = [...this.#profiles].map(([name, { lines, sinceMs }]) => [
      name,
      { sinceMs, lines: [...lines] },
    ]);
    const head = { week: this.#week, day: this.#day, dayIndices: this.#dayIndices };
    return jsonParts('week', [{ ...head, profiles: copies }]);
  }

  restore({ bytes }: SnapshotPart): void {
    const [saved] = parseJson<{
      week: number;
      day: number;
      dayIndices: number[];
      profiles: [string, Profile][];
    }>(bytes);
    if (saved === undefined) return;
    this.#week = saved.week;
    this.#day = saved.day;
    this.#dayIndices = saved.dayIndices;
    for (const [name, profile] of saved.profiles) this.#profiles.set(name, profile);
  }

  #fade(kept: number): void {
    for (const { lines } of this.#profiles.values()) {
      for (let hour = 0; hour < WEEK_HOURS; hour++) lines[hour] = (lines[hour] as number) * kept;
    }
  }

  #nameOf(channel: string): string {
    const known = this.#profiles.has(channel) || this.#profiles.size < MOST_PROFILES;
    return known ? channel : ALL;
  }

  /** Lines by hour of the week, null while the channel is being learned. */
  #known(channel: string, nowMs: number): readonly number[] | null {
    const profile = this.#profiles.get(channel) ?? this.#profiles.get(ALL);
    return profile === undefined || nowMs - profile.sinceMs < LEARNING_MS ? null : profile.lines;
  }
}

/** Mean of the hours from one up to another over the mean of all. */
function indexOf(lines: readonly number[] | null, from: number, to: number): number {
  if (lines === null) return 1;
  let all = 0;
  for (const count of lines) all += count;
  let some = 0;
  for (let hour = from; hour < to; hour++) some += lines[hour] ?? 0;
  return (some / (to - from) + PRIOR_LINES) / (all / WEEK_HOURS + PRIOR_LINES);
}
