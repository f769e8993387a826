/**
 * Snapshots on their way in: the rows of a file wait here until `snapshot.completed` has come and its row
 * count and control total agree; then all of them are applied as counts, or none (REFERENCE §3.4).
 *
 * Bounded by MAX_WAITING_ROWS: beyond it the oldest snapshot is refused with a finding.
 */
import type { DataOf } from '../../contracts/events.ts';
import { SNAPSHOT_QUALIFIERS } from '../../contracts/states.ts';
import type { SnapshotPart } from '../processor.ts';
import type { Measure } from './accounts.ts';
import type { Books } from './books.ts';
import { CLOCK_SKEW_MS, inOrder, type CountOrigin, type Stated } from './counts.ts';
import { jsonParts, parseJson } from '../facts/parts.ts';

/** A snapshot that is not complete after this (event time) is refused with a finding. */
export const PATIENCE_MS = 24 * 60 * 60_000;
/** Rows that may wait for the completion of their snapshots. */
export const MAX_WAITING_ROWS = 500_000;

interface Completion {
  readonly rowCount: number;
  readonly controlTotal: number;
  readonly scope: 'full' | 'partial';
  /** '' when the snapshot names none: every node that a row names. */
  readonly node: string;
  readonly asOfMs: number;
  readonly identity: number;
}

interface Waiting {
  /** Rows of the SKUs of this slice. */
  rows: Stated[];
  /** What all rows say, those of other slices included. */
  count: number;
  total: number;
  nodes: string[];
  measures: Measure[];
  completion: Completion | null;
  firstSeenMs: number;
  /** A refused snapshot is remembered, so that its further rows are not taken for another one. */
  refused: boolean;
}

type Head = Omit<Waiting, 'rows'>;
/** A row with the number of its snapshot among those that wait. */
type SavedRow = [number, Stated];

export class Snapshots {
  readonly #books: Books;
  /** By source and snapshot, the longest waiting first. */
  readonly #waiting = new Map<string, Waiting>();
  #rows = 0;

  constructor(books: Books) {
    this.#books = books;
  }

  /** A row of a snapshot. `own` is false for a SKU of another slice: it is counted, not kept. */
  record(data: DataOf<'inventory.snapshot.recorded'>, own: boolean): void {
    const waiting = this.#of(data.snapshot_id);
    const measure = measureOf(data);
    waiting.count += 1;
    waiting.total += data.qty;
    if (!waiting.nodes.includes(data.node_id)) waiting.nodes.push(data.node_id);
    if (!waiting.measures.includes(measure)) waiting.measures.push(measure);
    if (own && !waiting.refused) {
      const row = this.#books.ledger.row(data.sku_id, data.node_id);
      waiting.rows.push({ row, measure, stated: data.qty, asOfMs: Date.parse(data.as_of) });
      this.#rows += 1;
      if (this.#rows > MAX_WAITING_ROWS) this.#refuseOldest();
    }
    this.#applyWhenWhole(data.snapshot_id, waiting);
  }

  complete(data: DataOf<'inventory.snapshot.completed'>): void {
    const waiting = this.#of(data.snapshot_id);
    waiting.completion = {
      rowCount: data.row_count,
      controlTotal: data.control_total,
      scope: data.scope,
      node: data.node_id ?? '',
      asOfMs: Date.parse(data.as_of),
      identity: this.#books.identity,
    };
    this.#applyWhenWhole(data.snapshot_id, waiting);
  }

  /** Refuses snapshots that never became whole. */
  onTime(nowMs: number): void {
    for (const [key, waiting] of this.#waiting) {
      if (nowMs - waiting.firstSeenMs < PATIENCE_MS) return;
      this.#refuse(key, waiting, 'it did not become whole within 24 hours');
      this.#waiting.delete(key);
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    const heads = [...this.#waiting].map(([key, { rows: _, ...head }]): [string, Head] => [
      key,
      { ...head, nodes: [...head.nodes], measures: [...head.measures] },
    ]);
    // Rows are only ever added: their present number is a copy.
    const rows = [...this.#waiting.values()].map(({ rows }) => ({ rows, length: rows.length }));
    return (function* () {
      yield* jsonParts('snapshots.heads', heads);
      yield* jsonParts('snapshots.rows', savedRows(rows));
    })();
  }

  restore(part: SnapshotPart): void {
    if (part.name === 'snapshots.heads') {
      for (const [key, head] of parseJson<[string, Head]>(part.bytes)) {
        this.#waiting.set(key, { ...head, rows: [] });
      }
      return;
    }
    const waiting = [...this.#waiting.values()];
    for (const [index, stated] of parseJson<SavedRow>(part.bytes)) {
      waiting[index]?.rows.push(stated);
      this.#rows += 1;
    }
  }

  #of(snapshotId: string): Waiting {
    const key = this.#keyOf(snapshotId);
    let waiting = this.#waiting.get(key);
    if (waiting === undefined) {
      waiting = {
        rows: [],
        count: 0,
        total: 0,
        nodes: [],
        measures: [],
        completion: null,
        firstSeenMs: this.#books.applied.nowMs,
        refused: false,
      };
      this.#waiting.set(key, waiting);
    }
    return waiting;
  }

  #keyOf(snapshotId: string): string {
    return `${this.#books.applied.event.source} ${snapshotId}`;
  }

  #applyWhenWhole(snapshotId: string, waiting: Waiting): void {
    const { completion } = waiting;
    if (completion === null || waiting.count < completion.rowCount) return;
    const key = this.#keyOf(snapshotId);
    const wrong = this.#whatIsWrong(waiting, completion);
    if (wrong !== null) this.#refuse(key, waiting, wrong);
    this.#waiting.delete(key);
    this.#rows -= waiting.rows.length;
    if (waiting.refused) return;

    const { source } = this.#books.applied.event;
    const origin: CountOrigin = { snapshotId, source, identity: completion.identity };
    const absent = completion.scope === 'full' ? this.#absent(waiting, completion) : [];
    for (const stated of [...waiting.rows, ...absent].sort(inOrder)) {
      this.#books.counts.apply(stated, origin);
    }
  }

  #whatIsWrong(waiting: Waiting, completion: Completion): string | null {
    const { controlTotal, rowCount } = completion;
    if (waiting.count !== rowCount || waiting.total !== controlTotal) {
      return `${waiting.count} rows of ${waiting.total} units came, the control says ${rowCount} rows of ${controlTotal} units`;
    }
    let oldest = completion.asOfMs;
    let newest = completion.asOfMs;
    for (const { asOfMs } of waiting.rows) {
      if (asOfMs < oldest) oldest = asOfMs;
      if (asOfMs > newest) newest = asOfMs;
    }
    // It would swallow every movement until then.
    if (newest > this.#books.applied.nowMs + CLOCK_SKEW_MS) return 'its as_of lies in the future';
    if (!this.#books.history.reaches(oldest)) {
      return 'it is older than the movements that are still remembered';
    }
    return null;
  }

  /** In a full snapshot, a SKU that has moved at its nodes and has no row has none of anything. */
  #absent(waiting: Waiting, { asOfMs, node }: Completion): Stated[] {
    const { ledger } = this.#books;
    const present = new Set(waiting.rows.map(({ row }) => row));
    const absent: Stated[] = [];
    for (const at of node === '' ? waiting.nodes : [node]) {
      for (const row of ledger.rowsAtNode(at)) {
        if (present.has(row) || ledger.lastSeq(row) === 0) continue;
        for (const measure of waiting.measures) absent.push({ row, measure, stated: 0, asOfMs });
      }
    }
    return absent;
  }

  #refuseOldest(): void {
    for (const [key, waiting] of this.#waiting) {
      if (waiting.refused) continue;
      this.#refuse(key, waiting, `more than ${MAX_WAITING_ROWS} rows wait for completion`);
      return;
    }
  }

  /** Lets go of the rows and says why, once. */
  #refuse(key: string, waiting: Waiting, why: string): void {
    this.#rows -= waiting.rows.length;
    waiting.rows = [];
    if (waiting.refused) return;
    waiting.refused = true;
    const [source, snapshotId] = key.split(' ') as [string, string];
    this.#books.finding({
      findingId: `SNAPSHOT_REJECTED/${source}/${snapshotId}/${this.#books.applied.seq}`,
      code: 'SNAPSHOT_REJECTED',
      entity: `snapshot/${snapshotId}`,
      units: waiting.total,
      detail: `snapshot ${snapshotId} of ${source} was not applied: ${why}`,
    });
  }
}

function measureOf(data: DataOf<'inventory.snapshot.recorded'>): Measure {
  if (data.state !== undefined) return data.state;
  return data.qualifier === undefined ? 'available' : SNAPSHOT_QUALIFIERS[data.qualifier];
}

function* savedRows(snapshots: readonly { rows: Stated[]; length: number }[]): Generator<SavedRow> {
  for (const [index, { length, rows }] of snapshots.entries()) {
    for (let at = 0; at < length; at++) yield [index, rows[at] as Stated];
  }
}
