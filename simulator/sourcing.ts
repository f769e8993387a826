/**
 * Where the units of an order come from: allocated at the nodes that they were promised at, released to them,
 * taken back when it is cancelled, and looked for again when a pick was short or a shipment void.
 */
import { DAY, HOUR, MINUTE } from './calendar.ts';
import { NODES } from './catalogue.ts';
import {
  cancel,
  labelledOrder,
  type Job,
  type Line,
  type Order,
  type OrderTask,
} from './orders.ts';
import type { World } from './world.ts';

const CANCEL_CHANCE = 0.007;
const MAX_SOURCING_TRIES = 12;

export function allocate(world: World, order: Order): void {
  const { rng } = world;
  if (order.plan === undefined && rng.chance(CANCEL_CHANCE)) {
    for (const { node, qty, sku } of order.lines) world.book(sku, node, { promised: -qty });
    return cancel(world, order, {
      lines: order.lines,
      initiator: 'customer',
      reason: 'changed mind',
    });
  }
  for (const line of order.lines) takeFor(world, order.id, line);
  world.after([2 * MINUTE, 15 * MINUTE], { kind: 'release', order });
}

/** Turns promised units of a line into allocated ones. */
export function takeFor(world: World, orderId: string, { line, node, qty, sku }: Line): void {
  world.book(sku, node, { promised: -qty, available: -qty });
  world.emit({
    source: 'oms',
    name: 'order.line.allocated',
    flow: orderId,
    data: { order_id: orderId, line_id: line, sku_id: sku, node_id: node, qty },
  });
}

export function release(world: World, order: Order, fulfil: (job: Job) => void): void {
  const { plan } = order;
  if (plan === undefined && world.rng.chance(CANCEL_CHANCE))
    return takeBack(world, order, 'customer');
  const jobs = NODES.map((node) => ({
    node,
    lines: order.lines.filter((line) => line.node === node),
  })).filter(({ lines }) => lines.length > 0);
  for (const [index, { lines, node }] of jobs.entries()) {
    const violation = plan?.kind === 'violation' ? plan : null;
    const checks = { payment: 'pass', fraud: 'pass', address: 'pass', stock: 'pass' } as const;
    const released = world.emit({
      source: 'oms',
      name: 'order.released',
      flow: order.id,
      data: {
        order_id: order.id,
        node_id: node,
        checks: violation === null ? checks : { ...checks, [violation.check]: violation.outcome },
        actor: violation?.outcome === 'overridden' ? 'supervisor-2' : 'oms',
      },
    });
    if (violation !== null) {
      const span = { fromMs: world.nowMs, toMs: world.nowMs, evidence: [released] };
      world.label({ ...violation.draft, ...labelledOrder(order) }, span);
    }
    fulfil({ order, node, lines, extra: index > 0 });
  }
}

/** An allocated order is cancelled: its units go back first. */
export function takeBack(world: World, order: Order, initiator: 'customer' | 'seller'): void {
  for (const { line, node, qty, sku } of order.lines) {
    world.book(sku, node, { available: qty });
    world.emit({
      source: 'oms',
      name: 'order.line.deallocated',
      flow: order.id,
      data: { order_id: order.id, line_id: line, sku_id: sku, node_id: node, qty },
    });
  }
  const reason = initiator === 'customer' ? 'changed mind' : 'out of stock';
  cancel(world, order, { lines: order.lines, initiator, reason });
}

/** Units of a line are owed again, after a short pick or a void: from where there are some. */
export function owe(world: World, job: Job, line: Line): void {
  // Promised at once: nobody else is sold what the line is owed.
  world.book(line.sku, job.node, { promised: line.qty });
  world.after([2 * MINUTE, 20 * MINUTE], { kind: 'source again', job, line, tries: 0 });
}

export function sourceAgain(
  world: World,
  { job, line, tries }: Extract<OrderTask, { kind: 'source again' }>,
  fulfil: (job: Job) => void,
): void {
  const { nodes } = world.catalogue.skuOf(line.sku);
  world.book(line.sku, job.node, { promised: -line.qty });
  const node = [job.node, ...nodes].find((at) => world.free(line.sku, at) >= line.qty);
  const { order } = job;
  if (node !== undefined) {
    const found = { ...line, node };
    world.book(line.sku, node, { promised: line.qty });
    takeFor(world, order.id, found);
    return fulfil({ order, node, lines: [found], extra: true });
  }
  if (tries === MAX_SOURCING_TRIES) {
    return cancel(world, order, { lines: [line], initiator: 'seller', reason: 'out of stock' });
  }
  if (tries === 0) {
    world.emit({
      source: 'oms',
      name: 'order.line.backordered',
      flow: order.id,
      data: {
        order_id: order.id,
        line_id: line.line,
        sku_id: line.sku,
        qty: line.qty,
        expected_at: world.instant(world.nowMs + 2 * DAY),
      },
    });
  }
  world.book(line.sku, job.node, { promised: line.qty });
  world.after([2 * HOUR, 6 * HOUR], { kind: 'source again', job, line, tries: tries + 1 });
}
