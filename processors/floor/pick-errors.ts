/**
 * Order lines that were picked wrong, as customers claim (K25): a return for a wrong or a missing item names
 * an order and no node, so the picks of the order say where it went wrong.
 *
 *   picks of the order ──┐
 *                        ├─▶ project ─▶ one row of kind pick_error for each line that was claimed,
 *   claims of its lines ─┘               dated and placed as the last pick of the line
 *
 * Claims may come before picks. A claim of an order that was not picked here concerns another node.
 */
import type { DataOf } from '../../contracts/events.ts';
import { mapParts, restoreMap } from '../facts/parts.ts';
import { emitDifference, insertFact, type Fact, type FactRow } from '../facts/signed.ts';
import type { Applied, Outputs, SnapshotPart } from '../processor.ts';
import { floorCells } from './tables.ts';

/** An order is kept for so long after its last pick or claim (event time): claims end before. */
const KEPT_MS = 45 * 24 * 60 * 60_000;
/** Orders that are kept; beyond it the one that is untouched for the longest is forgotten. */
const MAX_ORDERS = 150_000;

/** Reasons of a return that blame the pick. */
const ERROR_REASONS: ReadonlySet<string> = new Set([
  'wrong_item',
  'wrong_item_received',
  'wrong_item_sent',
  'wrong_product',
  'wrong_quantity',
  'wrong_sku',
  'missing_item',
  'missing_items',
  'item_missing',
  'short_shipped',
  'mispick',
]);

interface Pick extends Fact {
  readonly kind: 'pick';
  readonly line: string;
  readonly sku: string;
  readonly node: string;
  readonly location: string;
  readonly shift: string;
  readonly worker: string;
}

interface Claim extends Fact {
  readonly kind: 'claim';
  /** Empty when the claim names the SKU alone. */
  readonly line: string;
  readonly sku: string;
  readonly reason: string;
  readonly rma: string;
}

type PickFact = Pick | Claim;

/** Replaced, never changed. */
interface Order {
  readonly touchedMs: number;
  readonly facts: readonly PickFact[];
}

export class PickErrors {
  /** The one that is untouched for the longest first. */
  readonly #orders = new Map<string, Order>();
  /** Order of each claim, for corrections. */
  readonly #orderOfClaim = new Map<number, string>();

  get size(): number {
    return this.#orders.size;
  }

  picked(data: DataOf<'pick.completed'>, applied: Applied, out: Outputs): void {
    if (data.qty_picked === 0) return;
    const { identity, seq, timeMs } = applied;
    this.#add(data.order_id, applied, out, {
      ...{ kind: 'pick', timeMs, seq, identity },
      line: data.line_id,
      sku: data.sku_id,
      node: data.node_id,
      location: data.location_id,
      shift: data.shift_id,
      worker: data.worker_pseudo_id,
    });
  }

  claimed(data: DataOf<'return.line.authorized'>, applied: Applied, out: Outputs): void {
    const reason = data.reason.toLowerCase().replace(/[^a-z]+/g, '_');
    if (!ERROR_REASONS.has(reason)) return;
    const { identity, seq, timeMs } = applied;
    this.#orderOfClaim.set(identity, data.order_id);
    this.#add(data.order_id, applied, out, {
      ...{ kind: 'claim', timeMs, seq, identity, reason },
      line: data.line_id ?? '',
      sku: data.sku_id,
      rma: data.rma_id,
    });
  }

  /** Drops the pick of a corrected event, whose order is known. */
  dropPick(order: string, identity: number, applied: Applied, out: Outputs): void {
    const facts = this.#orders.get(order)?.facts ?? [];
    const left = facts.filter((fact) => fact.identity !== identity);
    if (left.length < facts.length) this.#replace(order, left, applied, out);
  }

  /** Drops a claim if the corrected event was one. */
  dropClaim(identity: number, applied: Applied, out: Outputs): void {
    const order = this.#orderOfClaim.get(identity);
    if (order === undefined) return;
    this.#orderOfClaim.delete(identity);
    this.dropPick(order, identity, applied, out);
  }

  onTime(nowMs: number): void {
    for (const [id, { touchedMs }] of this.#orders) {
      if (nowMs - touchedMs < KEPT_MS) return;
      this.#forget(id);
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('orders', this.#orders);
  }

  restore({ bytes }: SnapshotPart): void {
    restoreMap(this.#orders, bytes);
    for (const [id, { facts }] of this.#orders) {
      for (const { identity, kind } of facts) {
        if (kind === 'claim') this.#orderOfClaim.set(identity, id);
      }
    }
  }

  #add(order: string, applied: Applied, out: Outputs, fact: PickFact): void {
    const facts = [...(this.#orders.get(order)?.facts ?? [])];
    insertFact(facts, fact);
    this.#replace(order, facts, applied, out);
    if (this.#orders.size <= MAX_ORDERS) return;
    const [oldest] = this.#orders.keys();
    if (oldest !== undefined) this.#forget(oldest);
  }

  #replace(id: string, facts: readonly PickFact[], applied: Applied, out: Outputs): void {
    const before = errorRows(id, this.#orders.get(id)?.facts ?? []);
    this.#orders.delete(id);
    this.#orders.set(id, { touchedMs: applied.nowMs, facts });
    emitDifference(before, errorRows(id, facts), applied, out);
  }

  #forget(id: string): void {
    for (const { identity, kind } of this.#orders.get(id)?.facts ?? []) {
      if (kind === 'claim') this.#orderOfClaim.delete(identity);
    }
    this.#orders.delete(id);
  }
}

/** One row for each line that was claimed, however often. */
function errorRows(order: string, facts: readonly PickFact[]): FactRow[] {
  const claims = facts.filter((fact) => fact.kind === 'claim');
  if (claims.length === 0) return [];
  const picks = facts.filter((fact) => fact.kind === 'pick');
  const rows = new Map<string, FactRow>();
  for (const { line, reason, rma, sku } of claims) {
    const blamed = picks.findLast((pick) => (line === '' ? pick.sku === sku : pick.line === line));
    if (blamed === undefined || rows.has(blamed.line)) continue;
    rows.set(blamed.line, {
      table: 'floor_events',
      key: blamed.line,
      cells: floorCells({
        kind: 'pick_error',
        at: blamed.timeMs,
        node_id: blamed.node,
        location_id: blamed.location,
        sku_id: blamed.sku,
        shift_id: blamed.shift,
        worker_pseudo_id: blamed.worker,
        ref: rma,
        order_id: order,
        line_id: blamed.line,
        reason,
        qty: 1,
      }),
    });
  }
  return [...rows.values()];
}
