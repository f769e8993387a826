/**
 * How long the stages that are still to come usually take (REFERENCE §4.2, ORDER_SLA_RISK): learned by node,
 * service class, stage and part of the day from orders as they leave, on the clock of the order. By part of
 * the day, since what is picked in the evening waits for the morning, and that is no risk in the morning.
 *
 *   a stage is over ─────── one observation of that stage ───────▶ shipped
 *
 * Durations are counted in buckets whose edges grow by a tenth; what is old fades, since all counts are halved
 * when there are MOST_OBSERVED. Bounds: MOST_PLACES histograms of BUCKETS counts; the one that is unused for
 * the longest goes first.
 */
import { mapParts, restoreMap } from '../facts/parts.ts';
import type { SnapshotPart } from '../processor.ts';
import type { SlaClass, Stage } from './facts.ts';

const MINUTE_MS = 60_000;
/** Parts of a day: eight. */
export const SLOT_MS = 3 * 60 * MINUTE_MS;
const DAY_MS = 8 * SLOT_MS;
const GROWTH = Math.log(1.1);
/** From a minute to 65 days. */
const BUCKETS = 120;
const MOST_OBSERVED = 1_000;
/** Fewer say too little of a tail [K]. */
const LEAST_OBSERVED = 30;
const MOST_PLACES = 5_000;

/** What the durations depend on. */
export interface Place {
  readonly node: string;
  readonly sla: SlaClass;
  readonly stage: Stage;
}

interface Histogram {
  observed: number;
  readonly counts: number[];
}

export class RemainingTimes {
  readonly #byPlace = new Map<string, Histogram>();

  /** An order has left so long after the stage was over (`overMs`, event time). */
  observe(place: Place, overMs: number, durationMs: number): void {
    if (durationMs < 0) return;
    const key = keyOf(place, overMs);
    const known = this.#byPlace.get(key);
    const histogram = known ?? { observed: 0, counts: new Array<number>(BUCKETS).fill(0) };
    const bucket = bucketOf(durationMs);
    histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1;
    histogram.observed += 1;
    if (histogram.observed >= MOST_OBSERVED) fade(histogram);
    this.#byPlace.delete(key);
    this.#byPlace.set(key, histogram);
    if (this.#byPlace.size <= MOST_PLACES) return;
    const [oldest] = this.#byPlace.keys();
    if (oldest !== undefined) this.#byPlace.delete(oldest);
  }

  /**
   * The time (ms) that a share of orders needs at most after the stage when it is over at `overMs`, a tenth too
   * long at most; null while too few have been seen.
   */
  quantile(place: Place, overMs: number, share: number): number | null {
    const histogram = this.#byPlace.get(keyOf(place, overMs));
    if (histogram === undefined || histogram.observed < LEAST_OBSERVED) return null;
    let left = share * histogram.observed;
    for (const [bucket, count] of histogram.counts.entries()) {
      left -= count;
      if (left <= 0 && count > 0) return edgeOf(bucket);
    }
    return edgeOf(BUCKETS - 1);
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('sla.remaining', this.#byPlace);
  }

  restore({ bytes }: SnapshotPart): void {
    restoreMap(this.#byPlace, bytes);
  }
}

/** Event times may be before 1970. */
const slotOf = (ms: number) => Math.floor((((ms % DAY_MS) + DAY_MS) % DAY_MS) / SLOT_MS);

const keyOf = ({ node, sla, stage }: Place, overMs: number) =>
  `${stage} ${sla} ${slotOf(overMs)} ${node}`;

const bucketOf = (durationMs: number) =>
  Math.min(BUCKETS - 1, Math.max(0, Math.ceil(Math.log(durationMs / MINUTE_MS) / GROWTH)));

/** The longest duration of a bucket (ms). */
const edgeOf = (bucket: number) => Math.round(Math.exp(bucket * GROWTH) * MINUTE_MS);

function fade(histogram: Histogram): void {
  histogram.observed = 0;
  for (const [bucket, count] of histogram.counts.entries()) {
    const left = Math.floor(count / 2);
    histogram.counts[bucket] = left;
    histogram.observed += left;
  }
}
