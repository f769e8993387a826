/**
 * The one place that posts: every change of a balance goes through `Books.move`, which keeps ledger,
 * history and the facts for ClickHouse in step, lets the watch see it, and tells who listens that the
 * ATP of a SKU changed.
 */
import { RulePolicies } from '../facts/rule-policies.ts';
import type { Applied, Finding, Outputs } from '../processor.ts';
import { accountName } from './accounts.ts';
import { Counts } from './counts.ts';
import { History, type Entry } from './history.ts';
import { Ledger } from './ledger.ts';
import { Policies } from './policies.ts';
import { createRecords, type StockRecords } from './records.ts';
import { SupplierProfiles } from './supplier-profiles.ts';
import { isLegal, type MovementKind } from './transitions.ts';
import { Watch } from './watch.ts';

export interface Move {
  readonly row: number;
  readonly from: number;
  readonly to: number;
  readonly units: number;
  readonly kind: MovementKind;
  readonly reason?: string;
  /** Key of the record that the movement follows from; a correction takes the record's counters back. */
  readonly record?: string;
  /** Document, order or reservation, as people know it. */
  readonly ref?: string;
  /** Event time when it is not the event's own (corrections, re-based counts, lapsing). */
  readonly timeMs?: number;
  /** False for what a correction of the event must not find. */
  readonly correctable?: boolean;
}

export interface CounterChange {
  readonly counter: number;
  /** -1 for a record that has no position yet. */
  readonly row: number;
  readonly record: string;
  readonly units: number;
  /** Of the event that made the change when it is not the one being applied. */
  readonly identity?: number;
}

/** An event this much older than the processor's time is marked late in `stock_movements`. */
const LATE_MS = 10 * 60_000;

export class Books {
  readonly ledger = new Ledger();
  readonly history: History;
  readonly records: StockRecords = createRecords();
  readonly profiles = new SupplierProfiles();
  readonly policies = new Policies(this.profiles);
  readonly counts: Counts;
  readonly rules = new RulePolicies();
  readonly watch = new Watch(this.ledger, this.rules);
  /** Event sources by number, for the history. */
  readonly sources: string[] = [];
  readonly #sourceNumbers = new Map<string, number>();

  /** The event that is being applied. */
  applied!: Applied;
  out!: Outputs;
  identity = 0;
  #source = 0;
  #index = 0;

  constructor(options: { historyCapacity: number }) {
    this.history = new History(options.historyCapacity);
    this.counts = new Counts(this);
  }

  begin(applied: Applied, out: Outputs): void {
    this.applied = applied;
    this.out = out;
    this.identity = applied.identity;
    this.#source = this.sourceNumber(applied.event.source);
    this.#index = 0;
  }

  sourceNumber(source: string): number {
    let number = this.#sourceNumbers.get(source);
    if (number === undefined) {
      number = this.sources.length;
      this.sources.push(source);
      this.#sourceNumbers.set(source, number);
    }
    return number;
  }

  /** Posts a movement; one of no units or within one account is none. */
  move(move: Move): void {
    const { row, from, to, units, kind } = move;
    if (units <= 0 || from === to) return;
    const { event, seq, timeMs, nowMs } = this.applied;
    const at = move.timeMs ?? timeMs;
    const sku = this.ledger.skuOf(row);
    const illegal = !isLegal(kind, from, to);

    this.ledger.move(row, from, to, units);
    this.ledger.touch(row, seq, at);
    const identity = move.correctable === false ? 0 : this.identity;
    this.#remember({ row, from, to, units, timeMs: at, identity, record: move.record ?? '' });
    this.out.row('stock_movements', [
      seq,
      this.#index++,
      sku,
      this.ledger.nodeOf(row),
      accountName(from),
      accountName(to),
      units,
      kind,
      illegal ? 1 : 0,
      move.timeMs === undefined && nowMs - at > LATE_MS ? 1 : 0,
      at,
      event.type,
      event.source,
      event.id,
      move.ref ?? '',
      move.reason ?? '',
    ]);
    this.out.changed(sku);
    const mended = this.watch.posted(move, this.applied);
    if (mended !== null) this.out.cleared(mended);
    if (illegal) {
      const finding = this.watch.illegal(move, this.applied);
      if (finding !== null) this.out.finding(finding);
    }
    if (kind !== 'reconciliation') this.counts.compensate(move, at);
  }

  /** Remembers what an event changed of a record, so that a correction can take it back. */
  count({ counter, identity = this.identity, record, row, units }: CounterChange): void {
    if (units === 0) return;
    const { timeMs } = this.applied;
    this.#remember({ row, from: counter, to: counter, units, timeMs, identity, record });
  }

  /** Raises a finding about the event that is being applied, unless it says otherwise. */
  finding(finding: Omit<Finding, 'evidence' | 'conditionAtMs'> & Partial<Finding>): void {
    const { event, timeMs } = this.applied;
    this.out.finding({
      conditionAtMs: timeMs,
      evidence: [{ source: event.source, id: event.id }],
      ...finding,
    });
  }

  onTime(nowMs: number): void {
    this.profiles.onTime(nowMs);
    for (const finding of this.watch.onTime(nowMs)) this.out.finding(finding);
  }

  #remember(entry: Omit<Entry, 'nowMs' | 'source'>): void {
    const { row } = entry;
    const previous = row < 0 ? -1 : this.ledger.newestEntry(row);
    const at = { nowMs: this.applied.nowMs, source: this.#source, previous };
    const number = this.history.push(entry, at);
    if (row >= 0) this.ledger.setNewestEntry(row, number);
  }
}
