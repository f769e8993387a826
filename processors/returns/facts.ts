/**
 * What is kept of each event that concerns an order's goods and money after the sale: a small fact, and
 * the place where it is kept (its home). An absent id is '', so that all facts of a kind have one form.
 *
 * Most facts name their order. Returned goods may not: a warehouse knows the authorisation, the refused
 * shipment, or only what lies on the dock. Such facts wait at that reference, and the order that names the
 * reference (by authorising the return, by dispatching the shipment) takes them in (homes.ts).
 */
import type { LogEvent } from '../../contracts/events.ts';
import type { StockState } from '../../contracts/states.ts';
import type { Fact } from '../facts/signed.ts';
import type { Applied } from '../processor.ts';

/** A line of the order as it was accepted. */
export interface LineFact extends Fact {
  readonly kind: 'line';
  readonly line: string;
  readonly sku: string;
  readonly node: string;
  readonly channel: string;
  readonly sla: string;
  readonly price: string;
  readonly currency: string;
  readonly inHouse: boolean;
  /** Cost of one unit as it was known then; '' when it was not. */
  readonly unitCost: string;
}

/** Units that the seller could not deliver. Cancellations by others lose no margin that was the seller's. */
export interface CancelledFact extends Fact {
  readonly kind: 'cancelled';
  readonly line: string;
  readonly units: number;
  readonly reason: string;
}

/** Units that left with a shipment. */
export interface ShippedFact extends Fact {
  readonly kind: 'shipped';
  readonly shipment: string;
  readonly line: string;
  readonly sku: string;
  readonly node: string;
  readonly units: number;
  readonly shippedMs: number;
}

/** What a shipment of the order cost. */
export interface FreightFact extends Fact, Money, Evidence {
  readonly kind: 'freight';
  readonly shipment: string;
  readonly node: string;
  readonly shippedMs: number;
}

export interface VoidedFact extends Fact {
  readonly kind: 'voided';
  readonly shipment: string;
}

/** Units that the customer may send back. */
export interface AuthorisedFact extends Fact {
  readonly kind: 'authorised';
  readonly rma: string;
  readonly line: string;
  readonly sku: string;
  readonly units: number;
  readonly reason: string;
}

export interface ReceivedFact extends Fact, Evidence {
  readonly kind: 'received';
  readonly rma: string;
  readonly line: string;
  readonly shipment: string;
  readonly sku: string;
  readonly node: string;
  readonly units: number;
  readonly receivedMs: number;
}

export interface DispositionedFact extends Fact, Evidence {
  readonly kind: 'dispositioned';
  readonly rma: string;
  readonly sku: string;
  readonly node: string;
  readonly units: number;
  readonly to: StockState;
  /** Cost of one unit as it was known then; '' when it was not. */
  readonly unitCost: string;
}

export interface RefundedFact extends Fact, Money, Evidence {
  readonly kind: 'refunded';
  readonly refund: string;
  readonly rma: string;
  readonly line: string;
  readonly sku: string;
  /** 0 when the refund does not say. */
  readonly units: number;
  readonly issuedMs: number;
  /** From then on, a refund whose goods have not come back is a loss. */
  readonly dueMs: number;
}

/** A cost that someone recorded. */
export interface CostFact extends Fact, Money, Evidence {
  readonly kind: 'cost';
  readonly component: string;
  readonly node: string;
  readonly ref: string;
  readonly note: string;
}

export type ReturnsFact =
  | LineFact
  | CancelledFact
  | ShippedFact
  | FreightFact
  | VoidedFact
  | AuthorisedFact
  | ReceivedFact
  | DispositionedFact
  | RefundedFact
  | CostFact;

interface Money {
  readonly amount: string;
  /** '' when none was stated. */
  readonly currency: string;
  /** Whether it is in the house currency, as it was when the event came. */
  readonly inHouse: boolean;
}

/** The event, for findings. */
interface Evidence {
  readonly source: string;
  readonly id: string;
}

/** What facts need to know that is not in their event. */
export interface Ledgers {
  /** Cost of one unit in the house currency; '' when it is not known. */
  unitCost(sku: string): string;
  inHouse(currency: string | undefined): boolean;
  /** How long returned goods may take after their refund (ms). */
  readonly receiptWindowMs: number;
}

/** A fact and the key of its home. */
export interface Homed {
  readonly home: string;
  readonly fact: ReturnsFact;
}

export const orderHome = (order: string) => `order|${order}`;
export const rmaHome = (rma: string) => `rma|${rma}`;
export const shipmentHome = (shipment: string) => `shipment|${shipment}`;
const blindHome = (sku: string, node: string) => `blind|${sku}|${node}`;
const costHome = (identity: number) => `cost|${identity}`;

/** The order whose home it is; '' for the home of a reference. */
export const orderOf = (home: string) => (home.startsWith('order|') ? home.slice(6) : '');

/** The fact that an event is; null for one that is none of ours. */
export function factOf({ event, identity, seq, timeMs }: Applied, known: Ledgers): Homed | null {
  const base = { timeMs, seq, identity };
  switch (event.type) {
    case 'stocktide.order.line.created.v1':
      return { home: orderHome(event.data.order_id), fact: lineFact(event, base, known) };
    case 'stocktide.order.line.cancelled.v1': {
      const { initiator, line_id: line, order_id, qty: units, reason } = event.data;
      if (initiator !== 'seller') return null;
      const fact = { ...base, kind: 'cancelled', line, units, reason } as const;
      return { home: orderHome(order_id), fact };
    }
    case 'stocktide.shipment.line.dispatched.v1': {
      const { data } = event;
      if (data.order_id === undefined || data.rtv === true) return null;
      const fact: ShippedFact = {
        ...base,
        kind: 'shipped',
        shipment: data.shipment_id,
        line: data.line_id ?? '',
        sku: data.sku_id,
        node: data.node_id,
        units: data.qty,
        shippedMs: Date.parse(data.shipped_at),
      };
      return { home: orderHome(data.order_id), fact };
    }
    case 'stocktide.shipment.dispatched.v1':
      return freightOf(event, base, known);
    case 'stocktide.shipment.voided.v1': {
      // It undoes the shipment for every order that it carries.
      const { shipment_id: shipment } = event.data;
      return { home: shipmentHome(shipment), fact: { ...base, kind: 'voided', shipment } };
    }
    case 'stocktide.return.line.authorized.v1': {
      const { line_id: line = '', order_id, qty: units, reason, rma_id: rma } = event.data;
      const { sku_id: sku } = event.data;
      const fact = { ...base, kind: 'authorised', rma, line, sku, units, reason } as const;
      return { home: orderHome(order_id), fact };
    }
    case 'stocktide.return.received.v1':
      return receivedOf(event, base);
    case 'stocktide.return.dispositioned.v1': {
      const { node_id: node, order_id: order, qty: units, rma_id, sku_id: sku } = event.data;
      const fact: DispositionedFact = {
        ...{ ...base, kind: 'dispositioned', rma: rma_id ?? '', sku, node, units },
        ...{ to: event.data.to_state, unitCost: known.unitCost(sku) },
        ...evidenceOf(event),
      };
      return { home: homeOf({ order, rma: rma_id, sku, node }), fact };
    }
    case 'stocktide.refund.issued.v1':
      return { home: orderHome(event.data.order_id), fact: refundFact(event, base, known) };
    case 'stocktide.cost.recorded.v1': {
      const { amount, cost_type: component, currency, node_id, note, order_id, ref } = event.data;
      const fact: CostFact = {
        ...{ ...base, kind: 'cost', component, node: node_id ?? '', ref, note: note ?? '' },
        ...{ amount, currency: currency ?? '', inHouse: known.inHouse(currency) },
        ...evidenceOf(event),
      };
      return { home: order_id === undefined ? costHome(identity) : orderHome(order_id), fact };
    }
    default:
      return null;
  }
}

type EventOf<T extends LogEvent['type']> = Extract<LogEvent, { type: T }>;

const evidenceOf = ({ id, source }: LogEvent): Evidence => ({ source, id });

function lineFact(
  { data }: EventOf<'stocktide.order.line.created.v1'>,
  base: Fact,
  known: Ledgers,
): LineFact {
  return {
    ...base,
    kind: 'line',
    line: data.line_id,
    sku: data.sku_id,
    node: data.node_id ?? '',
    channel: data.channel_id,
    sla: data.sla_class,
    price: data.unit_price,
    currency: data.currency,
    inHouse: known.inHouse(data.currency),
    unitCost: known.unitCost(data.sku_id),
  };
}

/** Freight of a shipment of one order; one that carries several orders is a split of none of them. */
function freightOf(
  event: EventOf<'stocktide.shipment.dispatched.v1'>,
  base: Fact,
  known: Ledgers,
): Homed | null {
  const { currency, freight_cost: amount, node_id: node, order_id: order, rtv } = event.data;
  if (order === undefined || amount === undefined || rtv === true) return null;
  const fact: FreightFact = {
    ...base,
    kind: 'freight',
    shipment: event.data.shipment_id,
    node,
    amount,
    currency: currency ?? '',
    inHouse: known.inHouse(currency),
    shippedMs: Date.parse(event.data.shipped_at),
    source: event.source,
    id: event.id,
  };
  return { home: orderHome(order), fact };
}

function receivedOf(event: EventOf<'stocktide.return.received.v1'>, base: Fact): Homed {
  const { data } = event;
  const { node_id: node, order_id: order, rma_id: rma, shipment_id: shipment, sku_id: sku } = data;
  const fact: ReceivedFact = {
    ...base,
    kind: 'received',
    rma: rma ?? '',
    line: data.line_id ?? '',
    shipment: shipment ?? '',
    ...{ sku, node, units: data.qty },
    receivedMs: Date.parse(data.received_at),
    ...evidenceOf(event),
  };
  return { home: homeOf({ order, rma, shipment, sku, node }), fact };
}

function refundFact(
  event: EventOf<'stocktide.refund.issued.v1'>,
  base: Fact,
  known: Ledgers,
): RefundedFact {
  const { data } = event;
  const issuedMs = Date.parse(data.issued_at);
  return {
    ...base,
    kind: 'refunded',
    refund: data.refund_id,
    rma: data.rma_id ?? '',
    line: data.line_id ?? '',
    sku: data.sku_id ?? '',
    units: data.qty ?? 0,
    amount: data.amount,
    currency: data.currency ?? '',
    inHouse: known.inHouse(data.currency),
    issuedMs,
    dueMs: issuedMs + known.receiptWindowMs,
    ...evidenceOf(event),
  };
}

/** Where returned goods are kept: the first of what is known of them. */
function homeOf(known: {
  readonly order: string | undefined;
  readonly rma: string | undefined;
  readonly shipment?: string | undefined;
  readonly sku: string;
  readonly node: string;
}): string {
  const { node, order, rma, shipment, sku } = known;
  if (order !== undefined) return orderHome(order);
  if (rma !== undefined) return rmaHome(rma);
  if (shipment !== undefined) return shipmentHome(shipment);
  return blindHome(sku, node);
}
