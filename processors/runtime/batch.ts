/**
 * What the events (from, to] put out: rows on their way to ClickHouse, a text of lines for each table,
 * serialised as they are produced so that a flush never stalls the loop; and dead letters.
 */
import type { PublishRequest } from '../../platform/nats/publisher.ts';
import type { Cell, TableName } from '../processor.ts';
import { TABLE_COLUMNS } from './tables.ts';

export interface TableBlock {
  readonly table: TableName;
  readonly columns: readonly string[];
  readonly lines: string;
  readonly rows: number;
}

export class Batch {
  /** Log sequence before the first event. */
  readonly from: number;
  /** Messages that were put aside; stored before the batch counts as flushed. */
  readonly letters: PublishRequest[] = [];
  readonly #lines = new Map<TableName, string[]>();
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
      lines = [];
      this.#lines.set(table, lines);
    }
    lines.push(JSON.stringify(cells));
    this.#rows += 1;
  }

  blocks(): TableBlock[] {
    return [...this.#lines].map(([table, lines]) => ({
      table,
      columns: TABLE_COLUMNS[table],
      lines: `${lines.join('\n')}\n`,
      rows: lines.length,
    }));
  }
}
