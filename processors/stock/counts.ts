/**
 * Absolute counts: what a 3PL, an ERP or a marketplace says there is (law 5, REFERENCE §3.4).
 *
 *      movements   ──●────●───────●──────●──▶ event time
 *                             ▲ as_of        ▲ the count arrives
 *      book(as_of) = balance now − movements after as_of
 *      variance    = stated − book(as_of)     → one reconciliation movement, dated as_of
 *
 * A movement that arrives later, dated at or before as_of, was already inside the count: it changes the
 * history and the variance, and a counter-movement keeps the balance. Counts of several measures of one
 * position (available, on hand …) see each other's reconciliations in the same way, in the order of
 * their instants and, of one instant, the narrow ones first.
 */
import type { SnapshotPart } from '../processor.ts';
import { A, MEASURES, type Measure, COUNTER } from './accounts.ts';
import type { Books } from './books.ts';
import type { Entry } from './history.ts';
import { mapParts, restoreMap } from '../facts/parts.ts';
import type { Posted } from './watch.ts';

/** A count differing from the book only by movements this near its capture is not a variance. */
export const CLOCK_SKEW_MS = 5 * 60_000;

/** A quantity that a snapshot states. */
export interface Stated {
  readonly row: number;
  readonly measure: Measure;
  readonly stated: number;
  readonly asOfMs: number;
}

/** The snapshot that a count belongs to, and the event that made the snapshot whole. */
export interface CountOrigin {
  readonly snapshotId: string;
  readonly source: string;
  readonly identity: number;
}

/** The last count applied to a measure of a position. */
interface AppliedCount extends CountOrigin {
  readonly measure: Measure;
  readonly asOfMs: number;
  readonly stated: number;
  /** Balance replayed to as_of, as it is known today. */
  readonly book: number;
  readonly revision: number;
}

type Status = 'applied' | 'within_skew' | 'revised';

const BREADTH = new Map([...MEASURES.keys()].map((measure, index) => [measure, index]));
const breadth = (measure: Measure) => BREADTH.get(measure) ?? 0;
/** The order in which counts are applied and compensated. */
export const inOrder = (
  a: { asOfMs: number; measure: Measure },
  b: { asOfMs: number; measure: Measure },
) => a.asOfMs - b.asOfMs || breadth(a.measure) - breadth(b.measure);

export class Counts {
  readonly #books: Books;
  /** By position, in their order. Arrays and counts are replaced, never changed. */
  readonly #applied = new Map<number, readonly AppliedCount[]>();

  constructor(books: Books) {
    this.#books = books;
  }

  /** Applies a count whose snapshot is whole. One older than the last says nothing new. */
  apply({ row, measure, stated, asOfMs }: Stated, origin: CountOrigin): void {
    const last = this.#applied.get(row)?.find((count) => count.measure === measure);
    if (last !== undefined && asOfMs < last.asOfMs) return;
    if (last !== undefined && asOfMs === last.asOfMs && stated === last.stated) return;

    const { book, skewed } = this.#compare({ row, measure, stated, asOfMs }, origin);
    const revision = last?.snapshotId === origin.snapshotId ? last.revision + 1 : 0;
    const count = { ...origin, measure, asOfMs, stated, book, revision };
    // What the two clocks explain is no variance: the count agrees with the book.
    this.#put(row, skewed ? { ...count, book: stated } : count);
    if (stated === book) return;
    if (!skewed) {
      const posted = this.#post(row, count, stated - book, `${measure} counted ${stated}`);
      const { identity } = origin;
      this.#books.count({ counter: COUNTER.counted, row, record: measure, units: 1, identity });
      this.compensate(posted, asOfMs, measure);
    }
    this.#writeReconciliation(row, count, skewed ? 'within_skew' : 'applied');
  }

  /** A movement dated at or before a count: keeps the balance, revises the variance. */
  compensate(moved: Posted, timeMs: number, except?: Measure): void {
    const counts = this.#applied.get(moved.row);
    if (counts === undefined) return;
    /** The movement, and what has been posted against it. */
    const effects: Posted[] = [moved];
    for (const count of counts) {
      if (timeMs > count.asOfMs || count.measure === except) continue;
      const states = statesOf(count.measure);
      const net = effects.reduce((sum, effect) => sum + effectOn(states, effect), 0);
      if (net === 0) continue;
      const revised = { ...count, book: count.book + net, revision: count.revision + 1 };
      this.#put(moved.row, revised);
      this.#writeReconciliation(moved.row, revised, 'revised');
      effects.push(this.#post(moved.row, revised, -net, 'came late, was inside the count'));
    }
  }

  /** Takes a count back (corrections), unless a newer one has taken its place. */
  revert({ identity, record: measure, row }: Entry): void {
    const counts = this.#applied.get(row) ?? [];
    const count = counts.find((it) => it.measure === measure && it.identity === identity);
    if (count === undefined) return;
    this.#applied.set(
      row,
      counts.filter((it) => it !== count),
    );
    const account = adjustedState(counts, count);
    const units = count.stated - count.book;
    this.#books.move({
      row,
      from: units > 0 ? account : A.outside,
      to: units > 0 ? A.outside : account,
      units: Math.abs(units),
      kind: 'correction',
      timeMs: count.asOfMs,
      ref: count.snapshotId,
      reason: `count of ${count.measure} taken back`,
    });
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('counts', this.#applied);
  }

  restore(part: SnapshotPart): void {
    restoreMap(this.#applied, part.bytes);
  }

  /** The book at as_of, and whether the clocks alone explain that the count differs from it. */
  #compare(
    { row, measure, stated, asOfMs }: Stated,
    { source }: CountOrigin,
  ): { book: number; skewed: boolean } {
    const { history, ledger } = this.#books;
    const states = statesOf(measure);
    const own = this.#books.sourceNumber(source);
    let after = 0;
    let foreign = false;
    const near: Effect[] = [];
    for (const entry of history.since(ledger.newestEntry(row), asOfMs - CLOCK_SKEW_MS)) {
      const effect = effectOn(states, entry);
      if (effect === 0) continue;
      if (entry.timeMs > asOfMs) after += effect;
      if (entry.timeMs > asOfMs + CLOCK_SKEW_MS) continue;
      near.push({ timeMs: entry.timeMs, effect });
      if (entry.source !== own) foreign = true;
    }
    const book = ledger.sum(row, states) - after;
    return { book, skewed: foreign && explainedBySkew({ book, stated, asOfMs, near }) };
  }

  #put(row: number, count: AppliedCount): void {
    const others = (this.#applied.get(row) ?? []).filter((it) => it.measure !== count.measure);
    this.#applied.set(row, [...others, count].sort(inOrder));
  }

  /** Posts a difference of a count, dated as_of. */
  #post(row: number, count: AppliedCount, units: number, reason: string): Posted {
    const account = adjustedState(this.#applied.get(row) ?? [], count);
    const posted = {
      row,
      from: units > 0 ? A.outside : account,
      to: units > 0 ? account : A.outside,
      units: Math.abs(units),
    };
    this.#books.move({
      ...posted,
      kind: 'reconciliation',
      timeMs: count.asOfMs,
      ref: count.snapshotId,
      reason,
      // A count is taken back as a whole, and a late event with its counter-movement.
      correctable: false,
    });
    return posted;
  }

  #writeReconciliation(row: number, count: AppliedCount, status: Status): void {
    const { applied, ledger, out } = this.#books;
    const sku = ledger.skuOf(row);
    const node = ledger.nodeOf(row);
    out.row('stock_reconciliations', [
      `${count.snapshotId}/${sku}/${node}/${count.measure}`,
      count.revision,
      count.snapshotId,
      count.source,
      sku,
      node,
      count.measure,
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
}

function statesOf(measure: Measure): readonly number[] {
  return MEASURES.get(measure) ?? [];
}

/**
 * The state that takes the difference of a count: the first of its states that no narrower count of the
 * same instant speaks for.
 */
function adjustedState(counts: readonly AppliedCount[], count: AppliedCount): number {
  const states = statesOf(count.measure);
  const narrower = counts.filter(
    (other) => other.asOfMs === count.asOfMs && breadth(other.measure) < breadth(count.measure),
  );
  const free = states.find(
    (state) => !narrower.some((other) => statesOf(other.measure).includes(state)),
  );
  return free ?? (states[0] as number);
}

/** Signed effect of a movement on a set of states. */
function effectOn(states: readonly number[], { from, to, units }: Omit<Posted, 'row'>): number {
  return (states.includes(to) ? units : 0) - (states.includes(from) ? units : 0);
}

interface Effect {
  readonly timeMs: number;
  readonly effect: number;
}

/**
 * True when the book held exactly the stated quantity at some instant within the skew of as_of: the
 * two clocks differ, the stock does not.
 */
function explainedBySkew(count: {
  book: number;
  stated: number;
  asOfMs: number;
  near: readonly Effect[];
}): boolean {
  const { asOfMs, book, near, stated } = count;
  const later = near.filter((m) => m.timeMs > asOfMs).sort((a, b) => a.timeMs - b.timeMs);
  const earlier = near.filter((m) => m.timeMs <= asOfMs).sort((a, b) => b.timeMs - a.timeMs);
  const passes = (movements: readonly Effect[], sign: 1 | -1) => {
    let balance = book;
    return movements.some(({ effect }) => (balance += sign * effect) === stated);
  };
  return passes(later, 1) || passes(earlier, -1);
}
