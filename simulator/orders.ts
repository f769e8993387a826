/**
 * Demand: customers arrive, hold stock in a checkout, order, and get stock allocated.
 *
 *   arrive ─▶ checkout ─┬▶ order ─▶ allocate ─▶ fulfilment.ts
 *                       ├▶ released            └▶ backordered, tried again, cancelled in the end
 *                       └▶ lapsed
 */
import {
  CHANNELS,
  CHANNEL_SHARE,
  NODES,
  REGIONS,
  SKUS,
  skuOf,
  type Channel,
  type Node,
  type Sku,
} from './catalogue.ts';
import { instant, type World } from './world.ts';

export interface Line {
  readonly line: string;
  readonly sku: string;
  readonly qty: number;
  readonly reservation?: string;
}

export interface Order {
  readonly id: string;
  readonly channel: Channel;
  readonly lines: readonly Line[];
}

/** A checkout's lines are held at one node. */
interface Checkout {
  readonly channel: Channel;
  readonly node: Node;
  readonly lines: readonly Line[];
}

export type OrderTask =
  | { readonly kind: 'arrive' }
  | { readonly kind: 'convert'; readonly checkout: Checkout }
  | { readonly kind: 'release'; readonly checkout: Checkout }
  | { readonly kind: 'lapse'; readonly checkout: Checkout }
  | { readonly kind: 'allocate'; readonly order: Order; readonly node: Node }
  /** No node yet: the order waits for stock. */
  | { readonly kind: 'source'; readonly order: Order; readonly tries: number };

const CHECKOUT_TTL_MS = 60_000;
const MAX_SOURCING_TRIES = 20;
const HOUR_MS = 3_600_000;

export function orderStep(
  world: World,
  task: OrderTask,
  fulfil: (order: Order, node: Node) => void,
): void {
  switch (task.kind) {
    case 'arrive':
      return arrive(world);
    case 'convert': {
      const { channel, node, lines } = task.checkout;
      return place(world, { id: world.nextId('o'), channel, lines }, node);
    }
    case 'release':
      return giveUp(world, task.checkout, 'reservation.released');
    case 'lapse':
      // The ledger lets it lapse by itself; half of the shops say so as well.
      return giveUp(world, task.checkout, world.rng.chance(0.5) ? 'reservation.expired' : null);
    case 'allocate':
      return allocate(world, task.order, task.node, fulfil);
    case 'source':
      return source(world, task, fulfil);
    default:
      return task satisfies never;
  }
}

function arrive(world: World): void {
  const { rng } = world;
  const gapMs = Math.max(1, Math.round(rng.exponential(1_000 / world.arrivalsPerSec)));
  world.after([gapMs, gapMs], { kind: 'arrive' });

  const channel = rng.weighted(CHANNELS, (name) => CHANNEL_SHARE[name]);
  const lines = chooseLines(world, channel);
  const node = nodeFor(world, lines);
  if (node === null || (channel === 'market-a' && rng.chance(0.25))) {
    // Nobody has it all, or the marketplace leaves the choice of the node to us.
    return place(world, { id: world.nextId('o'), channel, lines: lines.slice(0, 1) }, null);
  }
  for (const { sku, qty } of lines) world.at(sku, node).promised += qty;
  if (channel === 'web' && rng.chance(0.7)) {
    return beginCheckout(world, { channel, node, lines });
  }
  place(world, { id: world.nextId('o'), channel, lines }, node);
}

function chooseLines(world: World, channel: Channel): Line[] {
  const { rng } = world;
  const count = rng.weighted([1, 2, 3], (n) => 1 / n ** 1.5);
  const skus = new Set<Sku>();
  while (skus.size < count) skus.add(rng.weighted(SKUS, (sku) => sku.demand));
  return [...skus].map((sku, index) => ({
    line: String(index + 1),
    sku: sku.id,
    qty:
      channel === 'wholesale' && sku.target > 20
        ? rng.int(4, 16)
        : rng.weighted([1, 2, 4], (n) => 1 / n ** 2),
  }));
}

/** The node with the most to spare that can serve every line, or null. */
function nodeFor(world: World, lines: readonly Line[]): Node | null {
  const spare = (node: Node) =>
    Math.min(
      ...lines.map(({ sku, qty }) => {
        const { available, promised } = world.at(sku, node);
        return available - promised - qty;
      }),
    );
  const [best] = [...NODES].sort((a, b) => spare(b) - spare(a));
  return best !== undefined && spare(best) >= 0 ? best : null;
}

function beginCheckout(world: World, checkout: Checkout): void {
  const { rng } = world;
  const held = {
    ...checkout,
    lines: checkout.lines.map((line) => ({ ...line, reservation: world.nextId('r') })),
  };
  for (const { reservation, sku, qty } of held.lines) {
    world.emit({
      source: checkout.channel,
      name: 'reservation.created',
      data: {
        reservation_id: reservation,
        sku_id: sku,
        channel_id: checkout.channel,
        node_id: checkout.node,
        qty,
        expires_at: instant(world.nowMs + CHECKOUT_TTL_MS),
      },
    });
  }
  if (rng.chance(0.75)) world.after([3_000, 25_000], { kind: 'convert', checkout: held });
  else if (rng.chance(0.5)) world.after([5_000, 40_000], { kind: 'release', checkout: held });
  else world.after([CHECKOUT_TTL_MS, CHECKOUT_TTL_MS], { kind: 'lapse', checkout: held });
}

function giveUp(
  world: World,
  { channel, node, lines }: Checkout,
  name: 'reservation.released' | 'reservation.expired' | null,
): void {
  for (const { reservation, sku, qty } of lines) {
    world.at(sku, node).promised -= qty;
    if (name === null || reservation === undefined) continue;
    world.emit({ source: channel, name, data: { reservation_id: reservation, sku_id: sku } });
  }
}

/** The order is accepted; `node` null when sourcing is still to come. */
function place(world: World, order: Order, node: Node | null): void {
  const { channel, lines } = order;
  const sameDay = channel === 'market-a' && world.rng.chance(0.3);
  world.emit({
    source: channel,
    name: 'order.created',
    flow: order.id,
    data: {
      order_id: order.id,
      channel_id: channel,
      sla_class: channel === 'wholesale' ? 'wholesale' : sameDay ? 'same_day' : 'standard',
      ordered_at: instant(world.nowMs),
      ship_by: instant(world.nowMs + (sameDay ? 4 : 24) * HOUR_MS),
      deliver_by: instant(world.nowMs + (sameDay ? 12 : 72) * HOUR_MS),
      currency: 'EUR',
      region: world.rng.pick(REGIONS),
      ...(node === null ? {} : { node_id: node }),
      lines: lines.map(({ line, sku, qty, reservation }) => ({
        line_id: line,
        sku_id: sku,
        qty,
        unit_price: skuOf(sku).price,
        ...(reservation === undefined ? {} : { reservation_id: reservation }),
      })),
    },
  });
  if (node === null) world.after([2_000, 8_000], { kind: 'source', order, tries: 0 });
  else world.after([1_000, 5_000], { kind: 'allocate', order, node });
}

function allocate(
  world: World,
  order: Order,
  node: Node,
  fulfil: (order: Order, node: Node) => void,
): void {
  for (const { line, sku, qty } of order.lines) {
    const position = world.at(sku, node);
    position.promised -= qty;
    position.available -= qty;
    world.emit({
      source: 'oms',
      name: 'order.line.allocated',
      flow: order.id,
      data: { order_id: order.id, line_id: line, sku_id: sku, node_id: node, qty },
    });
  }
  fulfil(order, node);
}

function source(
  world: World,
  { order, tries }: { order: Order; tries: number },
  fulfil: (order: Order, node: Node) => void,
): void {
  const node = nodeFor(world, order.lines);
  if (node !== null) {
    for (const { sku, qty } of order.lines) world.at(sku, node).promised += qty;
    return allocate(world, order, node, fulfil);
  }
  if (tries === MAX_SOURCING_TRIES) {
    return world.emit({
      source: 'oms',
      name: 'order.cancelled',
      flow: order.id,
      data: {
        order_id: order.id,
        initiator: 'seller',
        reason: 'out of stock',
        lines: order.lines.map(({ line, sku, qty }) => ({ line_id: line, sku_id: sku, qty })),
      },
    });
  }
  if (tries === 0) {
    for (const { line, sku, qty } of order.lines) {
      world.emit({
        source: 'oms',
        name: 'order.line.backordered',
        flow: order.id,
        data: {
          order_id: order.id,
          line_id: line,
          sku_id: sku,
          qty,
          expected_at: instant(world.nowMs + 5 * 60_000),
        },
      });
    }
  }
  world.after([10_000, 20_000], { kind: 'source', order, tries: tries + 1 });
}
