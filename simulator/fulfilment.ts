/**
 * From a released order to the customer's door, and sometimes back.
 *
 *   released ─▶ picked (now and then short) ─▶ packed ─▶ dispatched ─▶ tracked ─▶ delivered
 *                                                                        └▶ returned ─▶ refunded
 */
import { binOf, CARRIERS, skuOf, type Node } from './catalogue.ts';
import type { Line, Order } from './orders.ts';
import { instant, type World } from './world.ts';

interface Shipment {
  readonly id: string;
  readonly order: Order;
  readonly node: Node;
}
interface Return {
  readonly rma: string;
  readonly order: string;
  readonly line: Line;
  readonly node: Node;
}

export type FulfilmentTask =
  | { readonly kind: 'hand over'; readonly order: Order; readonly node: Node }
  /** `picked` are the lines behind us, with what was really there. */
  | {
      readonly kind: 'pick';
      readonly order: Order;
      readonly node: Node;
      readonly task: string;
      readonly picked: readonly Line[];
    }
  | { readonly kind: 'pack'; readonly order: Order; readonly node: Node }
  | { readonly kind: 'dispatch'; readonly order: Order; readonly node: Node }
  | { readonly kind: 'track'; readonly shipment: Shipment; readonly stage: number }
  | { readonly kind: 'deliver'; readonly shipment: Shipment }
  | { readonly kind: 'authorise return'; readonly back: Return }
  | { readonly kind: 'receive return'; readonly back: Return }
  | { readonly kind: 'disposition'; readonly back: Return }
  | { readonly kind: 'refund'; readonly back: Return };

const SHORT_CHANCE = 0.015;
const RETURN_CHANCE = 0.04;
const TRACKING = [
  ['picked_up', 'PU'],
  ['out_for_delivery', 'OFD'],
] as const;

export function fulfilmentStep(world: World, task: FulfilmentTask): void {
  switch (task.kind) {
    case 'hand over':
      return handOver(world, task.order, task.node);
    case 'pick':
      return pick(world, task);
    case 'pack':
      return pack(world, task.order, task.node);
    case 'dispatch':
      return dispatch(world, task.order, task.node);
    case 'track':
      return track(world, task.shipment, task.stage);
    case 'deliver':
      return deliver(world, task.shipment);
    case 'authorise return':
    case 'receive return':
    case 'disposition':
    case 'refund':
      return returnStep(world, task.kind, task.back);
    default:
      return task satisfies never;
  }
}

function handOver(world: World, order: Order, node: Node): void {
  const task = world.nextId('t');
  world.emit({
    source: 'oms',
    name: 'order.released',
    flow: order.id,
    data: {
      order_id: order.id,
      node_id: node,
      checks: { payment: 'pass', fraud: 'pass', address: 'pass', stock: 'pass' },
      actor: 'oms',
    },
  });
  world.emit({
    source: node,
    name: 'pick.started',
    flow: order.id,
    data: { task_id: task, node_id: node, order_id: order.id },
  });
  world.after([2_000, 6_000], { kind: 'pick', order, node, task, picked: [] });
}

function pick(world: World, step: Extract<FulfilmentTask, { kind: 'pick' }>): void {
  const { order, node, task } = step;
  const line = order.lines[step.picked.length];
  if (line === undefined) {
    const left = { ...order, lines: step.picked.filter(({ qty }) => qty > 0) };
    if (left.lines.length > 0) world.after([3_000, 10_000], { kind: 'pack', order: left, node });
    return;
  }
  const short = world.rng.chance(SHORT_CHANCE) ? world.rng.int(1, line.qty) : 0;
  const data = {
    task_id: `${task}/${line.line}`,
    order_id: order.id,
    line_id: line.line,
    sku_id: line.sku,
    node_id: node,
    location_id: binOf(line.sku),
    qty_requested: line.qty,
    qty_picked: line.qty - short,
    shift_id: 'day',
    worker_pseudo_id: `w-${world.rng.int(1, 12)}`,
  };
  const flow = order.id;
  if (short === 0) world.emit({ source: node, name: 'pick.completed', flow, data });
  else {
    const reason = 'bin empty';
    world.emit({
      source: node,
      name: 'pick.shorted',
      flow,
      data: { ...data, qty_short: short, reason },
    });
    world.emit({
      source: 'oms',
      name: 'order.cancelled',
      flow,
      data: {
        order_id: order.id,
        initiator: 'seller',
        reason: 'short pick',
        lines: [{ line_id: line.line, sku_id: line.sku, qty: short }],
      },
    });
    world.after([20_000, 60_000], { kind: 'recount', sku: line.sku, node, held: short });
  }
  const picked = [...step.picked, { ...line, qty: line.qty - short }];
  world.after([1_000, 5_000], { kind: 'pick', order, node, task, picked });
}

function pack(world: World, order: Order, node: Node): void {
  world.emit({
    source: node,
    name: 'pack.completed',
    flow: order.id,
    data: {
      order_id: order.id,
      node_id: node,
      carton_id: world.nextId('c'),
      weight_g: 300 + 450 * order.lines.reduce((sum, { qty }) => sum + qty, 0),
      lines: order.lines.map(lineOf),
    },
  });
  world.after([4_000, 15_000], { kind: 'dispatch', order, node });
}

function dispatch(world: World, order: Order, node: Node): void {
  const shipment: Shipment = { id: world.nextId('s'), order, node };
  world.emit({
    source: node,
    name: 'shipment.dispatched',
    flow: order.id,
    data: {
      shipment_id: shipment.id,
      order_id: order.id,
      node_id: node,
      carrier: world.rng.pick(CARRIERS),
      service: 'standard',
      freight_cost: `${world.rng.int(3, 9)}.${world.rng.int(10, 99)}`,
      currency: 'EUR',
      shipped_at: instant(world.nowMs),
      lines: order.lines.map(lineOf),
    },
  });
  world.after([5_000, 20_000], { kind: 'track', shipment, stage: 0 });
}

function track(world: World, shipment: Shipment, stage: number): void {
  const [status, raw] = TRACKING[stage] ?? TRACKING[0];
  world.emit({
    source: 'carriers',
    name: 'shipment.tracking.updated',
    flow: shipment.order.id,
    data: {
      shipment_id: shipment.id,
      order_id: shipment.order.id,
      status,
      raw_status: raw,
      eta_at: instant(world.nowMs + 60_000),
    },
  });
  const last = stage === TRACKING.length - 1;
  if (last) world.after([10_000, 40_000], { kind: 'deliver', shipment });
  else world.after([10_000, 40_000], { kind: 'track', shipment, stage: stage + 1 });
}

function deliver(world: World, { id, order, node }: Shipment): void {
  world.emit({
    source: 'carriers',
    name: 'shipment.delivered',
    flow: order.id,
    data: { shipment_id: id, order_id: order.id, delivered_at: instant(world.nowMs) },
  });
  const [line] = order.lines;
  if (line === undefined || !world.rng.chance(RETURN_CHANCE)) return;
  const back = { rma: world.nextId('rma'), order: order.id, line, node };
  world.after([10_000, 60_000], { kind: 'authorise return', back });
}

type ReturnStep = 'authorise return' | 'receive return' | 'disposition' | 'refund';

function returnStep(world: World, step: ReturnStep, back: Return): void {
  const { rma, order, line, node } = back;
  const flow = order;
  const ids = { rma_id: rma, order_id: order };
  const goods = { sku_id: line.sku, node_id: node, qty: line.qty };
  switch (step) {
    case 'authorise return':
      world.emit({
        source: 'returns',
        name: 'return.authorized',
        flow,
        data: { ...ids, reason: 'changed mind', lines: [lineOf(line)] },
      });
      return world.after([20_000, 60_000], { kind: 'receive return', back });
    case 'receive return':
      world.emit({
        source: 'returns',
        name: 'return.received',
        flow,
        data: { ...ids, ...goods, line_id: line.line, received_at: instant(world.nowMs) },
      });
      return world.after([10_000, 40_000], { kind: 'disposition', back });
    case 'disposition': {
      const toState = world.rng.weighted(['available', 'damaged', 'on_hold'] as const, (state) =>
        state === 'available' ? 8 : 1,
      );
      if (toState === 'available') world.at(line.sku, node).available += line.qty;
      world.emit({
        source: 'returns',
        name: 'return.dispositioned',
        flow,
        data: {
          ...ids,
          ...goods,
          disposition: toState === 'available' ? 'restocked' : 'not_restocked',
          to_state: toState,
        },
      });
      return world.after([1_000, 10_000], { kind: 'refund', back });
    }
    case 'refund': {
      const price = Number(skuOf(line.sku).price);
      return world.emit({
        source: 'returns',
        name: 'refund.issued',
        flow,
        data: {
          ...ids,
          refund_id: world.nextId('f'),
          line_id: line.line,
          sku_id: line.sku,
          qty: line.qty,
          amount: (price * line.qty).toFixed(2),
          currency: 'EUR',
          issued_at: instant(world.nowMs),
        },
      });
    }
    default:
      return step satisfies never;
  }
}

const lineOf = ({ line, sku, qty }: Line) => ({ line_id: line, sku_id: sku, qty });
