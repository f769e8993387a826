/**
 * Demand: customers arrive, hold stock in a checkout, order; the order management holds some orders back.
 * What happens when is in order-steps.ts, and where the units come from in sourcing.ts.
 *
 *   arrive ─▶ checkout ─┬▶ order ─▶ (hold) ─▶ allocate ─▶ release ─▶ fulfilment.ts, a job for each node
 *                       ├▶ released    └▶ cancelled            ▲
 *                       └▶ lapsed                      backordered: after a short pick or a void
 */
import { addOpen, DAY, HOUR, MINUTE, SECOND, seasonAt } from './calendar.ts';
import {
  CHANNELS,
  CHANNEL_TERMS,
  DC,
  HOUSE_CURRENCY,
  NODES,
  PARTNER,
  REGIONS,
  SAFETY_UNITS,
  centsOf,
  centsText,
  type Channel,
  type Node,
  type Sku,
} from './catalogue.ts';
import type { OrderPlan } from './incidents/plan.ts';
import type { Emitted, World } from './world.ts';

export type SlaClass = 'same_day' | 'standard' | 'wholesale';

export interface Line {
  readonly line: string;
  readonly sku: string;
  readonly qty: number;
  /** Node that its units are promised at. */
  readonly node: Node;
  readonly reservation?: string;
}

export interface Order {
  readonly id: string;
  readonly channel: Channel;
  readonly sla: SlaClass;
  readonly lines: readonly Line[];
  readonly createdMs: number;
  readonly dueMs: number;
  /** What is made to happen to it. */
  readonly plan?: OrderPlan;
}

/** What one node does for an order. */
export interface Job {
  readonly order: Order;
  readonly node: Node;
  readonly lines: readonly Line[];
  /** Not the order's first shipment. */
  readonly extra: boolean;
}

interface Basket {
  readonly channel: Channel;
  readonly region: string;
  readonly lines: readonly Line[];
}

export type OrderTask =
  | { readonly kind: 'arrive' }
  | { readonly kind: 'convert'; readonly basket: Basket }
  | { readonly kind: 'release checkout'; readonly basket: Basket }
  | { readonly kind: 'lapse'; readonly basket: Basket }
  | { readonly kind: 'accept'; readonly order: Order }
  | {
      readonly kind: 'clear hold';
      readonly order: Order;
      readonly hold: { readonly id: string; readonly type: HoldType };
    }
  | { readonly kind: 'allocate'; readonly order: Order }
  | { readonly kind: 'release'; readonly order: Order }
  /** A line is owed again: looks for stock of it. */
  | {
      readonly kind: 'source again';
      readonly job: Job;
      readonly line: Line;
      readonly tries: number;
    };

type HoldType = 'payment' | 'fraud' | 'address' | 'customer';
const HOLDS: readonly {
  type: HoldType;
  part: number;
  reason: string;
  lastsMs: [number, number];
}[] = [
  {
    type: 'payment',
    part: 5,
    reason: 'authorisation pending',
    lastsMs: [10 * MINUTE, 90 * MINUTE],
  },
  { type: 'fraud', part: 3, reason: 'score above limit', lastsMs: [20 * MINUTE, 2.5 * HOUR] },
  { type: 'address', part: 3, reason: 'address not found', lastsMs: [15 * MINUTE, 2 * HOUR] },
  { type: 'customer', part: 1, reason: 'asked to wait', lastsMs: [HOUR, 8 * HOUR] },
];

const CHECKOUT_TTL_MS = 15 * MINUTE;
const CHECKOUT_CHANCE = 0.7;
const CONVERSION = 0.78;
const HOLD_CHANCE = 0.04;
const HOLD_FAILS_CHANCE = 0.1;
const CHANGE_CHANCE = 0.01;
/** Arrivals that an order takes: some checkouts come to nothing. */
const ARRIVALS_PER_ORDER = 1 / (1 - CHANNEL_TERMS.web.orders * CHECKOUT_CHANCE * (1 - CONVERSION));
/** Units of an average order, all channels, for whoever plans stock. */
export const UNITS_PER_ORDER = 3.2;

export function arrive(world: World): void {
  const { rng } = world;
  const season = world.profile.steady ? 1 : seasonAt(world.nowMs);
  const perDay = world.ordersPerDay * ARRIVALS_PER_ORDER * season;
  world.planAt(world.nowMs + Math.max(1, rng.exponential(DAY / perDay)), { kind: 'arrive' });

  const channel = rng.weighted(CHANNELS, (name) => CHANNEL_TERMS[name].orders);
  const region = rng.pick(REGIONS);
  const lines = fillBasket(world, channel, region);
  if (lines.length === 0) return;
  for (const { node, qty, sku } of lines) world.book(sku, node, { promised: qty });
  const basket = { channel, region, lines };
  if (channel === 'web' && rng.chance(CHECKOUT_CHANCE)) return beginCheckout(world, basket);
  place(world, basket);
}

/** What a customer takes of what is on offer; nothing when it is sold out. */
function fillBasket(world: World, channel: Channel, region: string): Line[] {
  const { catalogue, rng } = world;
  const wholesale = channel === 'wholesale';
  const count = wholesale ? rng.int(3, 12) : rng.weighted([1, 2, 3, 4], (n) => 1 / n ** 1.4);
  const chosen = new Map<string, { sku: Sku; qty: number }>();
  for (let tries = 0; tries < 6 * count && chosen.size < count; tries++) {
    const sku = catalogue.demandAt(rng.next());
    if (!sku.channels.includes(channel)) continue;
    const qty = wholesale ? sku.packQty * rng.int(1, 2) : rng.weighted([1, 2, 3], (n) => n ** -2.2);
    chosen.set(sku.id, { sku, qty });
  }
  const wanted = [...chosen.values()];
  const near: Node = region === 'north' ? PARTNER : DC;
  const whole = [near, ...NODES].find((node) =>
    wanted.every(({ qty, sku }) => hasFor(world, { sku, node, qty, wholesale })),
  );
  return wanted.flatMap(({ qty, sku }, index): Line[] => {
    const node = whole ?? NODES.find((at) => hasFor(world, { sku, node: at, qty, wholesale }));
    return node === undefined ? [] : [{ line: String(index + 1), sku: sku.id, qty, node }];
  });
}

/** Nobody is sold the safety stock, and a wholesaler not half of what there is. */
function hasFor(
  world: World,
  want: { sku: Sku; node: Node; qty: number; wholesale: boolean },
): boolean {
  const { node, qty, sku, wholesale } = want;
  if (!sku.nodes.includes(node)) return false;
  return world.free(sku.id, node) - SAFETY_UNITS[node] >= (wholesale ? 3 * qty + 12 : qty);
}

function beginCheckout(world: World, basket: Basket): void {
  const { rng } = world;
  const held = {
    ...basket,
    lines: basket.lines.map((line) => ({ ...line, reservation: world.nextId('r') })),
  };
  for (const { node, qty, reservation, sku } of held.lines) {
    world.emit({
      source: 'web',
      name: 'reservation.created',
      prompt: true,
      data: {
        reservation_id: reservation,
        sku_id: sku,
        channel_id: 'web',
        node_id: node,
        qty,
        expires_at: world.instant(world.nowMs + CHECKOUT_TTL_MS),
      },
    });
  }
  if (rng.chance(CONVERSION)) world.after([MINUTE, 9 * MINUTE], { kind: 'convert', basket: held });
  else if (rng.chance(0.5)) {
    world.after([MINUTE, 10 * MINUTE], { kind: 'release checkout', basket: held });
  } else world.after([CHECKOUT_TTL_MS, CHECKOUT_TTL_MS], { kind: 'lapse', basket: held });
}

export function giveUp(
  world: World,
  { channel, lines }: Basket,
  name: 'reservation.released' | 'reservation.expired' | null,
): void {
  for (const { node, qty, reservation, sku } of lines) {
    world.book(sku, node, { promised: -qty });
    if (name === null || reservation === undefined) continue;
    world.emit({
      source: channel,
      name,
      prompt: true,
      data: { reservation_id: reservation, sku_id: sku },
    });
  }
}

/** Working time that a class promises until dispatch, and days from there to the door. */
const PROMISES: Readonly<Record<SlaClass, { workMs: number; roadDays: number }>> = {
  same_day: { workMs: 7 * HOUR, roadDays: 3 },
  standard: { workMs: 15 * HOUR, roadDays: 4.5 },
  wholesale: { workMs: 27 * HOUR, roadDays: 5 },
};

/** When an order of a class is due at the carrier, if it is placed now. */
export function shipByMs(world: World, sla: SlaClass): number {
  const week = sla === 'wholesale' ? world.businessWeek : world.shiftsOf(DC);
  return addOpen(week, world.nowMs, PROMISES[sla].workMs);
}

export function place(world: World, basket: Basket): void {
  const { channel } = basket;
  const sameDay = channel !== 'wholesale' && world.rng.chance(channel === 'web' ? 0.08 : 0.15);
  const sla: SlaClass = channel === 'wholesale' ? 'wholesale' : sameDay ? 'same_day' : 'standard';
  const dueMs = shipByMs(world, sla);
  const { lines, region } = basket;
  const order = { id: world.nextId('o'), channel, sla, lines, createdMs: world.nowMs, dueMs };
  const { arrivesMs } = create(world, order, region);
  world.planAt(arrivesMs + world.rng.int(5 * SECOND, MINUTE), { kind: 'accept', order });
}

/** The channel accepts an order whose units have been promised. */
export function create(world: World, order: Order, region: string): Emitted {
  const { channel, dueMs, id, lines, sla } = order;
  // A marketplace leaves the choice of the node to the brand.
  const sourced = channel === 'web' || channel === 'wholesale';
  return world.emit({
    source: channel,
    name: 'order.created',
    flow: id,
    data: {
      order_id: id,
      channel_id: channel,
      sla_class: sla,
      ordered_at: world.instant(world.nowMs),
      ship_by: world.instant(dueMs),
      deliver_by: world.instant(dueMs + PROMISES[sla].roadDays * DAY),
      currency: HOUSE_CURRENCY,
      region,
      customer_ref: `c-${world.rng.int(1, 40_000)}`,
      lines: lines.map(({ line, node, qty, reservation, sku }) => ({
        line_id: line,
        sku_id: sku,
        qty,
        unit_price: priceOf(world, sku, channel),
        ...(sourced ? { node_id: node } : {}),
        ...(reservation === undefined ? {} : { reservation_id: reservation }),
      })),
    },
  });
}

/** Wholesale buys at 55 % of the list price. */
export function priceOf(world: World, sku: string, channel: Channel): string {
  const { price } = world.catalogue.skuOf(sku);
  return channel === 'wholesale' ? centsText(Math.round(centsOf(price) * 0.55)) : price;
}

/** The order management looks at a new order: on hold, changed, or on its way. */
export function accept(world: World, order: Order): void {
  const { rng } = world;
  if (order.plan !== undefined) {
    return world.after([MINUTE, 8 * MINUTE], { kind: 'allocate', order });
  }
  const next = rng.chance(CHANGE_CHANCE) ? lessOf(world, order) : order;
  if (!rng.chance(HOLD_CHANCE)) {
    return world.after([MINUTE, 8 * MINUTE], { kind: 'allocate', order: next });
  }
  const { lastsMs, reason, type } = rng.weighted(HOLDS, ({ part }) => part);
  const hold = { id: world.nextId('h'), type };
  world.emit({
    source: 'oms',
    name: 'order.hold.placed',
    flow: order.id,
    data: { order_id: order.id, hold_id: hold.id, hold_type: type, reason, actor: 'oms' },
  });
  world.after(lastsMs, { kind: 'clear hold', order: next, hold });
}

/** The customer takes one unit less of the first line that has several. */
function lessOf(world: World, order: Order): Order {
  const less = order.lines.find(({ qty }) => qty > 1);
  if (less === undefined || order.channel === 'wholesale') return order;
  const lines = order.lines.map((line) => (line === less ? { ...line, qty: line.qty - 1 } : line));
  world.book(less.sku, less.node, { promised: -1 });
  world.emit({
    source: order.channel,
    name: 'order.changed',
    prompt: true,
    flow: order.id,
    data: {
      order_id: order.id,
      reason: 'customer asked for less',
      lines: [{ line_id: less.line, sku_id: less.sku, qty: less.qty - 1 }],
    },
  });
  return { ...order, lines };
}

export function clearHold(
  world: World,
  order: Order,
  { id, type }: { id: string; type: HoldType },
): void {
  const fails = world.rng.chance(HOLD_FAILS_CHANCE);
  world.emit({
    source: 'oms',
    name: 'order.hold.cleared',
    flow: order.id,
    data: {
      order_id: order.id,
      hold_id: id,
      hold_type: type,
      reason: fails ? 'order given up' : 'cleared',
      actor: type === 'fraud' ? 'fraud-desk' : 'oms',
    },
  });
  if (!fails) return world.after([MINUTE, 5 * MINUTE], { kind: 'allocate', order });
  for (const { node, qty, sku } of order.lines) world.book(sku, node, { promised: -qty });
  const initiator = type === 'customer' ? 'customer' : 'system';
  cancel(world, order, { lines: order.lines, initiator, reason: `${type} hold` });
}

export function cancel(
  world: World,
  order: Order,
  how: {
    readonly lines: readonly Line[];
    readonly initiator: 'customer' | 'seller' | 'system';
    readonly reason: string;
  },
): void {
  const { initiator, lines, reason } = how;
  world.emit({
    source: initiator === 'customer' && order.channel === 'web' ? 'web' : 'oms',
    name: 'order.cancelled',
    flow: order.id,
    prompt: true,
    data: {
      order_id: order.id,
      initiator,
      reason,
      lines: lines.map(({ line, qty, sku }) => ({ line_id: line, sku_id: sku, qty })),
    },
  });
  if (initiator !== 'seller') return;
  const margin = lines.reduce((sum, { qty, sku }) => {
    const { costCents } = world.catalogue.skuOf(sku);
    return sum + qty * (centsOf(priceOf(world, sku, order.channel)) - costCents);
  }, 0);
  recordCost(world, { type: 'L3', cents: margin, order: order.id, ref: `cancel-${order.id}` });
}

/** Finance books a cost of margin leakage (REFERENCE §1.6). */
export function recordCost(
  world: World,
  cost: {
    readonly type: 'L1' | 'L2' | 'L3' | 'L4' | 'L5' | 'L6' | 'L7';
    readonly cents: number;
    readonly ref: string;
    readonly order?: string;
    readonly node?: Node;
  },
): void {
  const { cents, node, order, ref, type } = cost;
  if (cents === 0) return;
  world.emit({
    source: 'finance',
    name: 'cost.recorded',
    ...(order === undefined ? {} : { flow: order }),
    data: {
      ...(order === undefined ? {} : { order_id: order }),
      ...(node === undefined ? {} : { node_id: node }),
      cost_type: type,
      amount: centsText(cents),
      currency: HOUSE_CURRENCY,
      ref,
    },
  });
}

/** The order as a label names it. */
export const labelledOrder = ({ id }: Order) => ({
  entity: { type: 'order', id },
  order_id: id,
});
