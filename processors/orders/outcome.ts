/**
 * What came of an order, as KPIs judge it (REFERENCE §1.1). Pure.
 *
 * Units that the customer (or a check such as fraud) cancelled are due no more; units that were cancelled
 * through the seller's fault stay due, and are missed.
 */
import type { CreatedFact, Initiator, Order, OrderFact, Stay } from './facts.ts';
import type { Leg, LineView } from './line.ts';
import type { ShipmentView } from './shipment.ts';
import { keepsPromise } from './timeline.ts';

/** A shipment as far as it is of one order. */
export interface OrderShipment {
  readonly id: string;
  readonly view: ShipmentView;
  readonly node: string;
  readonly shippedMs: number;
  /** Place among the order's shipments that were not voided, from 1; 0 of a voided one. */
  readonly number: number;
}

/** The shipments that a set of lines went with, by time of dispatch. */
export function shipmentsOf(
  lines: readonly LineView[],
  shipments: { view(id: string): ShipmentView },
): OrderShipment[] {
  const first = new Map<string, Leg>();
  const meet = (leg: Leg) => {
    const known = first.get(leg.shipment);
    if (known === undefined || leg.shippedMs < known.shippedMs) first.set(leg.shipment, leg);
  };
  for (const { legs, voidedLegs } of lines) {
    legs.forEach(meet);
    voidedLegs.forEach(meet);
  }
  if (first.size === 0) return [];
  const inOrder = [...first.values()].sort(
    (a, b) => a.shippedMs - b.shippedMs || (a.shipment < b.shipment ? -1 : 1),
  );
  let live = 0;
  return inOrder.map(({ node, shipment: id, shippedMs }) => {
    const view = shipments.view(id);
    return {
      id,
      view,
      node,
      shippedMs,
      number: view.voidedMs === null ? ++live : 0,
    };
  });
}

export interface Promise {
  /** As promised last, before the promise was broken. */
  readonly shipMs: number;
  readonly deliverMs: number;
}

/** A new promise of dispatch moves the promised delivery by as much. */
export function promiseOf(created: CreatedFact, facts: readonly OrderFact[]): Promise {
  let shipMs = created.shipByMs;
  for (const fact of facts) {
    if (fact.kind === 'promised' && keepsPromise(fact, shipMs)) shipMs = fact.shipByMs;
  }
  return { shipMs, deliverMs: created.deliverByMs + shipMs - created.shipByMs };
}

/** How the `measurement` policy has it measured. */
export interface Measurement {
  readonly otifDate: 'promised' | 'requested';
  readonly otifLevel: 'order' | 'line';
  /** How long after its delivery an order can be found imperfect (ms). */
  readonly claimsMs: number;
}

export interface Outcome {
  /** Any unit is due. */
  readonly due: boolean;
  readonly multiUnit: boolean;
  readonly shipments: number;
  readonly carrier: string;
  readonly firstShippedMs: number | null;
  /** When the last of it left; null while something is open. */
  readonly shippedMs: number | null;
  readonly deliveredMs: number | null;
  /** Nothing open, and each shipment was in the carrier's hands by the promise. */
  readonly shippedOnTime: boolean;
  /** The first shipment had all that was due. */
  readonly completeFirst: boolean;
  readonly deliveredOnTime: boolean;
  readonly inFull: boolean;
  readonly documented: boolean;
  readonly undamaged: boolean;
  readonly perfect: boolean;
  readonly otifDue: number;
  readonly otifMet: number;
  /** Of an order that was cancelled as a whole before anything was shipped. */
  readonly cancelledBy: Initiator | 'change' | null;
  readonly sellerFault: boolean;
}

export interface Judged {
  readonly created: CreatedFact;
  readonly order: Pick<Order, 'facts'>;
  readonly lines: readonly LineView[];
  readonly shipments: readonly OrderShipment[];
  readonly promise: Promise;
  readonly measurement: Measurement;
}

export function judge({ created, lines, measurement, order, promise, shipments }: Judged): Outcome {
  const goods = lines.filter(({ goods: isGoods, known }) => isGoods && known);
  const live = shipments.filter(({ number }) => number > 0);
  const first = live[0];
  const last = live.at(-1);
  const isDone = goods.every(({ open }) => open === 0);
  const deliveredMs = isDone ? lastDelivery(live) : null;
  const inFull = isDone && live.length > 0 && goods.every(({ sellerFault }) => sellerFault === 0);
  const deliveredOnTime = deliveredMs !== null && deliveredMs <= promise.deliverMs;
  const faults = claimsWithin(order.facts, deliveredMs, measurement.claimsMs);
  const undamaged = !faults.has('condition');
  const documented = !faults.has('documentation');
  const wantedMs = measurement.otifDate === 'requested' ? created.deliverByMs : promise.deliverMs;
  return {
    due: goods.some(({ due }) => due > 0),
    multiUnit: unitsOf(goods) > 1,
    shipments: live.length,
    carrier: first?.view.carrier ?? '',
    firstShippedMs: first?.shippedMs ?? null,
    shippedMs: isDone ? (last?.shippedMs ?? null) : null,
    ...{ deliveredMs, deliveredOnTime, inFull, undamaged, documented },
    shippedOnTime: isDone && live.length > 0 && live.every((one) => scannedBy(one, promise.shipMs)),
    completeFirst:
      inFull && goods.every(({ legs }) => legs.every((leg) => leg.shipment === first?.id)),
    perfect: inFull && deliveredOnTime && undamaged && documented,
    ...otif(goods, { wantedMs, level: measurement.otifLevel, shipments: live }),
    ...cancellation(goods),
  };
}

const unitsOf = (lines: readonly LineView[]) =>
  lines.reduce((sum, { ordered }) => sum + ordered, 0);

const scannedBy = ({ view }: OrderShipment, byMs: number) =>
  view.scannedMs !== null && view.scannedMs <= byMs;

function lastDelivery(live: readonly OrderShipment[]): number | null {
  let lastMs: number | null = null;
  for (const { view } of live) {
    if (view.deliveredMs === null) return null;
    lastMs = Math.max(lastMs ?? 0, view.deliveredMs);
  }
  return lastMs;
}

function claimsWithin(
  facts: readonly OrderFact[],
  deliveredMs: number | null,
  claimsMs: number,
): ReadonlySet<'condition' | 'documentation'> {
  const faults = new Set<'condition' | 'documentation'>();
  for (const fact of facts) {
    if (fact.kind !== 'claimed') continue;
    if (deliveredMs === null || fact.timeMs <= deliveredMs + claimsMs) faults.add(fact.fault);
  }
  return faults;
}

/** On time and in full (K04): of the order as one, or of each of its lines. */
function otif(
  goods: readonly LineView[],
  of: {
    wantedMs: number;
    level: 'order' | 'line';
    shipments: readonly OrderShipment[];
  },
): Pick<Outcome, 'otifDue' | 'otifMet'> {
  const due = goods.filter((line) => line.due > 0);
  const met = due.filter((line) => deliveredBy(line, of.shipments, of.wantedMs) >= line.due);
  if (of.level === 'line') return { otifDue: due.length, otifMet: met.length };
  const otifDue = due.length > 0 ? 1 : 0;
  return {
    otifDue,
    otifMet: otifDue === 1 && met.length === due.length ? 1 : 0,
  };
}

function deliveredBy(
  { legs }: LineView,
  shipments: readonly OrderShipment[],
  byMs: number,
): number {
  let units = 0;
  for (const leg of legs) {
    const deliveredMs = shipments.find(({ id }) => id === leg.shipment)?.view.deliveredMs ?? null;
    if (deliveredMs !== null && deliveredMs <= byMs) units += leg.units;
  }
  return units;
}

/** Of an order of which nothing was shipped and nothing is left: who took back the last of it (K10). */
function cancellation(goods: readonly LineView[]): Pick<Outcome, 'cancelledBy' | 'sellerFault'> {
  const isCancelled =
    goods.length > 0 && goods.every(({ open, shipped }) => open === 0 && shipped === 0);
  if (!isCancelled) return { cancelledBy: null, sellerFault: false };
  let last: LineView['lastCancel'] = null;
  for (const { lastCancel } of goods) {
    if (lastCancel !== null && (last === null || lastCancel.atMs >= last.atMs)) last = lastCancel;
  }
  return {
    cancelledBy: last?.by ?? 'change',
    sellerFault: last?.fault ?? false,
  };
}

/** Hours in each stage that the order has left. */
export function hoursByStage(stays: readonly Stay[]): Partial<Record<Stay['stage'], number>> {
  const hours: Partial<Record<Stay['stage'], number>> = {};
  for (let index = 0; index + 1 < stays.length; index++) {
    const { fromMs, stage } = stays[index] as Stay;
    const untilMs = (stays[index + 1] as Stay).fromMs;
    hours[stage] = (hours[stage] ?? 0) + (untilMs - fromMs) / 3_600_000;
  }
  return hours;
}
