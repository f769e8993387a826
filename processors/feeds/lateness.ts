/**
 * How late the events of a source come: counts in buckets that grow by a fifth, so that a percentile is
 * off by a tenth at most whatever its size, in bounded space. It forgets: once MAX_COUNT events are
 * counted, all counts are halved, and newer events weigh more.
 */
const GROWTH = Math.log(1.2);
/** The last one holds whatever is later than about ten years. */
const BUCKETS = 148;
const MAX_COUNT = 10_000;

export class Lateness {
  readonly #counts: number[];
  #total: number;

  constructor(saved: readonly number[] = []) {
    this.#counts = Array.from({ length: BUCKETS }, (_, bucket) => saved[bucket] ?? 0);
    this.#total = sum(this.#counts);
  }

  /** Counts an event that came `lateMs` after it happened; one from ahead of time counts as prompt. */
  add(lateMs: number): void {
    const bucket = bucketOf(lateMs);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total += 1;
    if (this.#total >= MAX_COUNT) this.#halve();
  }

  /** Lateness (ms) that a share of the events does not exceed; null before the first event. */
  quantile(share: number): number | null {
    if (this.#total === 0) return null;
    let left = Math.ceil(share * this.#total);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#counts[bucket] ?? 0;
      if (left <= 0) return middleOf(bucket);
    }
    return middleOf(BUCKETS - 1);
  }

  saved(): number[] {
    return [...this.#counts];
  }

  #halve(): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.#counts[bucket] = Math.ceil((this.#counts[bucket] ?? 0) / 2);
    }
    this.#total = sum(this.#counts);
  }
}

/** Bucket 0 is up to a millisecond, bucket b up to 1.2^b milliseconds. */
function bucketOf(lateMs: number): number {
  if (lateMs <= 1) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log(lateMs) / GROWTH));
}

/** The geometric middle of a bucket, in whole milliseconds. */
const middleOf = (bucket: number) =>
  bucket === 0 ? 0 : Math.round(Math.exp((bucket - 0.5) * GROWTH));

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
