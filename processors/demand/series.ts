/**
 * Demand by day of each position (SKU at node) that something was asked of: units, and for how long nothing
 * could be sold there, for a stockout hides demand (REFERENCE §6: censored days).
 *
 * Bounds: the last DAYS_KEPT days, 256 bytes a position. A day is packed into 26 bits, and two days into a
 * double, so that the pages of the ledger (copy on write) hold them.
 */
import type { SnapshotPart } from '../processor.ts';
import { decodeRows, encodePages, Pages, type FrozenPages } from '../stock/pages.ts';

export const DAY_MS = 86_400_000;
/** Eight weeks, today included. */
export const DAYS_KEPT = 56;
/** Most units of a day; what exceeds it is not counted. */
const MOST_UNITS = 2 ** 18 - 1;
/** Time without stock is kept in tenths of an hour. */
const TENTH_MS = 360_000;
const TENTHS_A_DAY = 240;
const TENTHS = 2 ** 8;
const HALF = 2 ** 26;

/** Behind the days: first day with demand and the newest day that the ring holds (plus 1; 0 for none). */
const FIRST = DAYS_KEPT / 2;
const NEWEST = FIRST + 1;
/** Since when nothing can be sold (ms); 0 while something can. */
const EMPTY_SINCE = NEWEST + 1;
/** The position's row in the ledger. */
const ROW = EMPTY_SINCE + 1;
const STRIDE = ROW + 1;

/** A day on which there was stock for a smaller part of it is not made up to a whole one. */
const LEAST_AVAILABLE = 0.5;
const NONE = -1;

/**
 * Demand of a day with stock; of a day that had some for most of it, as if all day. A day that had hardly any
 * says nothing, unless units were ordered all the same.
 */
export interface Days {
  /** Days since 1970. */
  readonly days: readonly number[];
  readonly units: readonly number[];
}

export const dayOf = (ms: number) => Math.floor(ms / DAY_MS);

export class DemandSeries {
  #cells = new Pages(STRIDE);
  /** Series of each row of the ledger. */
  readonly #seriesOf: number[] = [];

  get size(): number {
    return this.#cells.rows;
  }

  /** Series of a position, -1 when nothing was ever asked of it. */
  of(row: number): number {
    return this.#seriesOf[row] ?? NONE;
  }

  rowOf(series: number): number {
    return this.#cells.get(series, ROW);
  }

  /** Adds units asked for at an instant; units below 0 take some back. A day that is too old is gone. */
  add(row: number, timeMs: number, units: number): void {
    const day = dayOf(timeMs);
    const series = this.#ensure(row);
    if (!this.#reach(series, day)) return;
    const first = this.#cells.get(series, FIRST);
    if (first === 0 || day + 1 < first) this.#cells.set(series, FIRST, day + 1);
    const known = this.#get(series, day);
    const sum = Math.floor(known / TENTHS) + units;
    const kept = Math.min(MOST_UNITS, Math.max(0, sum));
    this.#set(series, day, kept * TENTHS + (known % TENTHS));
  }

  /** Units asked for on a day, as far as the ring holds it. */
  unitsOn(series: number, day: number): number {
    const newest = this.#cells.get(series, NEWEST) - 1;
    if (day > newest || day <= newest - DAYS_KEPT) return 0;
    return Math.floor(this.#get(series, day) / TENTHS);
  }

  /** Notes whether something can be sold at the position from now on. */
  setEmpty(series: number, empty: boolean, nowMs: number): void {
    const sinceMs = this.#cells.get(series, EMPTY_SINCE);
    if (empty === sinceMs > 0) return;
    if (sinceMs > 0) this.#addEmpty(series, sinceMs, nowMs);
    this.#cells.set(series, EMPTY_SINCE, empty ? nowMs : 0);
  }

  /** The complete days before `nowMs` that say something of demand, the oldest first. */
  history(series: number, nowMs: number): Days {
    const sinceMs = this.#cells.get(series, EMPTY_SINCE);
    if (sinceMs > 0) {
      // In whole tenths, so that asking often loses nothing.
      const toMs = nowMs - ((nowMs - sinceMs) % TENTH_MS);
      this.#addEmpty(series, sinceMs, toMs);
      this.#cells.set(series, EMPTY_SINCE, toMs);
    }
    const today = dayOf(nowMs);
    const newest = this.#cells.get(series, NEWEST) - 1;
    const first = Math.max(this.#cells.get(series, FIRST) - 1, today - DAYS_KEPT + 1);
    const days: number[] = [];
    const made: number[] = [];
    for (let day = first; day < today; day++) {
      const cell = day > newest ? 0 : this.#get(series, day);
      const available = 1 - (cell % TENTHS) / TENTHS_A_DAY;
      const units = Math.floor(cell / TENTHS);
      if (available < LEAST_AVAILABLE && units === 0) continue;
      days.push(day);
      made.push(available < LEAST_AVAILABLE ? units : units / available);
    }
    return { days, units: made };
  }

  snapshot(): Iterable<SnapshotPart> {
    return parts(this.#cells.freeze());
  }

  restore({ bytes }: SnapshotPart): void {
    const known = this.#cells.rows;
    decodeRows(this.#cells, bytes);
    for (let series = known; series < this.#cells.rows; series++) {
      this.#number(this.rowOf(series), series);
    }
  }

  #ensure(row: number): number {
    const found = this.of(row);
    if (found !== NONE) return found;
    const series = this.#cells.rows;
    this.#cells.grow(series + 1);
    this.#cells.set(series, ROW, row);
    this.#number(row, series);
    return series;
  }

  /** Positions without demand in between have no series; written out, since a gap would make it sparse. */
  #number(row: number, series: number): void {
    while (this.#seriesOf.length < row) this.#seriesOf.push(NONE);
    this.#seriesOf[row] = series;
  }

  /** Makes the ring hold a day; false when the day is older than the ring. */
  #reach(series: number, day: number): boolean {
    const newest = this.#cells.get(series, NEWEST) - 1;
    if (day <= newest) return day > newest - DAYS_KEPT;
    const fresh = newest < 0 ? day : Math.max(newest + 1, day - DAYS_KEPT + 1);
    for (let each = fresh; each <= day; each++) this.#set(series, each, 0);
    this.#cells.set(series, NEWEST, day + 1);
    return true;
  }

  #addEmpty(series: number, fromMs: number, toMs: number): void {
    const oldest = dayOf(toMs) - DAYS_KEPT + 1;
    for (let day = Math.max(oldest, dayOf(fromMs)); day * DAY_MS < toMs; day++) {
      const startMs = Math.max(fromMs, day * DAY_MS);
      const tenths = Math.round((Math.min(toMs, (day + 1) * DAY_MS) - startMs) / TENTH_MS);
      if (tenths === 0 || !this.#reach(series, day)) continue;
      const known = this.#get(series, day);
      const sum = Math.min(TENTHS_A_DAY, (known % TENTHS) + tenths);
      this.#set(series, day, known - (known % TENTHS) + sum);
    }
  }

  #get(series: number, day: number): number {
    const pair = this.#cells.get(series, columnOf(day));
    return isSecond(day) ? Math.floor(pair / HALF) : pair % HALF;
  }

  #set(series: number, day: number, cell: number): void {
    const column = columnOf(day);
    const pair = this.#cells.get(series, column);
    const other = isSecond(day) ? pair % HALF : Math.floor(pair / HALF);
    this.#cells.set(series, column, isSecond(day) ? cell * HALF + other : other * HALF + cell);
  }
}

/** Place in the ring; days before 1970 have one too. */
const slotOf = (day: number) => ((day % DAYS_KEPT) + DAYS_KEPT) % DAYS_KEPT;
const columnOf = (day: number) => slotOf(day) >> 1;
const isSecond = (day: number) => (slotOf(day) & 1) === 1;

function* parts(cells: FrozenPages): Generator<SnapshotPart> {
  for (const bytes of encodePages(cells, STRIDE)) yield { name: 'series', bytes };
  cells.release();
}
