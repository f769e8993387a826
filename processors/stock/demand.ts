/**
 * Order lines on the ledger: demand, allocation, pick, pack, dispatch.
 *
 *   ordered ─▶ open demand ─▶ allocated ─▶ picked ─▶ packed ─▶ in_transit_out ─▶ delivered
 *
 * Every fact changes counters of its line; `#settle` then posts the movements that bring the balances in
 * line with them (stages.ts), so a line's facts may come in any order. Units that leave without having
 * been allocated come from `available`: applied, marked illegal and reported.
 */
import type { DataOf } from '../../contracts/events.ts';
import { UNSOURCED_NODE } from '../../contracts/states.ts';
import { A } from './accounts.ts';
import { COUNTER, type Books } from './books.ts';
import { newLine, recordKey, Retired, type LineStage, type OrderLine } from './records.ts';
import { isDone, movesBetween, standing, type Standing } from './stages.ts';
import type { MovementKind } from './transitions.ts';

/** A closed line is remembered this long (event time) for facts that come late. */
export const CLOSED_LINE_MS = 24 * 60 * 60_000;

type StageCounter = 'allocated' | 'shorted' | 'picked' | 'packed' | 'shipped';
type Changes = Partial<Record<StageCounter, number>>;

interface Step {
  readonly kind: MovementKind;
  readonly reason: string;
  /** Where given-up units go: `available` unless said otherwise. */
  readonly pool?: number;
}

export class Demand {
  readonly #books: Books;
  readonly #retired: Retired<OrderLine>;

  constructor(books: Books) {
    this.#books = books;
    this.#retired = new Retired(books.records.lines, CLOSED_LINE_MS);
  }

  created(data: DataOf<'order.line.created'>): void {
    if (data.requires_stock === false) return;
    const { ledger, policies } = this.#books;
    const key = recordKey(data.order_id, data.line_id);
    const line = this.#line(key);
    line.row = ledger.row(data.sku_id, data.node_id ?? UNSOURCED_NODE);
    line.channel = data.channel_id;
    policies.sell(line.channel, data.sku_id, data.qty);
    this.#order(key, line, data.qty);
    this.#settleDemand(key, line, 'ordered');
  }

  changed(data: DataOf<'order.line.changed'>): void {
    const key = recordKey(data.order_id, data.line_id);
    const line = this.#line(key);
    this.#order(key, line, data.qty);
    this.#settleDemand(key, line, data.reason);
  }

  cancelled(data: DataOf<'order.line.cancelled'>): void {
    const key = recordKey(data.order_id, data.line_id);
    const line = this.#line(key);
    line.cancelled += data.qty;
    this.#books.count(COUNTER.cancelled, line.row, key, data.qty);
    this.#settleDemand(key, line, `cancelled by ${data.initiator}: ${data.reason}`);
  }

  allocated(data: DataOf<'order.line.allocated'>): void {
    const row = this.#books.ledger.row(data.sku_id, data.node_id);
    const step = { kind: 'allocation', reason: 'allocated' } as const;
    this.#advance(keyOf(data), row, { allocated: data.qty }, step);
  }

  deallocated(data: DataOf<'order.line.deallocated'>): void {
    const row = this.#books.ledger.row(data.sku_id, data.node_id);
    const step = { kind: 'allocation', reason: 'deallocated' } as const;
    this.#advance(keyOf(data), row, { allocated: -data.qty }, step);
  }

  picked(data: DataOf<'pick.completed'> | DataOf<'pick.shorted'>): void {
    const row = this.#books.ledger.row(data.sku_id, data.node_id);
    const key = keyOf(data);
    this.#advance(key, row, { picked: data.qty_picked }, { kind: 'pick', reason: data.task_id });
    if (!('qty_short' in data)) return;
    // The missing units are held until a count says where they are; the line is owed them again.
    const step = { kind: 'pick', reason: data.reason, pool: A.on_hold } as const;
    const given = this.#advance(key, row, { shorted: data.qty_short }, step);
    this.#books.move({
      row,
      from: A.available,
      to: A.on_hold,
      units: data.qty_short - given,
      kind: 'pick',
      ref: refOf(key),
      reason: data.reason,
    });
  }

  packed(data: DataOf<'pack.line.completed'>): void {
    const key = recordKey(data.order_id ?? '', data.line_id);
    const line = this.#books.records.lines.get(key);
    const row =
      data.sku_id !== undefined && data.node_id !== undefined
        ? this.#books.ledger.row(data.sku_id, data.node_id)
        : line?.stages.find((stage) => !isDone(stage))?.row;
    // A line that neither the event nor the ledger can place belongs to another slice, or to nobody.
    if (row === undefined) return;
    this.#advance(key, row, { packed: data.qty }, { kind: 'pack', reason: data.carton_id });
  }

  /** Units of an order line leave the node. Returns the key of the line, '' when it names none. */
  dispatched(data: DataOf<'shipment.line.dispatched'>): string {
    const row = this.#books.ledger.row(data.sku_id, data.node_id);
    if (data.order_id === undefined || data.line_id === undefined) {
      this.#books.move({
        row,
        from: A.available,
        to: A.in_transit_out,
        units: data.qty,
        kind: 'dispatch',
        ref: data.shipment_id,
        reason: 'no order line',
      });
      return '';
    }
    const key = recordKey(data.order_id, data.line_id);
    const step = { kind: 'dispatch', reason: data.shipment_id } as const;
    this.#advance(key, row, { shipped: data.qty }, step);
    return key;
  }

  /** A dispatch was undone: the units are available again and the line is owed them. */
  voided(key: string, row: number, units: number, reason: string): void {
    const back = { allocated: -units, picked: -units, packed: -units, shipped: -units };
    this.#advance(key, row, back, { kind: 'void', reason });
  }

  /** A person or a WMS moved units between states; with an order line, as when unpicking. */
  stateChanged(data: DataOf<'inventory.state.changed'>): void {
    const row = this.#books.ledger.row(data.sku_id, data.node_id);
    const units = data.qty;
    const pool = A[data.to_state];
    const back = { allocated: -units, picked: -units, packed: -units };
    if (data.order_id !== undefined && data.line_id !== undefined) {
      const key = recordKey(data.order_id, data.line_id);
      const step = { kind: 'state_change', reason: data.reason, pool } as const;
      if (data.from_state === 'packed') return void this.#advance(key, row, back, step);
      if (data.from_state === 'picked') {
        return void this.#advance(key, row, { ...back, packed: 0 }, step);
      }
    }
    this.#books.move({
      row,
      from: A[data.from_state],
      to: pool,
      units,
      kind: 'state_change',
      reason: data.reason,
    });
  }

  /** Takes the change of a counter back (corrections). */
  revert(counter: number, key: string, row: number, units: number): void {
    const line = this.#books.records.lines.get(key);
    if (line === undefined) return;
    if (counter === COUNTER.ordered) line.ordered -= units;
    else if (counter === COUNTER.cancelled) line.cancelled -= units;
    else {
      const name = STAGE_COUNTERS.find((stage) => COUNTER[stage] === counter);
      if (name === undefined) return;
      this.#advance(key, row, { [name]: -units }, { kind: 'correction', reason: 'corrected' });
      return;
    }
    this.#books.count(counter, row, key, -units);
    this.#settleDemand(key, line, 'corrected');
  }

  onTime(nowMs: number): void {
    this.#retired.onTime(nowMs);
  }

  restored(): void {
    this.#retired.restored(isClosed);
  }

  #line(key: string): OrderLine {
    return this.#books.records.lines.ensure(key, newLine);
  }

  /** What was ordered: of two facts about it, the later one (event time) holds. */
  #order(key: string, line: OrderLine, units: number): void {
    if (this.#books.applied.timeMs < line.orderedAtMs) return;
    line.orderedAtMs = this.#books.applied.timeMs;
    const change = units - line.ordered;
    line.ordered = units;
    this.#books.count(COUNTER.ordered, line.row, key, change);
  }

  /**
   * Changes counters of a line at a position and posts the movements that follow. Returns the units
   * that went back to the pool.
   */
  #advance(key: string, row: number, changes: Changes, step: Step): number {
    const line = this.#line(key);
    const stage = stageAt(line, row);
    const before = standing(stage);
    for (const counter of STAGE_COUNTERS) {
      const change = changes[counter] ?? 0;
      stage[counter] += change;
      this.#books.count(COUNTER[counter], row, key, change);
    }
    const given = this.#post(key, row, before, standing(stage), step);
    this.#settleDemand(key, line, step.reason);
    return given;
  }

  #post(key: string, row: number, before: Standing, after: Standing, step: Step): number {
    const pool = after.committed > before.committed ? A.available : (step.pool ?? A.available);
    let given = 0;
    for (const move of movesBetween(before, after, pool)) {
      if (move.to === pool) given += move.units;
      this.#books.move({
        ...move,
        row,
        kind: step.kind,
        record: key,
        ref: refOf(key),
        reason: step.reason,
      });
    }
    return given;
  }

  /** Brings the open demand account in line with the counters. */
  #settleDemand(key: string, line: OrderLine, reason: string): void {
    line.touchedMs = this.#books.applied.nowMs;
    if (line.row >= 0) {
      const met = line.stages.reduce((sum, stage) => sum + standing(stage).committed, 0);
      const demand = Math.max(0, line.ordered - line.cancelled - met);
      const delta = demand - line.demand;
      line.demand = demand;
      this.#books.move({
        row: line.row,
        from: delta > 0 ? A.unclaimed : A.open_demand,
        to: delta > 0 ? A.open_demand : A.unclaimed,
        units: Math.abs(delta),
        kind: 'order_line',
        record: key,
        ref: refOf(key),
        reason,
      });
    }
    this.#retired.note(key, line, isClosed(line));
  }
}

const STAGE_COUNTERS = ['allocated', 'shorted', 'picked', 'packed', 'shipped'] as const;

const keyOf = (data: { order_id: string; line_id: string }) =>
  recordKey(data.order_id, data.line_id);

/** An order line as people write it. */
const refOf = (key: string) => key.replace(' ', '/');

/** Nothing is left to happen to the line, so far as is known. */
function isClosed(line: OrderLine): boolean {
  return line.demand === 0 && line.stages.every(isDone);
}

function stageAt(line: OrderLine, row: number): LineStage {
  let stage = line.stages.find((at) => at.row === row);
  if (stage === undefined) {
    stage = { row, allocated: 0, shorted: 0, picked: 0, packed: 0, shipped: 0 };
    line.stages.push(stage);
  }
  return stage;
}
