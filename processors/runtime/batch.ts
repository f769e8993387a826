/**
 * What the events (from, to] put out: rows on their way to ClickHouse, the bytes of a request for each
 * table; and dead letters.
 *
 * A row is serialised and encoded when it is produced, into one growing buffer for each table. So a flush
 * has nothing left to do that could stall the loop, and the rows that wait are no burden on the garbage
 * collector, which would otherwise carry each line from generation to generation.
 */
import type { PublishRequest } from '../../platform/nats/publisher.ts';
import type { Cell, TableName } from '../processor.ts';
import { TABLE_COLUMNS } from './tables.ts';

export interface TableBlock {
  readonly table: TableName;
  readonly columns: readonly string[];
  /** Lines of JSONCompactEachRow. */
  readonly lines: Uint8Array;
  readonly rows: number;
}

export class Batch {
  /** Log sequence before the first event. */
  readonly from: number;
  /** Messages that were put aside; stored before the batch counts as flushed. */
  readonly letters: PublishRequest[] = [];
  readonly #lines = new Map<TableName, Lines>();
  #rows = 0;

  constructor(from: number) {
    this.from = from;
  }

  get rows(): number {
    return this.#rows;
  }

  add(table: TableName, cells: readonly Cell[]): void {
    let lines = this.#lines.get(table);
    if (lines === undefined) {
      lines = new Lines();
      this.#lines.set(table, lines);
    }
    lines.add(JSON.stringify(cells));
    this.#rows += 1;
  }

  blocks(): TableBlock[] {
    return [...this.#lines].map(([table, lines]) => ({
      table,
      columns: TABLE_COLUMNS[table],
      lines: lines.bytes(),
      rows: lines.count,
    }));
  }
}

const FIRST_BYTES = 64 * 1024;
/** The most that a UTF-16 code unit needs in UTF-8. */
const BYTES_PER_UNIT = 3;
const LINE_FEED = 0x0a;

/** Lines of text as UTF-8. The buffer doubles when it is full; MAX_PENDING_ROWS bounds it. */
class Lines {
  count = 0;
  #buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;

  add(line: string): void {
    const needed = this.#length + line.length * BYTES_PER_UNIT + 1;
    if (needed > this.#buffer.length) this.#grow(needed);
    this.#length += this.#buffer.write(line, this.#length);
    this.#buffer[this.#length] = LINE_FEED;
    this.#length += 1;
    this.count += 1;
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #grow(needed: number): void {
    const wider = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(wider, 0, 0, this.#length);
    this.#buffer = wider;
  }
}
