/**
 * Order lines that were picked wrong, as customers claim (K25): a return for a wrong or a missing item names
 * an order and no node, so the picks of the order say where it went wrong.
 *
 *   picks of the order ──┐
 *                        ├─▶ project ─▶ one row of kind pick_error for each line that was claimed,
 *   claims of its lines ─┘               dated and placed as the last pick of the line
 *
 * Nearly all orders are never claimed: of their picks only the identities are kept, by which the written row is
 * found. A claimed order keeps the rows of its picks, so that they outlast the others. Claims may come before
 * picks; a claim of an order that was not picked here concerns another node.
 */
import type { DataOf } from '../../contracts/events.ts';
import { mapParts, restoreMap } from '../facts/parts.ts';
import { emitDifference, insertFact, type Fact, type FactRow } from '../facts/signed.ts';
import type { Applied, Cell, Outputs, SnapshotPart } from '../processor.ts';
import { cellOf, floorCells } from './tables.ts';
import type { WrittenRows } from './written.ts';

/** A claimed order is kept for so long after its last pick or claim (event time). */
const KEPT_MS = 45 * 24 * 60 * 60_000;
/** Claimed orders that are kept; beyond it the one that is untouched for the longest is forgotten. */
const MAX_CLAIMED = 50_000;

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

interface Claim extends Fact {
  /** Empty when the claim names the SKU alone. */
  readonly line: string;
  readonly sku: string;
  readonly reason: string;
  readonly rma: string;
}

interface WrittenPick {
  readonly identity: number;
  /** Its row of `floor_events`. */
  readonly cells: readonly Cell[];
}

/** Replaced, never changed. */
interface Claimed {
  readonly touchedMs: number;
  readonly claims: readonly Claim[];
  /** In the order of the log. */
  readonly picks: readonly WrittenPick[];
}

const NOTHING: Omit<Claimed, 'touchedMs'> = { claims: [], picks: [] };

export class PickErrors {
  readonly #written: WrittenRows;
  /** Identities of the written picks of each order. */
  readonly #picksOf = new Map<string, number[]>();
  /** The one that is untouched for the longest first. */
  readonly #claimed = new Map<string, Claimed>();
  /** Order of each claim, for corrections. */
  readonly #orderOfClaim = new Map<number, string>();

  constructor(written: WrittenRows) {
    this.#written = written;
  }

  /** A pick whose row was written. */
  picked(pick: WrittenPick, applied: Applied, out: Outputs): void {
    const order = this.#remember(pick);
    const claimed = order === null ? undefined : this.#claimed.get(order);
    if (order === null || claimed === undefined) return;
    this.#replace(order, { ...claimed, picks: [...claimed.picks, pick] }, applied, out);
  }

  claimed(data: DataOf<'return.line.authorized'>, applied: Applied, out: Outputs): void {
    const reason = data.reason.toLowerCase().replace(/[^a-z]+/g, '_');
    if (!ERROR_REASONS.has(reason)) return;
    const { order_id: order, sku_id: sku } = data;
    const { identity, seq, timeMs } = applied;
    const known = this.#claimed.get(order) ?? { claims: [], picks: this.writtenPicks(order) };
    const claims = [...known.claims];
    insertFact(claims, {
      ...{ timeMs, seq, identity, sku, reason },
      line: data.line_id ?? '',
      rma: data.rma_id,
    });
    this.#orderOfClaim.set(identity, order);
    this.#replace(order, { ...known, claims }, applied, out);
    if (this.#claimed.size <= MAX_CLAIMED) return;
    const [oldest] = this.#claimed.keys();
    if (oldest !== undefined) this.#forget(oldest);
  }

  /** Drops the pick of a corrected event. */
  dropPick({ cells, identity }: WrittenPick, applied: Applied, out: Outputs): void {
    this.unwritten(identity, cells);
    const order = String(cellOf(cells, 'order_id'));
    const claimed = this.#claimed.get(order);
    if (claimed === undefined) return;
    const picks = claimed.picks.filter((pick) => pick.identity !== identity);
    this.#replace(order, { ...claimed, picks }, applied, out);
  }

  /** Drops a claim if the corrected event was one. */
  dropClaim(identity: number, applied: Applied, out: Outputs): void {
    const order = this.#orderOfClaim.get(identity);
    const claimed = order === undefined ? undefined : this.#claimed.get(order);
    if (order === undefined || claimed === undefined) return;
    this.#orderOfClaim.delete(identity);
    const claims = claimed.claims.filter((claim) => claim.identity !== identity);
    this.#replace(order, { ...claimed, claims }, applied, out);
  }

  /** A written row is kept no longer. */
  unwritten(identity: number, cells: readonly Cell[]): void {
    if (cellOf(cells, 'kind') !== 'pick') return;
    const order = String(cellOf(cells, 'order_id'));
    const left = this.#picksOf.get(order)?.filter((one) => one !== identity) ?? [];
    if (left.length === 0) this.#picksOf.delete(order);
    else this.#picksOf.set(order, left);
  }

  onTime(nowMs: number): void {
    for (const [order, { touchedMs }] of this.#claimed) {
      if (nowMs - touchedMs < KEPT_MS) return;
      this.#forget(order);
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('claimed', this.#claimed);
  }

  restore({ bytes }: SnapshotPart): void {
    restoreMap(this.#claimed, bytes);
  }

  /** Once all parts are back: what follows from them. */
  restored(): void {
    for (const [identity, cells] of this.#written.all()) this.#remember({ identity, cells });
    for (const [order, { claims }] of this.#claimed) {
      for (const { identity } of claims) this.#orderOfClaim.set(identity, order);
    }
  }

  /** The order of a pick that has something picked. */
  #remember({ cells, identity }: WrittenPick): string | null {
    if (cellOf(cells, 'kind') !== 'pick' || cellOf(cells, 'qty') === 0) return null;
    const order = String(cellOf(cells, 'order_id'));
    const known = this.#picksOf.get(order);
    if (known === undefined) this.#picksOf.set(order, [identity]);
    else known.push(identity);
    return order;
  }

  /** Written picks of an order in the order of the log; those that picked something. */
  writtenPicks(order: string): WrittenPick[] {
    return (this.#picksOf.get(order) ?? []).flatMap((identity) => {
      const cells = this.#written.get(identity);
      return cells === undefined ? [] : [{ identity, cells }];
    });
  }

  #replace(order: string, next: Omit<Claimed, 'touchedMs'>, applied: Applied, out: Outputs): void {
    const before = errorRows(this.#claimed.get(order) ?? NOTHING);
    this.#claimed.delete(order);
    this.#claimed.set(order, { ...next, touchedMs: applied.nowMs });
    emitDifference(before, errorRows(next), applied, out);
  }

  #forget(order: string): void {
    for (const { identity } of this.#claimed.get(order)?.claims ?? []) {
      this.#orderOfClaim.delete(identity);
    }
    this.#claimed.delete(order);
  }
}

/** One row for each line that was claimed, however often. */
function errorRows({ claims, picks }: Omit<Claimed, 'touchedMs'>): FactRow[] {
  const byTime = picks.toSorted((a, b) => timeOf(a) - timeOf(b));
  const rows = new Map<string, FactRow>();
  for (const { line, reason, rma, sku } of claims) {
    const blamed = byTime.findLast(({ cells }) =>
      line === '' ? cellOf(cells, 'sku_id') === sku : cellOf(cells, 'line_id') === line,
    );
    if (blamed === undefined) continue;
    const key = String(cellOf(blamed.cells, 'line_id'));
    if (!rows.has(key)) rows.set(key, errorRow(key, blamed, { reason, rma }));
  }
  return [...rows.values()];
}

const timeOf = ({ cells }: WrittenPick) => Number(cellOf(cells, 'at'));

function errorRow(
  key: string,
  { cells }: WrittenPick,
  { reason, rma }: Pick<Claim, 'reason' | 'rma'>,
): FactRow {
  const text = (column: Parameters<typeof cellOf>[1]) => String(cellOf(cells, column));
  return {
    table: 'floor_events',
    key,
    cells: floorCells({
      kind: 'pick_error',
      at: Number(cellOf(cells, 'at')),
      node_id: text('node_id'),
      location_id: text('location_id'),
      sku_id: text('sku_id'),
      abc_class: text('abc_class'),
      shift_id: text('shift_id'),
      worker_pseudo_id: text('worker_pseudo_id'),
      order_id: text('order_id'),
      line_id: text('line_id'),
      ref: rma,
      reason,
      qty: 1,
    }),
  };
}
