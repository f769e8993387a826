/** Rows of parts/DataTable.svelte: their order, and how wide its columns are. Pure. */

export type Cell = string | number | null;

export interface DataColumn {
  readonly name: string;
  /** Beneath the name, such as a type or a unit. */
  readonly note?: string;
  /** Sorted as numbers, and set to the right. */
  readonly isNumber?: boolean;
}

export interface Sorting {
  readonly column: number;
  readonly descending: boolean;
}

/** The next sorting when a head is pressed: up, down, and as they came. */
export function nextSorting(now: Sorting | null, column: number): Sorting | null {
  if (now?.column !== column) return { column, descending: false };
  return now.descending ? null : { column, descending: true };
}

/** Rows in an order; empty cells come last either way. As they came without one. */
export function sorted(
  rows: readonly (readonly Cell[])[],
  columns: readonly DataColumn[],
  sorting: Sorting | null,
): readonly (readonly Cell[])[] {
  if (sorting === null) return rows;
  const { column, descending } = sorting;
  const isNumber = columns[column]?.isNumber === true;
  const compare = (a: Cell, b: Cell) =>
    isNumber ? Number(a) - Number(b) : String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
  return [...rows].sort((left, right) => {
    const [a = null, b = null] = [left[column], right[column]];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return descending ? compare(b, a) : compare(a, b);
  });
}

const SAMPLE_ROWS = 200;
const CHARACTER_PX = 7.6;
const PADDING_PX = 36;
const MIN_PX = 72;
const MAX_PX = 380;

/** Widths (px) by what is in the columns, so that they do not move while one scrolls. */
export function widths(
  columns: readonly DataColumn[],
  rows: readonly (readonly Cell[])[],
): number[] {
  const sample = rows.slice(0, SAMPLE_ROWS);
  return columns.map(({ name, note = '' }, index) => {
    const cells = sample.map((row) => String(row[index] ?? '').length);
    const longest = Math.max(name.length + 2, note.length * 0.9, ...cells);
    return Math.round(Math.min(MAX_PX, Math.max(MIN_PX, longest * CHARACTER_PX + PADDING_PX)));
  });
}
