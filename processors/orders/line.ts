/**
 * What is known of an order line: its facts in the order in which they happened, folded into units and into
 * how far its open units had come at each instant. Pure.
 *
 *   ordered + over shipped = cancelled + shipped + open          at every instant, whatever is reported
 *
 * What was shipped stays shipped until its shipment is voided; a cancellation takes what is not shipped.
 */
import { RANK, type Initiator, type LegFact, type LineFact } from './facts.ts';
import type { ShipmentView } from './shipment.ts';

export interface Leg {
  readonly shipment: string;
  readonly units: number;
  readonly shippedMs: number;
  readonly node: string;
  readonly identity: number;
}

export interface LineView {
  /** False until the line's own event has come: then only its legs are known. */
  readonly known: boolean;
  readonly goods: boolean;
  readonly sku: string;
  readonly price: string;
  readonly node: string;
  readonly ordered: number;
  readonly cancelled: Readonly<Record<Initiator, number>>;
  /** Cancelled because of the seller: its own doing, or for want of stock. */
  readonly sellerFault: number;
  /** Who cancelled last, and whether that was the seller's fault; null when nobody did. */
  readonly lastCancel: {
    readonly by: Initiator;
    readonly fault: boolean;
    readonly atMs: number;
  } | null;
  readonly shipped: number;
  readonly over: number;
  readonly open: number;
  /** Units that the customer still has a claim to: ordered less what was cancelled, but for seller fault. */
  readonly due: number;
  readonly backordered: number;
  /** Units that were sold above what there was: later backordered, or cancelled for want of stock. */
  readonly oversold: number;
  /** Dispatches that were not voided, by time. */
  readonly legs: readonly Leg[];
  readonly voidedLegs: readonly Leg[];
  /** Units changed or cancelled after all had been shipped; null when none were. */
  readonly changedAfterShipping: 'changed' | 'cancelled' | null;
  /** Instant, rank, instant, rank … */
  readonly steps: readonly number[];
}

export function viewLine(
  facts: readonly LineFact[],
  shipments: { view(id: string): ShipmentView },
): LineView {
  const tally = newTally();
  const voided: { atMs: number; units: number }[] = [];
  const legs: Leg[] = [];
  const voidedLegs: Leg[] = [];
  for (const fact of facts) {
    while (voided.length > 0 && (voided[0]?.atMs ?? 0) <= fact.timeMs) unship(tally, voided);
    const { timeMs: atMs } = fact;
    count(tally, fact);
    if (fact.kind === 'shipped') {
      const leg = legOf(fact);
      const { voidedMs } = shipments.view(fact.shipment);
      (voidedMs === null ? legs : voidedLegs).push(leg);
      if (voidedMs !== null) {
        insertByTime(voided, {
          atMs: Math.max(voidedMs, atMs),
          units: leg.units,
        });
      }
    }
    step(tally, atMs);
  }
  while (voided.length > 0) unship(tally, voided);
  return summarise(tally, facts, { legs, voidedLegs });
}

interface Tally {
  known: boolean;
  goods: boolean;
  sku: string;
  price: string;
  node: string;
  ordered: number;
  cancelled: number;
  allocated: number;
  backordered: number;
  picked: number;
  packed: number;
  shipped: number;
  late: LineView['changedAfterShipping'];
  readonly steps: number[];
}

const newTally = (): Tally => ({
  known: false,
  goods: true,
  sku: '',
  price: '0',
  node: '',
  ordered: 0,
  cancelled: 0,
  allocated: 0,
  backordered: 0,
  picked: 0,
  packed: 0,
  shipped: 0,
  late: null,
  steps: [],
});

function count(tally: Tally, fact: LineFact): void {
  switch (fact.kind) {
    case 'created':
      tally.known = true;
      tally.goods = fact.goods;
      tally.sku = fact.sku;
      tally.price = fact.price;
      tally.ordered = fact.units;
      if (tally.node === '') tally.node = fact.node;
      return;
    case 'changed':
      if (isDone(tally) && fact.units !== tally.ordered) tally.late = 'changed';
      tally.ordered = fact.units;
      return;
    case 'cancelled':
      if (isDone(tally)) tally.late = 'cancelled';
      tally.cancelled += fact.units;
      return;
    case 'allocated':
      tally.allocated += fact.units;
      tally.node = fact.node;
      return;
    case 'backordered':
      // An update of what is expected names the same units again.
      tally.backordered = Math.max(tally.backordered, fact.units);
      return;
    case 'picked':
      tally.picked += fact.units;
      return;
    case 'packed':
      tally.packed += fact.units;
      return;
    case 'shipped':
      tally.shipped += fact.units;
      tally.node = fact.node;
      if (tally.sku === '') tally.sku = fact.sku;
      return;
    default:
      fact satisfies never;
  }
}

/** Everything that was ordered and not cancelled has left. */
const isDone = (tally: Tally) => tally.known && tally.shipped > 0 && openOf(tally) === 0;

const cancelledOf = ({ cancelled, ordered, shipped }: Tally) =>
  Math.min(cancelled, Math.max(0, ordered - shipped));

const openOf = (tally: Tally) => Math.max(0, tally.ordered - cancelledOf(tally) - tally.shipped);

function unship(tally: Tally, voided: { atMs: number; units: number }[]): void {
  const first = voided.shift();
  if (first === undefined) return;
  tally.shipped -= first.units;
  step(tally, first.atMs);
}

function insertByTime(
  list: { atMs: number; units: number }[],
  entry: { atMs: number; units: number },
) {
  const at = list.findIndex(({ atMs }) => atMs > entry.atMs);
  list.splice(at === -1 ? list.length : at, 0, entry);
}

/** Notes the rank from this instant on, when it is another one than before. */
function step(tally: Tally, atMs: number): void {
  if (!tally.known || !tally.goods) return;
  const { steps } = tally;
  const rank = rankOf(tally);
  // What happens at one instant is one step.
  if (steps.length > 0 && steps[steps.length - 2] === atMs) steps.length -= 2;
  if (steps[steps.length - 1] !== rank) steps.push(atMs, rank);
}

function rankOf(tally: Tally): number {
  const { allocated, backordered, ordered, packed, picked, shipped } = tally;
  if (openOf(tally) === 0) return shipped > 0 ? RANK.shipped : RANK.cancelled;
  const accepted = ordered - cancelledOf(tally);
  if (packed >= accepted) return RANK.packed;
  const handled = Math.max(picked, packed);
  if (handled >= accepted) return RANK.picked;
  if (handled > shipped) return RANK.picking;
  if (allocated >= accepted) return RANK.allocated;
  return backordered > 0 ? RANK.waiting : RANK.created;
}

/** Field by field: this runs for every event of a line, and spreading takes ten times as long. */
function summarise(
  tally: Tally,
  facts: readonly LineFact[],
  { legs, voidedLegs }: Pick<LineView, 'legs' | 'voidedLegs'>,
): LineView {
  const cancels = cancelsOf(facts, cancelledOf(tally));
  const backordered = Math.min(tally.backordered, tally.ordered);
  const { goods, known, node, ordered, price, shipped, sku, steps } = tally;
  return {
    known,
    goods,
    sku,
    price,
    node,
    ordered,
    shipped,
    legs,
    voidedLegs,
    steps,
    backordered,
    cancelled: cancels.by,
    sellerFault: cancels.fault,
    lastCancel: cancels.last,
    over: Math.max(0, shipped - ordered),
    open: openOf(tally),
    due: known ? Math.max(0, ordered - cancels.total + cancels.fault) : 0,
    oversold: Math.max(backordered, cancels.forStock),
    changedAfterShipping: tally.late,
  };
}

/** Who cancelled the units that could be cancelled: the first to ask has them. */
function cancelsOf(facts: readonly LineFact[], total: number) {
  const by = { customer: 0, seller: 0, system: 0 };
  let left = total;
  let fault = 0;
  let forStock = 0;
  let last: LineView['lastCancel'] = null;
  for (const fact of total === 0 ? [] : facts) {
    if (fact.kind !== 'cancelled') continue;
    const units = Math.min(left, fact.units);
    if (units === 0) break;
    left -= units;
    by[fact.by] += units;
    const isFault = fact.by === 'seller' || fact.forStock;
    if (isFault) fault += units;
    if (fact.forStock) forStock += units;
    last = { by: fact.by, fault: isFault, atMs: fact.timeMs };
  }
  return { by, total, fault, forStock, last };
}

const legOf = ({ identity, node, shipment, timeMs: shippedMs, units }: LegFact): Leg => ({
  shipment,
  units,
  shippedMs,
  node,
  identity,
});
