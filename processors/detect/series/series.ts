/**
 * Detector of continuous, seasonal series: lags, cycle times, throughput. It asks two things of each value
 * and adds the answers up:
 *
 *   time of day   how far is it outside everything that these hours of past days have seen?
 *   shape         how far are the last SHAPE values from the nearest SHAPE values in a row so far?
 *
 * Each distance is in units of what has been usual for it, so 1 is "as far as it has hardly ever been" and
 * no series needs a scale of its own. An episode raises one alarm: the score is what exceeds the held level,
 * which decays with EPISODE. Everything is bounded; state is plain numbers.
 */

export interface SeriesOptions {
  /** Usual distance of two values (ms); sets the bins of the day. */
  readonly stepMs: number;
}

export interface SeriesScore {
  /** 0 when nothing new is unusual; beyond about 2 worth a look. */
  readonly score: number;
  /** Distance outside the range of the time of day, and the range; null until it is known. */
  readonly season: {
    readonly distance: number;
    readonly low: number;
    readonly high: number;
  } | null;
  /** Distance to the nearest shape, in units of the 99th percentile of such distances. */
  readonly shape: number;
}

const DAY_MS = 86_400_000;
/** Bins of a day, and values that each remembers. */
const BINS = { least: 24, most: 288, values: 14 };
/** Fewest values of a time of day and its neighbours before it has a range. */
const LEAST_OF_DAY = 6;
/** Exceedances whose root mean square is the usual one, and the fewest before it is trusted. */
const EXCEEDANCES = { most: 1_500, least: 100 };
/** An exceedance counts fully from so many times the usual one. */
const SEASON_UNIT = 4;
/** Values of a shape; shapes that it is compared with; values before the first comparison. */
const SHAPE = { length: 10, past: 2_500, first: 150 };
/** Nearest distances whose 99th percentile is the usual one, and the fewest before it is trusted. */
const DISTANCES = { most: 1_000, least: 100, quantile: 0.99 };
/** Parts of the whole range that count as no distance at all. */
const SLACK = { season: 0.02, shape: 0.01 };
/** Values in which the held level of an episode falls to a third. */
const EPISODE = 150;

export class SeriesDetector {
  readonly #season: Season;
  readonly #shape = new Shape();
  #low = Infinity;
  #high = -Infinity;
  #held = 0;

  constructor({ stepMs }: SeriesOptions) {
    this.#season = new Season(stepMs);
  }

  /** Takes the next value. Times do not fall. */
  step(timeMs: number, value: number): SeriesScore {
    const range = this.#high > this.#low ? this.#high - this.#low : 0;
    const season = this.#season.step(timeMs, value, range);
    this.#low = Math.min(this.#low, value);
    this.#high = Math.max(this.#high, value);
    const shape = this.#shape.step(value, this.#high - this.#low);
    const raw = (season?.distance ?? 0) / SEASON_UNIT + shape;
    this.#held *= Math.exp(-1 / EPISODE);
    const isNew = raw > this.#held;
    if (isNew) this.#held = raw;
    return { score: isNew ? raw : 0, season, shape };
  }
}

/** The range of each time of day, and how far outside of it a value is. */
class Season {
  readonly #bins: number[][];
  /** Squares of the exceedances of late, and their sum. */
  readonly #squares: number[] = [];
  #sum = 0;

  constructor(stepMs: number) {
    const count = Math.round(DAY_MS / Math.max(1, stepMs));
    const bins = Math.min(BINS.most, Math.max(BINS.least, count));
    this.#bins = Array.from({ length: bins }, () => []);
  }

  step(timeMs: number, value: number, range: number): SeriesScore['season'] {
    const bins = this.#bins;
    const at = Math.floor(((timeMs % DAY_MS) / DAY_MS) * bins.length);
    const seen = [-1, 0, 1].flatMap((by) => bins[(at + by + bins.length) % bins.length] ?? []);
    const own = bins[at] as number[];
    own.push(value);
    if (own.length > BINS.values) own.shift();
    if (seen.length < LEAST_OF_DAY) return null;

    const low = Math.min(...seen);
    const high = Math.max(...seen);
    const beyond = Math.max(0, value - high, low - value);
    const usual = Math.sqrt(this.#sum / Math.max(1, this.#squares.length));
    const isTrusted = this.#squares.length > EXCEEDANCES.least;
    this.#remember(beyond * beyond);
    const unit = usual + SLACK.season * range;
    return { distance: isTrusted && beyond > 0 && unit > 0 ? beyond / unit : 0, low, high };
  }

  #remember(square: number): void {
    this.#squares.push(square);
    this.#sum += square;
    if (this.#squares.length > EXCEEDANCES.most) this.#sum -= this.#squares.shift() ?? 0;
    // Rounding must not leave a sum below nothing.
    this.#sum = Math.max(0, this.#sum);
  }
}

/** How far the last values are from the nearest like them. */
class Shape {
  readonly #values: number[] = [];
  /** Nearest distances of late: as they came, and sorted. */
  readonly #recent: number[] = [];
  readonly #sorted: number[] = [];
  #count = 0;

  step(value: number, range: number): number {
    const values = this.#values;
    values.push(value);
    if (values.length > SHAPE.past + SHAPE.length) values.shift();
    this.#count += 1;
    if (this.#count <= SHAPE.first) return 0;

    const distance = this.#nearest();
    const usual = this.#sorted[Math.floor(this.#sorted.length * DISTANCES.quantile)] ?? 0;
    const isTrusted = this.#sorted.length > DISTANCES.least;
    this.#remember(distance);
    const unit = usual + SLACK.shape * range;
    return isTrusted && distance > 0 && unit > 0 ? distance / unit : 0;
  }

  /** Distance of the last SHAPE.length values to the nearest earlier ones that do not overlap them. */
  #nearest(): number {
    const values = this.#values;
    const last = values.length - 1;
    let best = Infinity;
    for (let end = SHAPE.length - 1; end <= last - SHAPE.length; end++) {
      let sum = 0;
      for (let back = 0; back < SHAPE.length && sum < best; back++) {
        const difference = (values[last - back] as number) - (values[end - back] as number);
        sum += difference * difference;
      }
      if (sum < best) best = sum;
    }
    return best === Infinity ? 0 : Math.sqrt(best);
  }

  #remember(distance: number): void {
    this.#recent.push(distance);
    this.#sorted.splice(placeOf(this.#sorted, distance), 0, distance);
    if (this.#recent.length <= DISTANCES.most) return;
    this.#sorted.splice(placeOf(this.#sorted, this.#recent.shift() ?? 0), 1);
  }
}

/** First place of a value in sorted values. */
function placeOf(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
