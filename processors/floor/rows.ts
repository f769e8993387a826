/** The row of `floor_events` that an event of the floor stands for. Pure. */
import type { DataOf } from '../../contracts/events.ts';
import type { Applied } from '../processor.ts';
import type { HouseCurrency } from '../facts/money.ts';
import type { Item, Items } from './items.ts';
import { lossOfAdjustment, lossOfStateChange, NO_LOSS, type Loss } from '../facts/losses.ts';
import type { FloorRow } from './tables.ts';
import type { Tolerance } from './tolerance.ts';

/** What a row needs beside its event: item master, policies, the house currency. */
export interface Knowledge {
  readonly items: Items;
  readonly tolerance: Tolerance;
  readonly house: HouseCurrency;
}

/** Null for an event that is no fact of the floor. */
export function rowOf(applied: Applied, known: Knowledge): Partial<FloorRow> | null {
  const fields = fieldsOf(applied, known);
  if (fields === null) return null;
  const { event, timeMs } = applied;
  return { at: timeMs, source: event.source, event_id: event.id, ...fields };
}

function fieldsOf({ event }: Applied, known: Knowledge): Partial<FloorRow> | null {
  switch (event.type) {
    case 'stocktide.pick.started.v1': {
      const { task_id: ref, ...keys } = event.data;
      return { kind: 'pick_started', ref, ...keys };
    }
    case 'stocktide.pick.completed.v1':
      return { ...pickOf(event.data, known), kind: 'pick' };
    case 'stocktide.pick.shorted.v1':
      return { ...pickOf(event.data, known), kind: 'pick', reason: event.data.reason };
    case 'stocktide.scan.failed.v1': {
      const { failure: reason, raw_barcode: ref, ...keys } = event.data;
      return { kind: 'scan_failed', ref, reason, ...keys };
    }
    case 'stocktide.location.error.recorded.v1': {
      const { error_type: reason, task_id: ref, ...keys } = event.data;
      return { kind: 'location_error', ref, reason, ...keys };
    }
    case 'stocktide.inventory.counted.v1':
      return countOf(event.data, known);
    case 'stocktide.inventory.moved.v1': {
      const { from_location, node_id, qty, sku_id, to_location: location_id } = event.data;
      return { kind: 'move', node_id, sku_id, from_location, location_id, qty };
    }
    case 'stocktide.labour.recorded.v1': {
      const { minutes, node_id, process, shift_id, started_at, worker_pseudo_id } = event.data;
      const at = Date.parse(started_at);
      return { kind: 'labour', at, node_id, shift_id, process, worker_pseudo_id, minutes };
    }
    case 'stocktide.inventory.adjusted.v1':
      return adjustmentOf(event.data, known);
    case 'stocktide.inventory.state.changed.v1': {
      const loss = lossOfStateChange(event.data);
      // Most changes of state are steps of orders and returns; the floor answers for losses.
      return loss === NO_LOSS ? null : stateChangeOf(event.data, loss, known);
    }
    default:
      return null;
  }
}

function pickOf(data: DataOf<'pick.completed'>, { items }: Knowledge): Partial<FloorRow> {
  return {
    node_id: data.node_id,
    location_id: data.location_id,
    sku_id: data.sku_id,
    abc_class: items.get(data.sku_id)?.abcClass ?? '',
    shift_id: data.shift_id,
    worker_pseudo_id: data.worker_pseudo_id,
    process: 'picking',
    ref: data.task_id,
    order_id: data.order_id,
    line_id: data.line_id,
    qty_expected: data.qty_requested,
    qty: data.qty_picked,
  };
}

function countOf(data: DataOf<'inventory.counted'>, known: Knowledge): Partial<FloorRow> {
  const { qty_book: book, qty_counted: counted, sku_id: sku } = data;
  const item = known.items.get(sku);
  const allowed = known.tolerance.unitsOf(item?.abcClass, book);
  return {
    kind: 'count',
    node_id: data.node_id,
    location_id: data.location_id,
    sku_id: sku,
    abc_class: item?.abcClass ?? '',
    ref: data.count_id,
    reason: data.count_type,
    qty_expected: book,
    qty: counted,
    within_tolerance: Math.abs(counted - book) <= allowed ? 1 : 0,
    ...costOf(item, known),
  };
}

function adjustmentOf(data: DataOf<'inventory.adjusted'>, known: Knowledge): Partial<FloorRow> {
  const item = known.items.get(data.sku_id);
  return {
    kind: 'adjustment',
    node_id: data.node_id,
    location_id: data.location_id ?? '',
    sku_id: data.sku_id,
    abc_class: item?.abcClass ?? '',
    worker_pseudo_id: data.actor,
    approved_by: data.approved_by ?? '',
    ref: data.adjustment_id,
    reason: data.reason_code,
    raw_code: data.raw_code,
    state: data.state,
    qty: data.qty_delta,
    ...costOf(statedCost(data) ?? item, known),
    ...lossOfAdjustment(data),
  };
}

function stateChangeOf(
  data: DataOf<'inventory.state.changed'>,
  loss: Loss,
  known: Knowledge,
): Partial<FloorRow> {
  const item = known.items.get(data.sku_id);
  return {
    kind: 'state_change',
    node_id: data.node_id,
    sku_id: data.sku_id,
    abc_class: item?.abcClass ?? '',
    order_id: data.order_id ?? '',
    line_id: data.line_id ?? '',
    reason: data.reason,
    state: data.from_state,
    to_state: data.to_state,
    qty: data.qty,
    ...costOf(item, known),
    ...loss,
  };
}

type Cost = Pick<Item, 'unitCost' | 'currency'>;

/** The cost that the adjustment itself states. */
function statedCost(data: DataOf<'inventory.adjusted'>): Cost | undefined {
  return data.unit_cost === undefined
    ? undefined
    : { unitCost: data.unit_cost, currency: data.currency ?? null };
}

function costOf(cost: Cost | undefined, { house }: Knowledge): Partial<FloorRow> {
  if (cost === undefined) return {};
  const { currency, unitCost } = cost;
  const costed = house.counts(currency ?? undefined) ? 1 : 0;
  return { unit_cost: unitCost, currency: currency ?? '', costed };
}
