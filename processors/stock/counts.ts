/**
 * Absolute counts: snapshots of a 3PL, an ERP or a marketplace (law 5, REFERENCE §3.4).
 *
 *      movements   ──●────●───────●──────●──▶ event time
 *                             ▲ as_of        ▲ the count arrives
 *      book(as_of) = balance now − movements after as_of
 *      variance    = stated − book(as_of)     → one reconciliation movement, dated as_of
 *
 * The rows of a snapshot wait until `snapshot.completed` and its row count and control total agree. A
 * delta that arrives later with an event time at or before as_of was already inside the count: it
 * changes the history and the variance, and a counter-movement keeps the balance.
 */
import type { DataOf } from '../../contracts/events.ts';
import { SNAPSHOT_QUALIFIERS } from '../../contracts/states.ts';
import type { SnapshotPart } from '../processor.ts';
import { A, MEASURES, type Measure } from './accounts.ts';
import type { Books } from './books.ts';
import { jsonParts, parseJson } from './parts.ts';

/** A count differing from the book only by movements this near its capture is not a variance. */
export const CLOCK_SKEW_MS = 5 * 60_000;
/** A snapshot that is not complete after this (event time) is dropped with a finding. */
const PENDING_MS = 24 * 60 * 60_000;
/** Rows that may wait for their snapshot's completion; beyond it the oldest snapshot is dropped. */
export const MAX_PENDING_ROWS = 500_000;

const LATE_REASON = 'a movement that came late was already inside the count';

/** The last count applied to a measure of a position. */
interface AppliedCount {
  asOfMs: number;
  stated: number;
  /** Balance replayed to as_of, as it is known today. */
  book: number;
  id: string;
  snapshotId: string;
  source: string;
  revision: number;
}

interface PendingRow {
  readonly row: number;
  readonly measure: Measure;
  readonly stated: number;
  readonly asOfMs: number;
}

interface PendingSnapshot {
  rows: PendingRow[];
  /** Rows and units seen, those of other slices included. */
  count: number;
  total: number;
  completed: {
    rowCount: number;
    controlTotal: number;
    scope: 'full' | 'partial';
    node: string;
    asOfMs: number;
  } | null;
  firstSeenMs: number;
}

export class Counts {
  readonly #books: Books;
  readonly applied = new Map<number, Partial<Record<Measure, AppliedCount>>>();
  readonly pending = new Map<string, PendingSnapshot>();
  #pendingRows = 0;

  constructor(books: Books) {
    this.#books = books;
  }

  get pendingRows(): number {
    return this.#pendingRows;
  }

  /** A row of a snapshot. `own` is false for a SKU of another slice: it is counted, not kept. */
  record(data: DataOf<'inventory.snapshot.recorded'>, own: boolean): void {
    const snapshot = this.#pendingOf(data.snapshot_id);
    snapshot.count += 1;
    snapshot.total += data.qty;
    if (own) {
      snapshot.rows.push({
        row: this.#books.ledger.row(data.sku_id, data.node_id),
        measure: measureOf(data),
        stated: data.qty,
        asOfMs: Date.parse(data.as_of),
      });
      this.#pendingRows += 1;
    }
    if (this.#pendingRows > MAX_PENDING_ROWS) this.#dropOldest();
    this.#applyWhenWhole(data.snapshot_id, snapshot);
  }

  complete(data: DataOf<'inventory.snapshot.completed'>): void {
    const snapshot = this.#pendingOf(data.snapshot_id);
    snapshot.completed = {
      rowCount: data.row_count,
      controlTotal: data.control_total,
      scope: data.scope,
      node: data.node_id ?? '',
      asOfMs: Date.parse(data.as_of),
    };
    this.#applyWhenWhole(data.snapshot_id, snapshot);
  }

  /** Drops snapshots that never became whole. */
  onTime(nowMs: number): void {
    for (const [key, snapshot] of this.pending) {
      if (nowMs - snapshot.firstSeenMs < PENDING_MS) return;
      this.#reject(key, snapshot, 'it did not become whole within 24 hours');
    }
  }

  /** A movement dated at or before a count that was applied: keeps the balance, revises the variance. */
  compensate(row: number, from: number, to: number, units: number, timeMs: number): void {
    const applied = this.applied.get(row);
    if (applied === undefined) return;
    const effect = new Map([
      [from, -units],
      [to, units],
    ]);
    for (const measure of Object.keys(applied) as Measure[]) {
      const count = applied[measure];
      if (count === undefined || timeMs > count.asOfMs) continue;
      const { states, adjust } = MEASURES[measure];
      const own = effectOn(new Set(states), from, to, units);
      const net = states.reduce((sum, state) => sum + (effect.get(state) ?? 0), 0);
      if (own !== 0) {
        count.book += own;
        count.revision += 1;
        this.#writeReconciliation(row, measure, count, 'revised');
      }
      if (net === 0) continue;
      this.#post(row, adjust, -net, count, LATE_REASON);
      effect.set(adjust, (effect.get(adjust) ?? 0) - net);
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    const applied = [...this.applied].map(([row, counts]) => [
      row,
      Object.fromEntries(Object.entries(counts).map(([measure, count]) => [measure, { ...count }])),
    ]);
    const pending = [...this.pending].map(([key, snapshot]) => [
      key,
      { ...snapshot, rows: [...snapshot.rows] },
    ]);
    return [...jsonParts('counts.applied', applied), ...jsonParts('counts.pending', pending)];
  }

  restore(part: SnapshotPart): void {
    if (part.name === 'counts.applied') {
      type Saved = [number, Partial<Record<Measure, AppliedCount>>];
      for (const [row, counts] of parseJson<Saved>(part.bytes)) this.applied.set(row, counts);
      return;
    }
    for (const [key, snapshot] of parseJson<[string, PendingSnapshot]>(part.bytes)) {
      this.pending.set(key, snapshot);
      this.#pendingRows += snapshot.rows.length;
    }
  }

  #pendingOf(snapshotId: string): PendingSnapshot {
    const key = `${this.#books.applied.event.source} ${snapshotId}`;
    let snapshot = this.pending.get(key);
    if (snapshot === undefined) {
      const firstSeenMs = this.#books.applied.nowMs;
      snapshot = { rows: [], count: 0, total: 0, completed: null, firstSeenMs };
      this.pending.set(key, snapshot);
    }
    return snapshot;
  }

  #applyWhenWhole(snapshotId: string, snapshot: PendingSnapshot): void {
    const { completed } = snapshot;
    if (completed === null || snapshot.count < completed.rowCount) return;
    const key = `${this.#books.applied.event.source} ${snapshotId}`;
    if (snapshot.count > completed.rowCount || snapshot.total !== completed.controlTotal) {
      this.#reject(
        key,
        snapshot,
        `${snapshot.count} rows of ${snapshot.total} units came, the control says ${completed.rowCount} rows of ${completed.controlTotal} units`,
      );
      return;
    }
    const oldest = snapshot.rows.reduce((min, row) => Math.min(min, row.asOfMs), completed.asOfMs);
    if (!this.#books.history.reaches(oldest)) {
      this.#reject(key, snapshot, 'it is older than the movements that are still remembered');
      return;
    }
    this.#forget(key, snapshot);
    for (const row of snapshot.rows) this.#apply(row, snapshotId);
    if (completed.scope === 'full') this.#applyAbsent(snapshot.rows, completed, snapshotId);
  }

  /** In a full snapshot, what is absent has none. */
  #applyAbsent(
    rows: readonly PendingRow[],
    completed: { node: string; asOfMs: number },
    snapshotId: string,
  ): void {
    const { ledger } = this.#books;
    const stated = new Set(rows.map((row) => `${row.row} ${row.measure}`));
    const measures = [...new Set(rows.map((row) => row.measure))];
    const nodes =
      completed.node === ''
        ? [...new Set(rows.map((row) => ledger.nodeOf(row.row)))]
        : [completed.node];
    for (const node of nodes) {
      for (const row of ledger.rowsAtNode(node)) {
        for (const measure of measures) {
          if (stated.has(`${row} ${measure}`)) continue;
          if (ledger.sum(row, MEASURES[measure].states) === 0 && ledger.lastSeq(row) === 0)
            continue;
          this.#apply({ row, measure, stated: 0, asOfMs: completed.asOfMs }, snapshotId);
        }
      }
    }
  }

  #apply({ row, measure, stated, asOfMs }: PendingRow, snapshotId: string): void {
    const { ledger, history, applied: current } = this.#books;
    let counts = this.applied.get(row);
    if (counts === undefined) {
      counts = {};
      this.applied.set(row, counts);
    }
    const last = counts[measure];
    // An older count says nothing that a newer one has not said already.
    if (last !== undefined && asOfMs < last.asOfMs) return;

    const { states, adjust } = MEASURES[measure];
    const balance = ledger.sum(row, states);
    const inMeasure = new Set(states);
    const own = this.#books.sourceNumber(current.event.source);
    let after = 0;
    let foreign = false;
    const near: { timeMs: number; effect: number }[] = [];
    for (const entry of history.since(ledger.newestEntry(row), asOfMs - CLOCK_SKEW_MS)) {
      const effect = effectOn(inMeasure, entry.from, entry.to, entry.units);
      if (effect === 0) continue;
      if (entry.timeMs > asOfMs) after += effect;
      if (entry.timeMs > asOfMs + CLOCK_SKEW_MS) continue;
      near.push({ timeMs: entry.timeMs, effect });
      if (entry.source !== own) foreign = true;
    }
    const book = balance - after;
    const count: AppliedCount = {
      asOfMs,
      stated,
      book,
      id: `${snapshotId}/${ledger.skuOf(row)}/${ledger.nodeOf(row)}/${measure}`,
      snapshotId,
      source: current.event.source,
      revision: 0,
    };
    counts[measure] = count;
    if (stated === book) return;
    if (foreign && explainedBySkew(book, stated, asOfMs, near)) {
      this.#writeReconciliation(row, measure, count, 'within_skew');
      count.book = stated;
      return;
    }
    this.#post(row, adjust, stated - book, count, `${measure} counted ${stated}, book ${book}`);
    this.#writeReconciliation(row, measure, count, 'applied');
  }

  #post(row: number, account: number, units: number, count: AppliedCount, reason: string): void {
    this.#books.move({
      row,
      from: units > 0 ? A.outside : account,
      to: units > 0 ? account : A.outside,
      units: Math.abs(units),
      kind: 'reconciliation',
      timeMs: count.asOfMs,
      ref: count.snapshotId,
      reason,
      // Taking the late event back makes a counter-movement of its own.
      correctable: reason !== LATE_REASON,
    });
  }

  #writeReconciliation(
    row: number,
    measure: Measure,
    count: AppliedCount,
    status: 'applied' | 'within_skew' | 'revised',
  ): void {
    const { ledger, applied, out } = this.#books;
    out.row('stock_reconciliations', [
      count.id,
      count.revision,
      count.snapshotId,
      count.source,
      ledger.skuOf(row),
      ledger.nodeOf(row),
      measure,
      count.asOfMs,
      count.stated,
      count.book,
      count.stated - count.book,
      status,
      applied.seq,
      applied.timeMs,
      applied.event.source,
      applied.event.id,
    ]);
  }

  #dropOldest(): void {
    const [oldest] = this.pending;
    if (oldest === undefined) return;
    this.#reject(oldest[0], oldest[1], `more than ${MAX_PENDING_ROWS} rows wait for completion`);
  }

  #reject(key: string, snapshot: PendingSnapshot, why: string): void {
    this.#forget(key, snapshot);
    const [source, snapshotId] = key.split(' ') as [string, string];
    this.#books.finding({
      findingId: `SNAPSHOT_REJECTED/${source}/${snapshotId}`,
      code: 'SNAPSHOT_REJECTED',
      entity: `snapshot/${snapshotId}`,
      units: snapshot.total,
      detail: `snapshot ${snapshotId} of ${source} was not applied: ${why}`,
    });
  }

  #forget(key: string, snapshot: PendingSnapshot): void {
    this.pending.delete(key);
    this.#pendingRows -= snapshot.rows.length;
  }
}

function measureOf(data: DataOf<'inventory.snapshot.recorded'>): Measure {
  if (data.state !== undefined) return data.state;
  return data.qualifier === undefined ? 'available' : SNAPSHOT_QUALIFIERS[data.qualifier];
}

/** Signed effect of a movement on a set of states. */
function effectOn(states: ReadonlySet<number>, from: number, to: number, units: number): number {
  return (states.has(to) ? units : 0) - (states.has(from) ? units : 0);
}

/**
 * True when the book held exactly the stated quantity at some instant within the skew of `asOfMs`: the
 * two clocks differ, the stock does not.
 */
function explainedBySkew(
  book: number,
  stated: number,
  asOfMs: number,
  near: readonly { timeMs: number; effect: number }[],
): boolean {
  let balance = book;
  const later = near.filter((m) => m.timeMs > asOfMs).sort((a, b) => a.timeMs - b.timeMs);
  for (const movement of later) {
    balance += movement.effect;
    if (balance === stated) return true;
  }
  balance = book;
  const earlier = near.filter((m) => m.timeMs <= asOfMs).sort((a, b) => b.timeMs - a.timeMs);
  for (const movement of earlier) {
    balance -= movement.effect;
    if (balance === stated) return true;
  }
  return false;
}
