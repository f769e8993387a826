/**
 * Rows of the bare pipe: as many as the processors wrote for an event of its type, into the same tables, and
 * copies of rows that they wrote, so that sizes and views cost the same. Pure.
 */
import type { Cell, TableName } from '../processors/processor.ts';
import { TABLE_COLUMNS } from '../processors/runtime/tables.ts';

/** What a run of the processors wrote into a table. */
export interface TableRows {
  readonly table: TableName;
  /** Mean rows for an event of each type. */
  readonly perEvent: Readonly<Record<string, number>>;
  /** Some of the rows, in the order of the table's columns. */
  readonly samples: readonly (readonly Cell[])[];
}

/** Rows to write for each event: over all events of a type, the mean of each table. */
export function bareRows(
  tables: readonly TableRows[],
): (event: { type: string; seq: number }, row: (table: TableName, cells: Cell[]) => void) => void {
  const makers = tables
    .filter(({ samples }) => samples.length > 0)
    .map((rows) => ({ ...rows, next: copies(rows), due: rowCounter(rows.perEvent) }));
  return ({ seq, type }, row) => {
    for (const { due, next, table } of makers) {
      for (let left = due(type); left > 0; left--) row(table, next(seq));
    }
  };
}

/** How many rows to write for each event: over all events of a type, the mean. */
export function rowCounter(perEvent: TableRows['perEvent']): (type: string) => number {
  const owed = new Map<string, number>();
  return (type) => {
    const due = (owed.get(type) ?? 0) + (perEvent[type] ?? 0);
    // A hair more, or else 0.1 ten times is less than 1.
    const rows = Math.floor(due + 1e-6);
    owed.set(type, due - rows);
    return rows;
  };
}

/** The samples one after the other, each under the sequence of its event. */
function copies({ samples, table }: TableRows): (seq: number) => Cell[] {
  const columns: readonly string[] = TABLE_COLUMNS[table];
  const seqAt = columns.indexOf('seq');
  let next = 0;
  return (seq) => {
    const cells = [...(samples[next] ?? [])];
    next = (next + 1) % samples.length;
    if (seqAt >= 0) cells[seqAt] = seq;
    return cells;
  };
}
