/**
 * Picks, short picks and location errors by day, of each bin and of each node: how often something may go
 * wrong, and how often it does. Days are of the event, in UTC. Counting is the same in any order of arrival.
 */
import { mapParts, restoreMap } from '../../facts/parts.ts';
import { DAY_MS, type Section } from './facts.ts';

/** Days that are kept: the longest window that a rate looks back on. */
export const TALLY_DAYS = 35;
/** Bins that are kept; beyond it the one that is untouched for the longest is forgotten. */
const MAX_BINS = 100_000;

export interface Tally {
  readonly picks: number;
  readonly shorts: number;
  readonly errors: number;
}

/** `[day, picks, shorts, errors]`; replaced, never changed. */
type Day = readonly [day: number, picks: number, shorts: number, errors: number];

const NOTHING: Tally = { picks: 0, shorts: 0, errors: 0 };
const NO_DAYS: readonly Day[] = [];

export class Tallies {
  /** By `node/bin`. */
  readonly #bins = new Map<string, readonly Day[]>();
  readonly #nodes = new Map<string, readonly Day[]>();

  count(place: { node: string; bin: string }, added: Partial<Tally>, timeMs: number): void {
    const key = `${place.node}/${place.bin}`;
    const bin = withDay(this.#bins.get(key) ?? NO_DAYS, added, timeMs);
    this.#bins.delete(key);
    this.#bins.set(key, bin);
    this.#nodes.set(place.node, withDay(this.#nodes.get(place.node) ?? NO_DAYS, added, timeMs));
    if (this.#bins.size <= MAX_BINS) return;
    const [oldest] = this.#bins.keys();
    if (oldest !== undefined) this.#bins.delete(oldest);
  }

  /** Of a bin, and of the rest of its node, in the `days` that end with the day of `nowMs`. */
  within(
    { bin, node }: { node: string; bin: string },
    days: number,
    nowMs: number,
  ): { bin: Tally; others: Tally } {
    const last = dayOf(nowMs);
    const own = sumOf(this.#bins.get(`${node}/${bin}`) ?? NO_DAYS, last - days, last);
    const all = sumOf(this.#nodes.get(node) ?? NO_DAYS, last - days, last);
    return {
      bin: own,
      others: {
        picks: all.picks - own.picks,
        shorts: all.shorts - own.shorts,
        errors: all.errors - own.errors,
      },
    };
  }

  /** Pieces of the state, by the name of their part. */
  sections(): Record<string, Section> {
    return {
      'bin-tallies': section('bin-tallies', this.#bins),
      'node-tallies': section('node-tallies', this.#nodes),
    };
  }
}

function section<V>(name: string, map: Map<string, V>): Section {
  return {
    snapshot: () => mapParts(name, map),
    restore: ({ bytes }) => restoreMap(map, bytes),
  };
}

const dayOf = (timeMs: number) => Math.floor(timeMs / DAY_MS);

/** Nearly always the day is the last one. What is older than the days that are kept counts for nothing. */
function withDay(
  days: readonly Day[],
  { errors = 0, picks = 0, shorts = 0 }: Partial<Tally>,
  timeMs: number,
): readonly Day[] {
  const day = dayOf(timeMs);
  const newest = Math.max(day, days.at(-1)?.[0] ?? day);
  const kept = days.filter(([one]) => one > newest - TALLY_DAYS && one !== day);
  if (day <= newest - TALLY_DAYS) return kept;
  const [, p, s, e] = days.find(([one]) => one === day) ?? [day, 0, 0, 0];
  const now: Day = [day, p + picks, s + shorts, e + errors];
  const at = kept.findIndex(([one]) => one > day);
  return at === -1 ? [...kept, now] : kept.toSpliced(at, 0, now);
}

/** Over the days after `from` up to `to`. */
function sumOf(days: readonly Day[], from: number, to: number): Tally {
  let { errors, picks, shorts } = NOTHING;
  for (const [day, p, s, e] of days) {
    if (day <= from || day > to) continue;
    picks += p;
    shorts += s;
    errors += e;
  }
  return { picks, shorts, errors };
}
