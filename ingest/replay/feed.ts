/**
 * What a replay sends: the types that datasets produce and the sender takes.
 *
 *   file ──▶ dataset (reads, maps) ──▶ FeedItem ──▶ batches ──▶ door
 *
 * A feed is deterministic: the same file gives the same items in the same order, with the same event
 * ids. The position of a replay is therefore just the number of items that the door has answered, and
 * sending an item twice does no harm.
 */
import type { InputDataOf, InputType } from '../../contracts/events.ts';

/** An event as a dataset makes it; the door adds the rest of the envelope. */
export interface FeedEvent<T extends InputType = InputType> {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: `stocktide.${T}.v1`;
  readonly time: string;
  readonly correlationid?: string;
  readonly data: InputDataOf<T>;
}

export interface FeedItem {
  /** The event as one line of NDJSON, without the newline. */
  readonly line: string;
  /** The event, or undefined when the line is not JSON: the door says so, not the reader. */
  readonly event: unknown;
  /** Row of the file that it came from; of several, the last. */
  readonly row: number;
  /** Rows behind us with this item, where items do not come in the order of the file; `row` when absent. */
  readonly rowsRead?: number;
}

export interface Feed {
  /** Rows in the whole file. */
  readonly totalRows: number;
  /** The items of the first `maxRows` rows, in order, from the beginning. */
  items(maxRows: number): AsyncIterable<FeedItem>;
  /** Rows, or what some say, that became no event, by reason; grows while the items are read. */
  readonly skipped: ReadonlyMap<string, number>;
}

/** Files of one kind, and how to read them. */
export interface Dataset {
  readonly name: string;
  /** What it is made of, for the help. */
  readonly about: string;
  /** Raised when the same files would give other items: a saved position is void then. */
  readonly mappingVersion: number;
  /** True when the items of the first rows are the first items of the whole file. */
  readonly limitIsPrefix: boolean;
  /** The files that a path stands for, be it a file or a folder. Throws when they are not there. */
  files(path: string): readonly string[];
  open(files: readonly string[]): Promise<Feed>;
}

/** The file or the arguments are wrong; the message says what and how to mend it. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError';
}
