/**
 * The one place that posts: every change of a balance goes through `Books.move`, which keeps ledger,
 * history and the facts for ClickHouse in step, watches for balances below zero and tells who listens
 * that the ATP of a SKU changed.
 */
import { rootId } from '../../contracts/explode.ts';
import { identityHash } from '../../contracts/hash.ts';
import type { Applied, Finding, Outputs } from '../processor.ts';
import { accountName, isPhysical } from './accounts.ts';
import { Counts } from './counts.ts';
import { History } from './history.ts';
import { Ledger } from './ledger.ts';
import { Policies } from './policies.ts';
import { createRecords, type StockRecords } from './records.ts';
import { isLegal, type MovementKind } from './transitions.ts';

/** Counters of records, numbered behind the accounts so that the history can hold both. */
export const COUNTER = {
  ordered: 32,
  cancelled: 33,
  allocated: 34,
  shorted: 35,
  picked: 36,
  packed: 37,
  shipped: 38,
  poOrdered: 40,
  poAnnounced: 41,
  poReceived: 42,
  asnAnnounced: 43,
  asnReceived: 44,
} as const;
export const isCounter = (side: number) => side >= COUNTER.ordered;

export interface Move {
  readonly row: number;
  readonly from: number;
  readonly to: number;
  readonly units: number;
  readonly kind: MovementKind;
  readonly reason?: string;
  /** Key of the record that the movement belongs to. */
  readonly record?: string;
  /** Document, order or reservation, as people know it. */
  readonly ref?: string;
  /** Event time when it is not the event's own (corrections, re-based counts). */
  readonly timeMs?: number;
  /** False for what a correction of the event must not find. */
  readonly correctable?: boolean;
}

/** A balance below zero that may still be a matter of order: it becomes a finding after a while. */
interface Negative {
  readonly sinceMs: number;
  readonly source: string;
  readonly id: string;
}

/** A state that stays below zero this long (event time) is reported; until then late events may mend it. */
export const NEGATIVE_GRACE_MS = 10 * 60_000;
/** The same illegal transition of a position is reported once in this time (event time). */
const ILLEGAL_QUIET_MS = 60 * 60_000;
/** Room for accounts in the key of a balance. */
const SIDES = 64;

export class Books {
  readonly ledger = new Ledger();
  readonly history: History;
  readonly records: StockRecords = createRecords();
  readonly policies = new Policies();
  readonly counts: Counts;
  /** Numbers of event sources, for the history. */
  readonly sources: string[] = [];
  readonly negativesPending = new Map<number, Negative>();
  readonly negativesRaised = new Set<number>();
  readonly illegalSeen = new Map<string, number>();
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
    this.identity = identityOf(applied.event.source, applied.event.id);
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

  move(move: Move): void {
    const { row, from, to, units, kind } = move;
    if (units <= 0 || from === to) return;
    const { event, seq, timeMs, nowMs } = this.applied;
    const at = move.timeMs ?? timeMs;
    const sku = this.ledger.skuOf(row);
    const illegal = !isLegal(kind, from, to);

    this.ledger.move(row, from, to, units);
    this.ledger.touch(row, seq, at);
    this.#remember(move, at, from, to, units);
    const index = this.#index++;
    this.out.row('stock_movements', [
      seq,
      index,
      sku,
      this.ledger.nodeOf(row),
      accountName(from),
      accountName(to),
      units,
      kind,
      illegal ? 1 : 0,
      at < nowMs && move.timeMs === undefined && nowMs - at > LATE_MS ? 1 : 0,
      at,
      event.type,
      event.source,
      event.id,
      move.ref ?? '',
      move.reason ?? '',
    ]);
    this.out.changed(sku);
    this.#watch(row, from, to);
    if (illegal) this.#reportIllegal(row, from, to, units);
    if (kind !== 'reconciliation') this.counts.compensate(row, from, to, units, at);
  }

  /** Remembers a change of a record's counter, so that a correction can take it back. */
  count(counter: number, row: number, record: string, units: number): void {
    if (row < 0 || units === 0) return;
    this.#remember(
      { row, record, kind: 'order_line' },
      this.applied.timeMs,
      counter,
      counter,
      units,
    );
  }

  finding(finding: Omit<Finding, 'evidence' | 'conditionAtMs'> & Partial<Finding>): void {
    const { event, timeMs } = this.applied;
    this.out.finding({
      conditionAtMs: timeMs,
      evidence: [{ source: event.source, id: event.id }],
      ...finding,
    });
  }

  /** Brings balances that stayed below zero past the grace to light, and forgets old quiet times. */
  onTime(nowMs: number): void {
    for (const [key, negative] of this.negativesPending) {
      if (nowMs - negative.sinceMs < NEGATIVE_GRACE_MS) break;
      this.negativesPending.delete(key);
      this.negativesRaised.add(key);
      this.#reportNegative(key, negative);
    }
    for (const [key, atMs] of this.illegalSeen) {
      if (nowMs - atMs < ILLEGAL_QUIET_MS) break;
      this.illegalSeen.delete(key);
    }
  }

  /** Entity of a finding about a position. */
  entityOf(row: number): { entity: string; skuId: string; nodeId: string } {
    const skuId = this.ledger.skuOf(row);
    const nodeId = this.ledger.nodeOf(row);
    return { entity: `sku/${skuId}/node/${nodeId}`, skuId, nodeId };
  }

  #remember(
    move: Pick<Move, 'row' | 'record' | 'kind' | 'correctable'>,
    timeMs: number,
    from: number,
    to: number,
    units: number,
  ): void {
    const entry = this.history.push(
      {
        row: move.row,
        from,
        to,
        units,
        timeMs,
        nowMs: this.applied.nowMs,
        seq: this.applied.seq,
        identity: move.correctable === false ? 0 : this.identity,
        source: this.#source,
        record: move.record ?? '',
      },
      this.ledger.newestEntry(move.row),
    );
    this.ledger.setNewestEntry(move.row, entry);
  }

  #watch(row: number, from: number, to: number): void {
    const fromKey = row * SIDES + from;
    if (isPhysical(from) && this.ledger.balance(row, from) < 0) {
      if (!this.negativesPending.has(fromKey) && !this.negativesRaised.has(fromKey)) {
        const { event, nowMs } = this.applied;
        this.negativesPending.set(fromKey, { sinceMs: nowMs, source: event.source, id: event.id });
      }
    }
    const toKey = row * SIDES + to;
    if (
      (this.negativesPending.size > 0 || this.negativesRaised.size > 0) &&
      this.ledger.balance(row, to) >= 0
    ) {
      this.negativesPending.delete(toKey);
      this.negativesRaised.delete(toKey);
    }
  }

  #reportNegative(key: number, negative: Negative): void {
    const row = Math.floor(key / SIDES);
    const account = key % SIDES;
    const units = this.ledger.balance(row, account);
    const { skuId, nodeId, entity } = this.entityOf(row);
    this.finding({
      findingId: `NEG_INVENTORY/${skuId}/${nodeId}/${accountName(account)}/${negative.id}`,
      code: 'NEG_INVENTORY',
      subtype: accountName(account),
      entity,
      skuId,
      nodeId,
      conditionAtMs: negative.sinceMs,
      units,
      detail: `${accountName(account)} of ${skuId} at ${nodeId} is ${units} units, below zero for ${NEGATIVE_GRACE_MS / 60_000} minutes`,
      evidence: [{ source: negative.source, id: negative.id }],
    });
  }

  #reportIllegal(row: number, from: number, to: number, units: number): void {
    const key = `${row} ${from} ${to}`;
    if (this.illegalSeen.has(key)) return;
    this.illegalSeen.set(key, this.applied.nowMs);
    const { skuId, nodeId, entity } = this.entityOf(row);
    const pair = `${accountName(from)}→${accountName(to)}`;
    this.finding({
      findingId: `ILLEGAL_TRANSITION/${skuId}/${nodeId}/${pair}/${this.applied.event.id}`,
      code: 'ILLEGAL_TRANSITION',
      subtype: pair,
      entity,
      skuId,
      nodeId,
      units,
      detail: `${this.applied.event.type} moved ${units} units of ${skuId} at ${nodeId} ${pair}, which is no legal transition; it was applied`,
    });
  }
}

/** An event this much older than the processor's time is marked late in `stock_movements`. */
const LATE_MS = 10 * 60_000;

/** 53 bits that identify the event, or the document that it is a line of. Never 0. */
export function identityOf(source: string, id: string): number {
  const { hi, lo } = identityHash(source, rootId(id));
  return (hi & 0x1fffff) * 0x1_0000_0000 + lo || 1;
}
