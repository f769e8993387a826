/**
 * Events of a file whose rows each tell a story of weeks (an order, a delivery), as the log would have had
 * them: by time. Events of one instant keep the order of the rows, and of their row. Such files are small
 * enough to be held in memory; `MAX_ROWS` says how small.
 */
import { ReplayError, type FeedEvent, type FeedItem } from './feed.ts';
import { feedItem } from './events.ts';

/** Rows of a file that is sorted in memory: some 1 kB each. */
export const MAX_ROWS = 1_000_000;

export interface RowEvents {
  /** Number of the row in the file, from 1 on; 0 for what comes before all rows. */
  readonly row: number;
  readonly events: readonly FeedEvent[];
}

/** `rowsRead` of an item counts the rows that have begun by then. */
export function inTimeOrder(rows: readonly RowEvents[]): FeedItem[] {
  const begun = new Set<number>();
  return rows
    .flatMap(({ events, row }) =>
      events.map((event) => ({ event, row, timeMs: Date.parse(event.time) })),
    )
    .sort((a, b) => a.timeMs - b.timeMs)
    .map(({ event, row }) => {
      if (row > 0) begun.add(row);
      return { ...feedItem(event, row), rowsRead: begun.size };
    });
}

/** Throws when there are more rows than can be sorted in memory. */
export function checkRowCount(file: string, rows: number): void {
  if (rows > MAX_ROWS) {
    throw new ReplayError(`${file}: has more than ${MAX_ROWS} rows; split it`);
  }
}

/** Items as a feed gives them. */
export async function* inTurn(items: readonly FeedItem[]): AsyncGenerator<FeedItem> {
  yield* items;
}
