/** Rows that an order stands for, from its projections. Columns: tables.ts. Pure. */
import { times } from '../facts/money.ts';
import type { FactRow } from '../facts/signed.ts';
import type { CreatedFact, Stay } from './facts.ts';
import type { LineView } from './line.ts';
import { hoursByStage, type OrderShipment, type Outcome, type Promise } from './outcome.ts';
import type { ShipmentView } from './shipment.ts';

/** What all rows of an order say of it. */
export interface Heading {
  readonly order: string;
  /** Null until the order itself is known. */
  readonly created: CreatedFact | null;
  readonly promise: Promise | null;
  /** True when money of the order counts in sums. */
  readonly inHouseCurrency: boolean;
}

const flag = (value: boolean) => (value ? 1 : 0);

/** Both ends of a stay: how it was entered and, when another follows it, left. */
export function stayRows(
  order: string,
  stay: Stay,
  index: number,
  next: Stay | undefined,
): FactRow[] {
  const row = (delta: 1 | -1, atMs: number): FactRow => ({
    table: 'order_stages',
    key: `${index}/${delta}`,
    cells: [
      order,
      stay.stage,
      delta,
      atMs,
      stay.enteredMs,
      stay.clockMs,
      stay.dueMs,
      stay.pausedMs,
      stay.node,
      stay.channel,
      stay.sla,
      stay.calendar,
    ],
  });
  return next === undefined ? [row(1, stay.fromMs)] : [row(1, stay.fromMs), row(-1, next.fromMs)];
}

export function orderRow(
  { created, order, promise }: Heading & { created: CreatedFact; promise: Promise },
  outcome: Outcome,
  { node, stays }: { node: string; stays: readonly Stay[] },
): FactRow {
  const hours = outcome.shippedMs === null ? {} : hoursByStage(stays);
  return {
    table: 'orders',
    key: '',
    cells: [
      order,
      created.channel,
      created.sla,
      node,
      created.region,
      created.currency,
      created.timeMs,
      promise.shipMs,
      promise.deliverMs,
      outcome.carrier,
      flag(outcome.due),
      flag(outcome.multiUnit),
      outcome.shipments,
      outcome.firstShippedMs,
      outcome.shippedMs,
      outcome.deliveredMs,
      flag(outcome.shippedOnTime),
      flag(outcome.completeFirst),
      flag(outcome.deliveredOnTime),
      flag(outcome.inFull),
      flag(outcome.documented),
      flag(outcome.undamaged),
      flag(outcome.perfect),
      outcome.otifDue,
      outcome.otifMet,
      outcome.cancelledBy ?? '',
      flag(outcome.sellerFault),
      hours.created ?? null,
      hours.on_hold ?? null,
      hours.released ?? null,
      hours.allocated ?? null,
      hours.picking ?? null,
      hours.picked ?? null,
      hours.packed ?? null,
      hours.shipped ?? null,
    ],
  };
}

export function shipmentRow(
  { created, order, promise }: Heading,
  { id, node, number, shippedMs, view }: OrderShipment,
  money: { readonly freight: string | null; readonly inHouseCurrency: boolean },
): FactRow {
  return {
    table: 'shipments',
    key: id,
    cells: [
      id,
      order,
      node,
      created?.channel ?? '',
      created?.sla ?? '',
      view.carrier,
      view.service,
      money.freight,
      view.currency || (created?.currency ?? ''),
      flag(money.inHouseCurrency),
      number,
      shippedMs,
      view.scannedMs,
      promise?.deliverMs ?? null,
      view.deliveredMs,
      view.voidedMs,
    ],
  };
}

/** Rows of a line: itself, once it is known, and what was shipped of it. */
export function lineRows(
  heading: Heading,
  line: { readonly id: string; readonly view: LineView },
  shipments: { view(id: string): ShipmentView },
): FactRow[] {
  const { created, inHouseCurrency, order } = heading;
  const { id, view } = line;
  const rows = view.legs.map((leg): FactRow => ({
    table: 'shipment_lines',
    key: String(leg.identity),
    cells: [
      leg.shipment,
      order,
      id,
      view.sku,
      leg.node,
      created?.channel ?? '',
      created?.sla ?? '',
      leg.units,
      view.price,
      times(view.price, leg.units),
      created?.currency ?? '',
      flag(inHouseCurrency),
      leg.shippedMs,
      shipments.view(leg.shipment).deliveredMs,
    ],
  }));
  const own = view.known && view.goods ? orderLineRow(heading, line, shipments) : null;
  return own === null ? rows : [own, ...rows];
}

function orderLineRow(
  { created, order, promise }: Heading,
  { id, view }: { readonly id: string; readonly view: LineView },
  shipments: { view(id: string): ShipmentView },
): FactRow | null {
  if (created === null || promise === null) return null;
  const { legs } = view;
  const unitsOf = (counts: (leg: LineView['legs'][number]) => boolean) =>
    legs.reduce((sum, leg) => sum + (counts(leg) ? leg.units : 0), 0);
  return {
    table: 'order_lines',
    key: '',
    cells: [
      order,
      id,
      view.sku,
      view.node || created.node,
      created.channel,
      created.sla,
      created.timeMs,
      promise.shipMs,
      created.currency,
      view.price,
      view.ordered,
      view.cancelled.customer,
      view.cancelled.seller,
      view.cancelled.system,
      view.shipped,
      view.over,
      view.open,
      view.due,
      Math.min(
        view.due,
        unitsOf((leg) => leg.shippedMs <= promise.shipMs),
      ),
      unitsOf((leg) => shipments.view(leg.shipment).deliveredMs !== null),
      view.backordered,
      view.oversold,
      legs[0]?.shippedMs ?? null,
      legs.at(-1)?.shippedMs ?? null,
    ],
  };
}
