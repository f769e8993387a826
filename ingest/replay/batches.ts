/**
 * Items to requests: consecutive items are sent together, in order, bounded in count and bytes, and at
 * the pace of the feed's own time when one is asked for. While a batch is under way the next one is
 * being read (`ahead`), never more.
 */
import type { FeedItem } from './feed.ts';

export interface Batch {
  readonly items: readonly FeedItem[];
  /** NDJSON. */
  readonly body: string;
}

export interface BatchLimits {
  readonly maxItems: number;
  /** Characters of a body; a single longer line goes alone. */
  readonly maxChars: number;
}

/** When an item may leave. */
export interface Pace {
  /** Milliseconds to wait before an event of this time; 0 when it is due. */
  waitMs(eventTimeMs: number): number;
  sleep(ms: number): Promise<void>;
}

export async function* batches(
  items: AsyncIterable<FeedItem>,
  limits: BatchLimits,
  pace: Pace | null,
): AsyncGenerator<Batch> {
  let held: FeedItem[] = [];
  let chars = 0;
  function* release(): Generator<Batch> {
    if (held.length > 0) yield { items: held, body: held.map((item) => item.line).join('\n') };
    held = [];
    chars = 0;
  }

  for await (const item of items) {
    const waitMs = pace === null ? 0 : pace.waitMs(eventTimeMs(item.event) ?? -Infinity);
    const full = held.length >= limits.maxItems || chars + item.line.length > limits.maxChars;
    if (waitMs > 0 || full) yield* release();
    if (waitMs > 0) await pace?.sleep(waitMs);
    held.push(item);
    chars += item.line.length + 1;
  }
  yield* release();
}

/** Reads one element ahead of its consumer, so that making it and using the one before overlap. */
export async function* ahead<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let coming = iterator.next();
  try {
    for (;;) {
      const step = await coming;
      if (step.done === true) return;
      coming = iterator.next();
      // It is awaited in the next round; until then a failure must not count as unhandled.
      coming.catch(() => {});
      yield step.value;
    }
  } finally {
    await iterator.return?.();
  }
}

/** Silence of a feed is cut to this (wall time): nobody watches a closed shop for a night. */
const MAX_PAUSE_MS = 10_000;
/** Events due within this are sent together. */
const TICK_MS = 100;

/** A feed's time at `speed` times its own rate: `speed` seconds of the feed a second. */
export function feedPace(options: {
  speed: number;
  nowMs: () => number;
  sleep: (ms: number) => Promise<void>;
}): Pace {
  const { speed, nowMs, sleep } = options;
  /** Wall time at which feed time 0 would have been due. */
  let origin: number | null = null;

  function waitMs(timeMs: number): number {
    if (timeMs === -Infinity) return 0;
    const now = nowMs();
    origin ??= now - timeMs / speed;
    const wait = origin + timeMs / speed - now;
    if (wait < TICK_MS) return 0;
    if (wait > MAX_PAUSE_MS) {
      origin -= wait - MAX_PAUSE_MS;
      return MAX_PAUSE_MS;
    }
    return wait;
  }

  return { waitMs, sleep };
}

/** Event time in milliseconds, or null when the event has none that can be read. */
export function eventTimeMs(event: unknown): number | null {
  if (event === null || typeof event !== 'object' || !('time' in event)) return null;
  const ms = typeof event.time === 'string' ? Date.parse(event.time) : NaN;
  return Number.isNaN(ms) ? null : ms;
}
