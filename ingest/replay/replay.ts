/**
 * The loop of a replay: skip what was answered before, send the rest batch by batch, keep the
 * position. One request is under way at a time: that keeps the feed's order, and the next batch is
 * made in the meantime.
 *
 * Delivery: at least once from here, once in effect, since ids are deterministic and the log drops
 * repeats. Everything that touches the world comes in as an option.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ahead, batches, eventTimeMs, feedPace, type BatchLimits } from './batches.ts';
import type { DoorClient } from './door-client.ts';
import type { Feed, FeedItem } from './feed.ts';
import type { PositionFile } from './position.ts';
import { countAnswer, countEvent, noContents, type Answers, type Contents } from './tally.ts';

/** Largest request: the door's cost per request vanishes here, and 10,000 events are its limit. */
export const BATCH_LIMITS: BatchLimits = { maxItems: 2_000, maxChars: 4 * 1_048_576 };
/** How often the position is saved; a crash sends this much again. */
const SAVE_EVERY_MS = 1_000;

export interface ReplayOptions {
  readonly feed: Feed;
  readonly maxRows: number;
  /** Feed seconds per second; null for as fast as possible. */
  readonly speed: number | null;
  readonly door: DoorClient;
  readonly position: PositionFile;
  readonly limits?: BatchLimits;
  /** Stops the replay after the request that is under way. */
  readonly stop: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

export interface Progress {
  /** Rows of the file that are behind us. */
  readonly rows: number;
  /** Events sent in this run. */
  readonly events: number;
  /** Time of the newest event sent, or null. */
  readonly feedTimeMs: number | null;
}

export interface ReplayResult {
  /** end: of the file; limit: of rows; stopped: by the signal. */
  readonly ended: 'end' | 'limit' | 'stopped';
  /** Items that an earlier run had sent already. */
  readonly sentBefore: number;
  /** Items sent by this run. */
  readonly sent: number;
  /** Rows of the file that are behind us. */
  readonly rows: number;
  readonly answers: Answers;
  readonly contents: Contents;
}

const rowsRead = ({ row, rowsRead = row }: FeedItem) => rowsRead;

/** Runs to the end, to the limit or to the stop signal; throws what stops it, with the position saved. */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const { feed, door, position: file, stop } = options;
  const position = file.read();
  const sentBefore = position.sent;
  const contents = noContents();
  let rows = 0;
  let skipped = 0;
  let stopped = false;

  async function* unsent(): AsyncGenerator<FeedItem> {
    for await (const item of feed.items(options.maxRows)) {
      if (skipped === sentBefore) yield item;
      else {
        skipped += 1;
        rows = rowsRead(item);
        countEvent(contents, item.event);
      }
    }
  }

  let savedAt = performance.now();
  try {
    for await (const batch of ahead(batches(unsent(), options.limits ?? BATCH_LIMITS, pace()))) {
      stopped = stop.aborted;
      if (stopped) break;
      const answer = await door.post(batch.body);
      position.sent += batch.items.length;
      countAnswer(
        position.answers,
        answer,
        batch.items.map((item) => item.row),
      );
      for (const item of batch.items) countEvent(contents, item.event);
      const last = batch.items.at(-1);
      rows = last === undefined ? rows : rowsRead(last);
      options.onProgress({
        rows,
        events: position.sent - sentBefore,
        feedTimeMs: eventTimeMs(last?.event),
      });
      if (performance.now() - savedAt >= SAVE_EVERY_MS) {
        file.write(position);
        savedAt = performance.now();
      }
    }
  } catch (error) {
    // Thrown out of a wait for the door.
    if (error !== stop.reason) throw error;
    stopped = true;
  } finally {
    if (position.sent > sentBefore) file.write(position);
  }
  return {
    ended: stopped ? 'stopped' : options.maxRows < feed.totalRows ? 'limit' : 'end',
    sentBefore: skipped,
    sent: position.sent - sentBefore,
    rows,
    answers: position.answers,
    contents,
  };

  function pace() {
    if (options.speed === null) return null;
    return feedPace({
      speed: options.speed,
      nowMs: () => performance.now(),
      // Stopped while it waits: it resolves at once, and the loop sees the signal.
      sleep: (ms) => sleep(ms, undefined, { signal: stop }).catch(() => {}),
    });
  }
}
