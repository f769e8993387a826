/**
 * Signed fact rows: how a processor tells ClickHouse what it knows of an entity, and later that it knows
 * better, without ever changing a row.
 *
 *   facts of the entity ─▶ project (pure) ─▶ rows it stands for now
 *                                             │ differ from the rows that were written
 *                                             ▼
 *                     sign −1: a row that holds no more      sign +1: a row that holds now
 *
 * Each such table ends in `sign, known_at, seq`. Over the rows with `known_at` up to an instant,
 * `sum(sign * x)` is what was known then; over all of them it is the restated truth. So late facts and
 * corrections need no code of their own, and the order in which facts arrive does not matter.
 */
import type { Applied, Cell, Outputs, TableName } from '../processor.ts';

/** The last columns of every signed table, in this order. */
export const SIGNED_COLUMNS = ['sign', 'known_at', 'seq'] as const;

/** A row without its signed columns. `key` tells it from the entity's other rows of the table. */
export interface FactRow {
  readonly table: TableName;
  readonly key: string;
  readonly cells: readonly Cell[];
}

/**
 * Emits what turns `before` into `after`: rows that hold no more with sign −1, then new ones with +1. Rows
 * are matched by table and key; one that is the same in both is not emitted. Keys are unique per table.
 */
export function emitDifference(
  before: readonly FactRow[],
  after: readonly FactRow[],
  at: Pick<Applied, 'seq' | 'nowMs'>,
  out: Pick<Outputs, 'row'>,
): void {
  const { nowMs, seq } = at;
  for (let index = 0; index < before.length; index++) {
    const row = before[index] as FactRow;
    const next = find(after, row, index);
    if (next === undefined || !sameCells(row.cells, next.cells)) {
      out.row(row.table, [...row.cells, -1, nowMs, seq]);
    }
  }
  for (let index = 0; index < after.length; index++) {
    const row = after[index] as FactRow;
    const old = find(before, row, index);
    if (old === undefined || !sameCells(old.cells, row.cells)) {
      out.row(row.table, [...row.cells, 1, nowMs, seq]);
    }
  }
}

/** Looks first where the row stands among its own: between two projections little moves. */
function find(
  rows: readonly FactRow[],
  { key, table }: FactRow,
  index: number,
): FactRow | undefined {
  const at = rows[index];
  if (at?.key === key && at.table === table) return at;
  return rows.find((row) => row.key === key && row.table === table);
}

function sameCells(a: readonly Cell[], b: readonly Cell[]): boolean {
  if (a === b) return true;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return a.length === b.length;
}

/** What is kept of an event that concerns an entity. */
export interface Fact {
  /** Event time (ms since 1970). */
  readonly timeMs: number;
  /** Log sequence: of two facts of one instant, the earlier one in the log comes first. */
  readonly seq: number;
  /** Of the event, for corrections. */
  readonly identity: number;
}

/** Puts a fact where it belongs: by event time, then by log order. Nearly always that is the end. */
export function insertFact<F extends Fact>(facts: F[], fact: F): void {
  let at = facts.length;
  while (at > 0 && isAfter(facts[at - 1] as F, fact)) at -= 1;
  if (at === facts.length) facts.push(fact);
  else facts.splice(at, 0, fact);
}

function isAfter(a: Fact, b: Fact): boolean {
  return a.timeMs > b.timeMs || (a.timeMs === b.timeMs && a.seq > b.seq);
}
