/** Seeded randomness whose whole state is one number, so that it can be saved and gone on with. */

/** Where the generator keeps its place: an unsigned 32-bit integer. */
export interface RngState {
  rng: number;
}

export interface Rng {
  /** 0 ≤ x < 1. */
  next(): number;
  /** A whole number from `lo` to `hi`, both possible. */
  int(lo: number, hi: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** One item, each with a chance in proportion to its weight. */
  weighted<T>(items: readonly T[], weightOf: (item: T) => number): T;
  /** A waiting time with this mean: arrivals that know nothing of each other. */
  exponential(mean: number): number;
  /** Standard normal. */
  normal(): number;
}

/** mulberry32: small, fast, and good enough for a demo. */
export function rngOver(state: RngState): Rng {
  function next(): number {
    state.rng = (state.rng + 0x6d2b79f5) >>> 0;
    let t = state.rng;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  function pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(next() * items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  function weighted<T>(items: readonly T[], weightOf: (item: T) => number): T {
    let left = next() * items.reduce((sum, item) => sum + weightOf(item), 0);
    for (const item of items) {
      left -= weightOf(item);
      if (left < 0) return item;
    }
    return pick(items.slice(-1));
  }

  return {
    next,
    int: (lo, hi) => lo + Math.floor(next() * (hi - lo + 1)),
    chance: (probability) => next() < probability,
    pick,
    weighted,
    exponential: (mean) => -mean * Math.log(1 - next()),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}
