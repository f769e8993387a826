/**
 * How often a source speaks, learned from the silences between its arrivals. Arrivals less than BURST_MS
 * apart are one: the rows of a file say nothing about when the next file comes. What is learned is the
 * silence that it keeps to in 19 of 20 cases: the period of a feed on a schedule, and for one that speaks
 * whenever something happens a silence that is no news. Until a source has been heard often enough, it has
 * no cadence, and is never stale.
 */
const MINUTE_MS = 60_000;
const BURST_MS = MINUTE_MS;
/** Silences that are remembered, and how many it takes to learn from. */
const MAX_SILENCES = 32;
const MIN_SILENCES = 3;
/** A source that has spoken for so long without a silence speaks all the time. */
const STEADY_MS = 5 * MINUTE_MS;
const KEPT_SHARE = 0.95;

/** Times are the `now` of the processors at the arrival (ms since 1970). */
export interface SavedCadence {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly silences: readonly number[];
}

export class Cadence {
  readonly #firstMs: number;
  #lastMs: number;
  readonly #silences: number[];

  constructor({ firstMs, lastMs, silences }: SavedCadence) {
    this.#firstMs = firstMs;
    this.#lastMs = lastMs;
    this.#silences = [...silences];
  }

  /** When the source was last heard. */
  get lastMs(): number {
    return this.#lastMs;
  }

  heard(nowMs: number): void {
    const silence = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    if (silence < BURST_MS) return;
    this.#silences.push(silence);
    if (this.#silences.length > MAX_SILENCES) this.#silences.shift();
  }

  /** The longest usual silence (ms); null while too little is known. */
  learnedMs(): number | null {
    const { length } = this.#silences;
    if (length >= MIN_SILENCES) {
      const sorted = this.#silences.toSorted((a, b) => a - b);
      return sorted[Math.ceil(KEPT_SHARE * length) - 1] ?? null;
    }
    return length === 0 && this.#lastMs - this.#firstMs >= STEADY_MS ? BURST_MS : null;
  }

  saved(): SavedCadence {
    return { firstMs: this.#firstMs, lastMs: this.#lastMs, silences: [...this.#silences] };
  }
}
