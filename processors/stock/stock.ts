/**
 * The stock processor: live positions per SKU and node over real stock states, and what may be sold.
 *
 * Key: SKU. In: every event that names a SKU, and those that concern all (time, policies, shipments by
 * number, snapshots). Out: `stock_movements` and `stock_reconciliations`, findings, and which SKUs
 * changed. Pure: the same log gives the same state and the same rows (law 2).
 */
import { partitionOf } from '../../contracts/subjects.ts';
import type { Applied, Outputs, Processor, SnapshotPart } from '../processor.ts';
import { A } from './accounts.ts';
import { Books } from './books.ts';
import { Corrections } from './corrections.ts';
import { Demand } from './demand.ts';
import { joined, jsonParts, parseJson } from '../facts/parts.ts';
import { Published } from './published.ts';
import { Reservations } from './reservations.ts';
import { Shipments } from './shipments.ts';
import { Snapshots } from './snapshots.ts';
import { Supply } from './supply.ts';
import { adjustmentCounterpart } from './transitions.ts';

const STATE_VERSION = 5;

export interface StockOptions {
  /** Movements that are remembered for counts, late events and corrections (RECENT_MOVEMENTS). */
  readonly historyCapacity: number;
  /** Partitions of the SKU that this slice owns; all of them when absent. */
  readonly partitions?: ReadonlySet<number>;
}

/** The stock processor with what answers are made from. */
export interface Stock extends Processor {
  readonly books: Books;
  readonly supply: Supply;
  readonly published: Published;
  readonly demand: Demand;
}

/** A piece of the state; its parts are named `<section>` or `<section>.<piece>`. */
interface Section {
  snapshot(): Iterable<SnapshotPart>;
  restore(part: SnapshotPart): void;
}

export function createStock(options: StockOptions): Stock {
  const books = new Books(options);
  const demand = new Demand(books);
  const supply = new Supply(books);
  const reservations = new Reservations(books);
  const shipments = new Shipments(books, demand);
  const published = new Published();
  const snapshots = new Snapshots(books);
  const parts = { demand, supply, reservations, shipments };
  const corrections = new Corrections(books, parts, options.partitions === undefined);
  const timed = [demand, supply, reservations, shipments, corrections, snapshots, books];
  let nowMs = 0;

  const owns = (sku: string) =>
    options.partitions === undefined || options.partitions.has(partitionOf(sku));

  function apply(applied: Applied, out: Outputs): void {
    books.begin(applied, out);
    reservations.expire(applied.nowMs);
    // Housekeeping once a second of event time.
    if (Math.floor(applied.nowMs / 1_000) > Math.floor(nowMs / 1_000)) {
      for (const part of timed) part.onTime(applied.nowMs);
    }
    nowMs = applied.nowMs;
    if (!corrections.voids(applied)) applyEvent(applied);
  }

  function applyEvent({ event, timeMs }: Applied): void {
    switch (event.type) {
      case 'stocktide.order.line.created.v1': {
        const { reservation_id: reservation, order_id: order } = event.data;
        if (reservation !== undefined) reservations.end(reservation, `became order ${order}`);
        return demand.created(event.data);
      }
      case 'stocktide.order.line.changed.v1':
        return demand.changed(event.data);
      case 'stocktide.order.line.cancelled.v1':
        return demand.cancelled(event.data);
      case 'stocktide.order.line.allocated.v1':
        return demand.allocated(event.data);
      case 'stocktide.order.line.deallocated.v1':
        return demand.deallocated(event.data);
      case 'stocktide.pick.completed.v1':
      case 'stocktide.pick.shorted.v1':
        return demand.picked(event.data);
      case 'stocktide.pack.line.completed.v1':
        return demand.packed(event.data);
      case 'stocktide.inventory.state.changed.v1':
        return demand.stateChanged(event.data);
      case 'stocktide.shipment.line.dispatched.v1':
        return shipments.dispatched(event.data);
      case 'stocktide.shipment.delivered.v1':
        return shipments.delivered(event.data);
      case 'stocktide.shipment.voided.v1':
        return shipments.voided(event.data);
      case 'stocktide.return.received.v1':
        return shipments.returned(event.data);
      case 'stocktide.return.dispositioned.v1': {
        const { node_id: node, qty: units, rma_id: ref, sku_id: sku, to_state: to } = event.data;
        return books.move({
          row: books.ledger.row(sku, node),
          from: A.return_pending,
          to: A[to],
          units,
          kind: 'disposition',
          ref: ref ?? '',
          reason: event.data.disposition,
        });
      }
      case 'stocktide.reservation.created.v1':
        return reservations.created(event.data);
      case 'stocktide.reservation.released.v1':
        return reservations.end(event.data.reservation_id, 'released');
      case 'stocktide.reservation.expired.v1':
        return reservations.end(event.data.reservation_id, 'expired at its source');
      case 'stocktide.channel.availability.published.v1':
        return publish(event.data);
      case 'stocktide.inventory.adjusted.v1': {
        const { data } = event;
        const counterpart = adjustmentCounterpart(data.reason_code, data.raw_code);
        const account = A[data.state];
        const row = books.ledger.row(data.sku_id, data.node_id);
        const other = counterpart === account ? A.outside : counterpart;
        return adjust(row, account, other, data);
      }
      case 'stocktide.inventory.snapshot.recorded.v1':
        return snapshots.record(event.data, owns(event.data.sku_id));
      case 'stocktide.inventory.snapshot.completed.v1':
        return snapshots.complete(event.data);
      case 'stocktide.purchaseorder.line.issued.v1':
        return supply.issued(event.data);
      case 'stocktide.purchaseorder.line.changed.v1':
        return supply.changed(event.data);
      case 'stocktide.purchaseorder.line.acknowledged.v1':
        return supply.acknowledged(event.data);
      case 'stocktide.asn.line.received.v1':
        return supply.announced(event.data);
      case 'stocktide.inbound.eta.changed.v1':
        return supply.etaChanged(event.data);
      case 'stocktide.receipt.line.received.v1':
        return supply.received(event.data);
      case 'stocktide.receipt.closed.v1':
        return supply.receiptClosed(event.data);
      case 'stocktide.putaway.completed.v1': {
        const { node_id: node, qty: units, receipt_id: ref, sku_id: sku } = event.data;
        const row = books.ledger.row(sku, node);
        const move = { row, from: A.pending_putaway, to: A.available, units } as const;
        const reason = event.data.location_id;
        if (ref !== undefined) books.profiles.putAway(ref, sku, timeMs);
        return books.move({ ...move, kind: 'putaway', ref: ref ?? '', reason });
      }
      case 'stocktide.quality.inspected.v1': {
        const { data } = event;
        const row = books.ledger.row(data.sku_id, data.node_id);
        const move = { row, from: A.pending_inspection, ref: data.receipt_id ?? '' } as const;
        const step = { ...move, kind: 'inspection', reason: data.defect_code } as const;
        books.move({ ...step, to: A.available, units: data.qty_pass });
        return books.move({ ...step, to: A[data.fail_state ?? 'on_hold'], units: data.qty_fail });
      }
      case 'stocktide.policy.set.v1':
        books.policies.set(event.data, timeMs);
        books.rules.set(event.data, books.applied);
        return;
      case 'stocktide.event.corrected.v1':
        return corrections.correct(event.data);
      default:
        // Every other type of the catalogue leaves stock as it is.
        return;
    }
  }

  function publish(data: Parameters<Published['set']>[0]): void {
    published.set(data, books.applied.event);
    books.out.changed(data.sku_id);
  }

  /**
   * Changes the book quantity of a state. What is found comes from `lost` only as far as something is
   * lost there; the rest enters from outside.
   */
  function adjust(
    row: number,
    account: number,
    other: number,
    data: { qty_delta: number; adjustment_id: string; reason_code: string; note?: string },
  ): void {
    const step = { row, kind: 'adjustment', ref: data.adjustment_id } as const;
    const reason = data.note ? `${data.reason_code}: ${data.note}` : data.reason_code;
    if (data.qty_delta < 0) {
      books.move({ ...step, from: account, to: other, units: -data.qty_delta, reason });
      return;
    }
    const found =
      other === A.outside
        ? 0
        : Math.min(data.qty_delta, Math.max(0, books.ledger.balance(row, other)));
    books.move({ ...step, from: other, to: account, units: found, reason });
    books.move({ ...step, from: A.outside, to: account, units: data.qty_delta - found, reason });
  }

  /** The head is read back first: it numbers the sources. */
  const head = {
    snapshot: () => jsonParts('head', [{ nowMs, sources: [...books.sources] }]),
    restore: ({ bytes }: SnapshotPart) => {
      const [saved] = parseJson<{ nowMs: number; sources: string[] }>(bytes);
      nowMs = saved?.nowMs ?? 0;
      for (const source of saved?.sources ?? []) books.sourceNumber(source);
    },
  };
  const { counts, history, ledger, policies, profiles, rules, watch } = books;
  const sections = new Map<string, Section>([
    ...Object.entries({ head, ledger, history, policies, rules, watch, counts, snapshots }),
    ...Object.entries({ profiles, published, corrections }),
    ...Object.values(books.records).map((record): [string, Section] => [record.name, record]),
  ]);

  function restore(saved: Iterable<SnapshotPart>): void {
    for (const part of saved) {
      const [name = ''] = part.name.split('.');
      const section = sections.get(name);
      if (section === undefined) throw new Error(`the stock processor has no part ${part.name}`);
      section.restore(part);
    }
    history.restored();
    for (const part of [demand, supply, reservations, shipments]) part.restored();
  }

  return {
    name: 'stock',
    stateVersion: `${STATE_VERSION}/${options.historyCapacity}`,
    books,
    supply,
    published,
    demand,
    apply,
    size: () => books.ledger.positions,
    // The copies are taken here; the parts are made of them as they are read.
    snapshot: () => joined([...sections.values()].map((section) => section.snapshot())),
    restore,
  };
}
