/**
 * The orders processor: the life of each order and of its lines from acceptance to delivery, its stage clock,
 * and what came of it.
 *
 * Key: order. In: events of orders, picks, packs, shipments and returns; carriers name only a shipment, so
 * what they say finds its orders by way of the dispatch. Out: `order_stages`, `orders`, `order_lines`,
 * `shipments` and `shipment_lines`, signed; findings of orders at risk, late, released against a check, or
 * out of turn. Pure: the same log gives the same state and rows.
 */
import type { DataOf, LogEvent } from '../../contracts/events.ts';
import { Corrected } from '../facts/corrected.ts';
import { HouseCurrency } from '../facts/money.ts';
import { joined, jsonParts, parseJson } from '../facts/parts.ts';
import { RulePolicies } from '../facts/rule-policies.ts';
import type { Fact } from '../facts/signed.ts';
import type { Applied, Outputs, Processor, SnapshotPart } from '../processor.ts';
import { Book } from './book.ts';
import type { ClaimFault, CreatedFact, ShipmentFact, Stage } from './facts.ts';
import { Policies } from './policies.ts';
import { CLOSED } from './timeline.ts';

const STATE_VERSION = '5';

export interface OrdersOptions {
  /** Partitions of the order that this slice owns; all of them when absent. */
  readonly partitions?: ReadonlySet<number>;
}

export interface Orders extends Processor {
  /** Orders by the stage that they are in at an instant (ms since 1970); now when absent. */
  byStage(atMs?: number): Partial<Record<Stage, number>>;
  /** Those of them that are not closed. */
  openByStage(atMs?: number): Partial<Record<Stage, number>>;
}

/** Holds that the customer has to see to: meanwhile the clock of the promise stands still. */
const CUSTOMER_HOLDS: ReadonlySet<string> = new Set(['customer', 'address', 'payment']);
/** Reasons of a cancellation that say there was no stock, such as "out of stock" or "oversold". */
const FOR_STOCK = /stock|inventory|oversold|oversell|unavailable/i;
const DOCUMENTATION = /document|invoice|paperwork|label/i;
const CONDITION =
  /damag|defect|broken|faulty|expired|not[ _-]as[ _-]described|wrong[ _-](item|product|sku|goods)/i;

export function createOrders(options: OrdersOptions = {}): Orders {
  const policies = new Policies();
  const house = new HouseCurrency();
  const corrected = new Corrected();
  const rules = new RulePolicies();
  const { partitions } = options;
  const slice = partitions === undefined ? '' : `/${Math.min(...partitions)}`;
  const book = new Book({ policies, rules, house, slice, seesAll: partitions === undefined });
  let nowMs = 0;

  function apply(applied: Applied, out: Outputs): void {
    const beganMs = nowMs;
    nowMs = applied.nowMs;
    book.begin(applied, out);
    // Housekeeping once a second of event time.
    if (Math.floor(nowMs / 1_000) > Math.floor(beganMs / 1_000)) {
      corrected.onTime(nowMs);
      book.onTime(nowMs);
    }
    applyEvent(applied);
  }

  function applyEvent(applied: Applied): void {
    const { event } = applied;
    switch (event.type) {
      case 'stocktide.policy.set.v1':
        policies.set(event.data, applied.timeMs);
        house.set(event.data);
        rules.set(event.data, applied);
        book.sla.ruleSet(event.data);
        book.carrier.ruleSet(event.data);
        return;
      case 'stocktide.event.corrected.v1':
        return book.drop(corrected.note(event.data, nowMs));
      default:
        if (concerns(event) && !corrected.voids(applied)) applyFact(applied);
    }
  }

  function applyFact(applied: Applied): void {
    const { event, timeMs } = applied;
    switch (event.type) {
      case 'stocktide.order.created.v1':
        return book.orderFact(event.data.order_id, createdFact(applied, event.data));
      case 'stocktide.order.line.created.v1': {
        const { data } = event;
        const created = createdFact(applied, data);
        const { line_id: line, node_id: node = '', qty: units, sku_id: sku } = data;
        const { requires_stock: goods = true, unit_price: price } = data;
        const fact = { ...factOf(applied, created.timeMs), sku, units, price, goods, node };
        return book.lineFact(data.order_id, line, { kind: 'created', ...fact }, created);
      }
      case 'stocktide.order.changed.v1': {
        const { order_id: order, ship_by: shipBy } = event.data;
        if (shipBy === undefined) return;
        const shipByMs = Date.parse(shipBy);
        return book.orderFact(order, { kind: 'promised', ...factOf(applied), shipByMs });
      }
      case 'stocktide.order.line.changed.v1': {
        const { line_id: line, order_id: order, qty: units } = event.data;
        return book.lineFact(order, line, { kind: 'changed', ...factOf(applied), units });
      }
      case 'stocktide.order.line.cancelled.v1': {
        const { initiator: by, line_id: line, order_id: order, qty: units, reason } = event.data;
        const forStock = by !== 'customer' && FOR_STOCK.test(reason);
        const fact = { kind: 'cancelled', ...factOf(applied), units, by, forStock } as const;
        return book.lineFact(order, line, fact);
      }
      case 'stocktide.order.hold.placed.v1': {
        const { hold_id: hold, hold_type: type, order_id: order } = event.data;
        const pauses = CUSTOMER_HOLDS.has(type);
        return book.orderFact(order, { kind: 'held', ...factOf(applied), hold, type, pauses });
      }
      case 'stocktide.order.hold.cleared.v1': {
        const { hold_id: hold, order_id: order } = event.data;
        return book.orderFact(order, { kind: 'freed', ...factOf(applied), hold });
      }
      case 'stocktide.order.released.v1': {
        const { checks, node_id: node, order_id: order } = event.data;
        const failed = CHECKS.filter((check) => checks[check] === 'fail');
        return book.orderFact(order, { kind: 'released', ...factOf(applied), node, failed });
      }
      case 'stocktide.order.line.allocated.v1':
      case 'stocktide.order.line.deallocated.v1': {
        const { line_id: line, node_id: node, order_id: order, qty } = event.data;
        const units = event.type === 'stocktide.order.line.allocated.v1' ? qty : -qty;
        return book.lineFact(order, line, { kind: 'allocated', ...factOf(applied), units, node });
      }
      case 'stocktide.order.line.backordered.v1': {
        const { line_id: line, order_id: order, qty: units } = event.data;
        return book.lineFact(order, line, { kind: 'backordered', ...factOf(applied), units });
      }
      case 'stocktide.pick.started.v1': {
        const { node_id: node, order_id: order } = event.data;
        if (order === undefined) return;
        return book.orderFact(order, { kind: 'picking', ...factOf(applied), node });
      }
      case 'stocktide.pick.completed.v1':
      case 'stocktide.pick.shorted.v1': {
        const { line_id: line, order_id: order, qty_picked: units } = event.data;
        return book.lineFact(order, line, { kind: 'picked', ...factOf(applied), units });
      }
      case 'stocktide.pack.line.completed.v1': {
        const { line_id: line, order_id: order, qty: units } = event.data;
        if (order === undefined) return;
        return book.lineFact(order, line, { kind: 'packed', ...factOf(applied), units });
      }
      case 'stocktide.shipment.dispatched.v1':
        return dispatched(applied, event.data);
      case 'stocktide.shipment.line.dispatched.v1':
        return lineDispatched(applied, event.data);
      case 'stocktide.shipment.voided.v1':
        return book.shipmentFact(event.data.shipment_id, { kind: 'voided', ...factOf(applied) });
      case 'stocktide.shipment.tracking.updated.v1':
        // A label is printed before the carrier has anything in hands.
        if (event.data.status === 'label_created') return;
        return book.shipmentFact(event.data.shipment_id, scanFact(applied, event.data));
      case 'stocktide.shipment.delivered.v1': {
        const fact = factOf(applied, Date.parse(event.data.delivered_at));
        return book.shipmentFact(event.data.shipment_id, { kind: 'delivered', ...fact });
      }
      case 'stocktide.return.authorized.v1': {
        const { order_id: order, reason } = event.data;
        const fault = faultOf(reason);
        if (fault === null) return;
        return book.orderFact(order, { kind: 'claimed', ...factOf(applied, timeMs), fault });
      }
      default:
        // Every other type of the catalogue says nothing of an order's way to the customer.
        return;
    }
  }

  function dispatched(applied: Applied, data: DataOf<'shipment.dispatched'>): void {
    // Goods that go back to a vendor are of no order.
    if (data.rtv === true) return;
    const { carrier, currency = '', freight_cost: freight = null, service } = data;
    book.shipmentFact(data.shipment_id, {
      kind: 'dispatched',
      ...factOf(applied, Date.parse(data.shipped_at)),
      ...{ carrier, currency, freight, service, node: data.node_id },
    });
  }

  function lineDispatched(applied: Applied, data: DataOf<'shipment.line.dispatched'>): void {
    const {
      line_id: line,
      node_id: node,
      order_id: order,
      qty: units,
      shipment_id: shipment,
    } = data;
    if (data.rtv === true || order === undefined) return;
    const fact = factOf(applied, Date.parse(data.shipped_at));
    const leg = { kind: 'shipped', ...fact, units, shipment, node, sku: data.sku_id } as const;
    if (line === undefined) book.looseLeg(order, leg);
    else book.lineFact(order, line, leg);
  }

  /** Read back in this order: the head first. */
  const head = {
    snapshot: () => jsonParts('head', [{ nowMs }]),
    restore: ({ bytes }: SnapshotPart) => {
      nowMs = parseJson<{ nowMs: number }>(bytes)[0]?.nowMs ?? 0;
    },
  };
  const { carrier, orders, shipments, sla, suspectOrders, suspectShipments } = book;
  const sections = new Map<string, Section>([
    ...Object.entries({
      head,
      policies,
      rules,
      currency: house,
      corrected,
      orders,
      shipments,
      sla,
      carrier,
    }),
    ['suspect_orders', suspectOrders],
    ['suspect_shipments', suspectShipments],
  ]);

  return {
    name: 'orders',
    stateVersion: STATE_VERSION,
    apply,
    size: () => orders.size,
    snapshot: () => joined([...sections.values()].map((section) => section.snapshot())),
    restore(saved) {
      for (const part of saved) {
        const [name = ''] = part.name.split('.');
        const section = sections.get(name);
        if (section === undefined) throw new Error(`the orders processor has no part ${part.name}`);
        section.restore(part);
      }
      book.restored();
    },
    byStage: (atMs = nowMs) => book.ordersByStage(atMs),
    openByStage: (atMs = nowMs) =>
      Object.fromEntries(
        Object.entries(book.ordersByStage(atMs)).filter(([stage]) => !CLOSED.has(stage as Stage)),
      ),
  };
}

interface Section {
  snapshot(): Iterable<SnapshotPart>;
  restore(part: SnapshotPart): void;
}

const CHECKS = ['payment', 'fraud', 'address', 'stock'] as const;

/** Entities of which some events are of orders; the rest of the log passes by. */
const CONCERNED = /^stocktide\.(?:order|pick|pack|shipment|return\.authorized)\./;
const concerned = new Map<string, boolean>();

/** Remembered by type: the catalogue bounds it. */
function concerns({ type }: LogEvent): boolean {
  let known = concerned.get(type);
  if (known === undefined) {
    known = CONCERNED.test(type);
    concerned.set(type, known);
  }
  return known;
}

const factOf = ({ identity, seq, timeMs }: Applied, happenedMs = timeMs): Fact => ({
  timeMs: happenedMs,
  seq,
  identity,
});

function createdFact(
  applied: Applied,
  data: DataOf<'order.created'> | DataOf<'order.line.created'>,
): CreatedFact {
  return {
    kind: 'created',
    ...factOf(applied, Date.parse(data.ordered_at)),
    channel: data.channel_id,
    sla: data.sla_class,
    shipByMs: Date.parse(data.ship_by),
    deliverByMs: Date.parse(data.deliver_by),
    currency: data.currency,
    region: data.region,
    node: data.node_id ?? '',
  };
}

function scanFact(
  applied: Applied,
  { eta_at: eta, status }: DataOf<'shipment.tracking.updated'>,
): ShipmentFact {
  const etaMs = eta === undefined ? null : Date.parse(eta);
  return { kind: 'scanned', ...factOf(applied), etaMs, returning: status === 'returned' };
}

function faultOf(reason: string): ClaimFault | null {
  if (DOCUMENTATION.test(reason)) return 'documentation';
  return CONDITION.test(reason) ? 'condition' : null;
}
