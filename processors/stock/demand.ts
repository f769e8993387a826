/**
 * Order lines on the ledger: demand, allocation, pick, pack, dispatch.
 *
 *   ordered ─▶ open demand ─▶ allocated ─▶ picked ─▶ packed ─▶ in_transit_out ─▶ delivered
 *
 * Every fact changes counters of its line; `#advance` then posts the movements that bring the balances
 * in line with them (stages.ts), so a line's facts may come in any order. Units that leave without having
 * been allocated come from `available`: applied, marked illegal and reported.
 */
import type { DataOf } from '../../contracts/events.ts';
import { UNSOURCED_NODE } from '../../contracts/states.ts';
import { A, COUNTER } from './accounts.ts';
import type { Books } from './books.ts';
import type { Entry } from './history.ts';
import { OpenDemand, type OpenLine } from './open-demand.ts';
import { newLine, recordKey, Retired, type OrderLine } from './records.ts';
import { isClosed, isDone, orderedOf, shiftsBetween, stageAt, standing } from './stages.ts';
import type { MovementKind } from './transitions.ts';

/** A closed line is remembered this long (event time) for facts that come late. */
export const CLOSED_LINE_MS = 24 * 60 * 60_000;

/** Position of a line whose own event has not come. */
const NOWHERE = -1;

const STAGE_COUNTERS = ['allocated', 'shorted', 'picked', 'packed', 'shipped'] as const;
type StageCounter = (typeof STAGE_COUNTERS)[number];
type Changes = Partial<Record<StageCounter, number>>;
/** States on the way of a line, each named like the counter of the units that reached it. */
const LINE_STATES: readonly string[] = ['allocated', 'picked', 'packed'];

interface Step {
  readonly kind: MovementKind;
  readonly reason: string;
  /** False for what a correction of the event must not find. */
  readonly correctable?: boolean;
}

export class Demand {
  readonly #books: Books;
  readonly #retired: Retired<OrderLine>;
  readonly #open: OpenDemand;

  constructor(books: Books) {
    this.#books = books;
    this.#open = new OpenDemand(books.records.lines);
    this.#retired = new Retired(books.records.lines, CLOSED_LINE_MS);
  }

  /** Lines of a position that are owed units, the first promised first. */
  openAt(row: number): OpenLine[] {
    return this.#open.of(row);
  }

  created(data: DataOf<'order.line.created'>): void {
    if (data.requires_stock === false) return;
    const key = recordKey(data.order_id, data.line_id);
    const line = this.#line(key);
    const row = this.#books.ledger.row(data.sku_id, data.node_id ?? UNSOURCED_NODE);
    if (row !== line.row || data.channel_id !== line.channel) {
      this.#place(key, line, { row, channel: data.channel_id, reason: 'sourced anew' });
    }
    const { timeMs } = this.#books.applied;
    if (timeMs >= line.createdAtMs) {
      const units = data.qty - line.created;
      this.#books.count({ counter: COUNTER.created, row, record: key, units });
      line.created = data.qty;
      line.createdAtMs = timeMs;
      line.shipByMs = Date.parse(data.ship_by);
    }
    this.#settle(key, line, 'ordered');
  }

  changed(data: DataOf<'order.line.changed'>): void {
    const key = recordKey(data.order_id, data.line_id);
    const line = this.#line(key);
    const { timeMs } = this.#books.applied;
    if (timeMs >= line.changedAtMs) {
      const units = data.qty - orderedOf(line);
      this.#books.count({ counter: COUNTER.changed, row: line.row, record: key, units });
      line.changed = data.qty;
      line.changedAtMs = timeMs;
    }
    this.#settle(key, line, data.reason);
  }

  cancelled(data: DataOf<'order.line.cancelled'>): void {
    const key = recordKey(data.order_id, data.line_id);
    const line = this.#line(key);
    line.cancelled += data.qty;
    const { row } = line;
    this.#books.count({ counter: COUNTER.cancelled, row, record: key, units: data.qty });
    this.#settle(key, line, `cancelled by ${data.initiator}: ${data.reason}`);
  }

  allocated(data: DataOf<'order.line.allocated'>): void {
    const step = { kind: 'allocation', reason: 'allocated' } as const;
    this.#advance(keyOf(data), this.#rowOf(data), { allocated: data.qty }, step);
  }

  deallocated(data: DataOf<'order.line.deallocated'>): void {
    const step = { kind: 'allocation', reason: 'deallocated' } as const;
    this.#advance(keyOf(data), this.#rowOf(data), { allocated: -data.qty }, step);
  }

  picked(data: DataOf<'pick.completed'> | DataOf<'pick.shorted'>): void {
    const changes = { picked: data.qty_picked, shorted: 'qty_short' in data ? data.qty_short : 0 };
    const reason = 'qty_short' in data ? data.reason : data.task_id;
    this.#advance(keyOf(data), this.#rowOf(data), changes, { kind: 'pick', reason });
  }

  packed(data: DataOf<'pack.line.completed'>): void {
    // Without its order the line is not known; that it was packed follows from its dispatch.
    if (data.order_id === undefined) return;
    const key = recordKey(data.order_id, data.line_id);
    const row =
      data.sku_id !== undefined && data.node_id !== undefined
        ? this.#books.ledger.row(data.sku_id, data.node_id)
        : this.#books.records.lines.get(key)?.stages.find((stage) => !isDone(stage))?.row;
    if (row !== undefined) {
      this.#advance(key, row, { packed: data.qty }, { kind: 'pack', reason: data.carton_id });
      return;
    }
    const line = this.#line(key);
    line.packedUnplaced += data.qty;
    this.#books.count({ counter: COUNTER.packed, row: -1, record: key, units: data.qty });
    this.#settle(key, line, data.carton_id);
  }

  /** Units leave the node. Returns the key of their order line, '' when the event names none. */
  dispatched(data: DataOf<'shipment.line.dispatched'>): string {
    const row = this.#rowOf(data);
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
  voided(key: string, row: number, units: number, step: Omit<Step, 'correctable'>): void {
    const back = { allocated: -units, picked: -units, packed: -units, shipped: -units };
    // The shipment's fate is what a correction takes back.
    this.#advance(key, row, back, { ...step, correctable: false });
  }

  /**
   * A person or a WMS moved units between states. Of an order line, what it gives up or gets goes
   * through `available`, as when unpicking.
   */
  stateChanged(data: DataOf<'inventory.state.changed'>): void {
    const row = this.#rowOf(data);
    const { qty: units, reason } = data;
    const move = { row, units, kind: 'state_change', reason } as const;
    const from = A[data.from_state];
    const to = A[data.to_state];
    const reached = LINE_STATES.indexOf(data.from_state);
    const reaches = LINE_STATES.indexOf(data.to_state);
    if (data.order_id === undefined || data.line_id === undefined || reached === reaches) {
      this.#books.move({ ...move, from, to });
      return;
    }
    const changes = Object.fromEntries(
      LINE_STATES.flatMap((state, at) => {
        if (at > reached && at <= reaches) return [[state, units]];
        return at > reaches && at <= reached ? [[state, -units]] : [];
      }),
    );
    const key = recordKey(data.order_id, data.line_id);
    // Allocated units that turn out damaged are deallocated first.
    const deallocates = from === A.allocated && to !== A.available;
    const kind = deallocates ? 'allocation' : 'state_change';
    if (reached < 0) this.#books.move({ ...move, from, to: A.available });
    this.#advance(key, row, changes, { kind, reason });
    if (reaches < 0) this.#books.move({ ...move, from: A.available, to });
  }

  /** Takes the change of a counter back (corrections). False when the line is forgotten. */
  revert({ from: counter, record: key, row, timeMs, units }: Entry): boolean {
    const line = this.#books.records.lines.get(key);
    if (line === undefined) return false;
    const name = STAGE_COUNTERS.find((stage) => COUNTER[stage] === counter);
    const at = row < 0 ? line.stages[0]?.row : row;
    if (name !== undefined && at !== undefined) {
      const step = { kind: 'correction', reason: 'corrected' } as const;
      this.#advance(key, at, { [name]: -units }, step);
      return true;
    }
    switch (counter) {
      case COUNTER.created:
        line.created -= units;
        if (line.created > 0) break;
        line.createdAtMs = Number.MIN_SAFE_INTEGER;
        this.#place(key, line, { row: NOWHERE, channel: '', reason: 'corrected' });
        break;
      case COUNTER.changed:
        // A newer change has taken its place.
        if (timeMs < line.changedAtMs) return true;
        line.changed -= units;
        line.changedAtMs = line.createdAtMs;
        break;
      case COUNTER.cancelled:
        line.cancelled -= units;
        break;
      default:
        line.packedUnplaced -= units;
    }
    this.#books.count({ counter, row: line.row, record: key, units: -units });
    this.#settle(key, line, 'corrected');
    return true;
  }

  onTime(nowMs: number): void {
    this.#retired.onTime(nowMs);
  }

  restored(): void {
    this.#retired.restored(isClosed);
    this.#open.restored();
  }

  #line(key: string): OrderLine {
    return this.#books.records.lines.ensure(key, newLine);
  }

  #rowOf(data: { sku_id: string; node_id: string }): number {
    return this.#books.ledger.row(data.sku_id, data.node_id);
  }

  /** Changes counters of a line at a position and posts the movements that follow. */
  #advance(key: string, row: number, changes: Changes, step: Step): void {
    const { correctable = true, kind, reason } = step;
    const identity = correctable ? this.#books.identity : 0;
    const line = this.#line(key);
    const stage = stageAt(line, row);
    const before = standing(stage);
    for (const counter of STAGE_COUNTERS) {
      const units = changes[counter];
      if (units === undefined) continue;
      stage[counter] += units;
      this.#books.count({ counter: COUNTER[counter], row, record: key, units, identity });
    }
    stage.packed += line.packedUnplaced;
    line.packedUnplaced = 0;
    const ref = refOf(key);
    for (const shift of shiftsBetween(before, standing(stage))) {
      this.#books.move({ ...shift, row, kind, record: key, ref, reason });
    }
    this.#settle(key, line, reason);
  }

  /** Takes the demand of a line to another position and channel. */
  #place(key: string, line: OrderLine, to: { row: number; channel: string; reason: string }): void {
    this.#setDemand(key, line, { demand: 0, sold: 0 }, to.reason);
    line.row = to.row;
    line.channel = to.channel;
  }

  /** Brings open demand and the channel's set-aside in line with the counters. */
  #settle(key: string, line: OrderLine, reason: string): void {
    line.touchedMs = this.#books.applied.nowMs;
    if (line.row >= 0) {
      const sold = Math.max(0, orderedOf(line) - line.cancelled);
      let met = 0;
      for (const stage of line.stages) met += standing(stage).committed;
      this.#setDemand(key, line, { demand: Math.max(0, sold - met), sold }, reason);
    }
    this.#retired.note(key, line, isClosed(line));
  }

  #setDemand(
    key: string,
    line: OrderLine,
    { demand, sold }: { demand: number; sold: number },
    reason: string,
  ): void {
    const { row } = line;
    if (row < 0) return;
    const { ledger, policies } = this.#books;
    if (sold !== line.sold) policies.sell(line.channel, ledger.skuOf(row), sold - line.sold);
    line.sold = sold;
    const change = demand - line.demand;
    line.demand = demand;
    if (change !== 0) this.#open.note(key, line);
    this.#books.move({
      row,
      from: change > 0 ? A.unclaimed : A.open_demand,
      to: change > 0 ? A.open_demand : A.unclaimed,
      units: Math.abs(change),
      kind: 'order_line',
      record: key,
      ref: refOf(key),
      reason,
    });
  }
}

const keyOf = (data: { order_id: string; line_id: string }) =>
  recordKey(data.order_id, data.line_id);

/** An order line as people write it. */
const refOf = (key: string) => key.replace(' ', '/');
