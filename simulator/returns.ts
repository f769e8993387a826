/**
 * What comes back. All of it goes to the own warehouse.
 *
 *   delivered ─▶ authorised ─▶ received ─▶ dispositioned ─▶ refunded
 *             └▶ refunded without a return, now and then
 */
import { DAY, HOUR, MINUTE } from './calendar.ts';
import { centsOf, centsText, DC, HOUSE_CURRENCY } from './catalogue.ts';
import { lineOf, type Shipment } from './fulfilment.ts';
import { priceOf, recordCost, type Line, type Order } from './orders.ts';
import type { ReturnPlan } from './incidents/plan.ts';
import type { World } from './world.ts';

export interface Return {
  readonly rma: string;
  readonly order: Order;
  readonly line: Line;
  readonly plan?: ReturnPlan;
}

export type ReturnTask =
  | { readonly kind: 'authorise return'; readonly back: Return }
  | { readonly kind: 'receive return'; readonly back: Return }
  | { readonly kind: 'disposition'; readonly back: Return }
  | { readonly kind: 'refund'; readonly back: Return }
  | { readonly kind: 'refund only'; readonly order: Order; readonly line: Line };

const RETURN_CHANCE = 0.09;
const REFUND_ONLY_CHANCE = 0.004;
/** Delivered lines that are remembered as ones that can come back. */
const REMEMBERED = 20;
const REASONS = ['changed mind', 'not as described', 'too small', 'damaged on arrival'] as const;

/** What a delivery may lead to. */
export function afterDelivery(world: World, { job }: Shipment): void {
  const { order } = job;
  const line = world.rng.pick(job.lines);
  if (order.channel === 'wholesale') return;
  const { delivered } = world.state;
  if (world.rng.chance(RETURN_CHANCE)) {
    const qty = world.rng.int(1, line.qty);
    const back = { rma: world.nextId('rma'), order, line: { ...line, qty } };
    return world.after([12 * HOUR, 6 * DAY], { kind: 'authorise return', back });
  }
  if (world.rng.chance(REFUND_ONLY_CHANCE)) {
    return world.after([DAY, 4 * DAY], { kind: 'refund only', order, line });
  }
  delivered.push({ order, line });
  if (delivered.length > REMEMBERED) delivered.shift();
}

export function returnStep(world: World, task: ReturnTask): void {
  switch (task.kind) {
    case 'authorise return':
      return authorise(world, task.back);
    case 'receive return':
      return receive(world, task.back);
    case 'disposition':
      return disposition(world, task.back);
    case 'refund':
      return refund(world, task.back.order, task.back.line, task.back.rma);
    case 'refund only':
      return refundOnly(world, task.order, task.line);
    default:
      return task satisfies never;
  }
}

function authorise(world: World, back: Return): void {
  const { line, order, rma } = back;
  world.emit({
    source: 'returns',
    name: 'return.authorized',
    flow: order.id,
    data: {
      rma_id: rma,
      order_id: order.id,
      reason: world.rng.pick(REASONS),
      lines: [lineOf(line)],
    },
  });
  world.afterWork(DC, [20 * HOUR, 50 * HOUR], { kind: 'receive return', back });
}

function receive(world: World, back: Return): void {
  const { line, order, rma } = back;
  const received = world.emit({
    source: DC,
    name: 'return.received',
    flow: order.id,
    data: {
      rma_id: rma,
      order_id: order.id,
      line_id: line.line,
      sku_id: line.sku,
      node_id: DC,
      qty: line.qty,
      received_at: world.instant(world.nowMs),
    },
  });
  if (back.plan !== undefined) {
    const { draft, hours } = back.plan;
    const fromMs = world.nowMs;
    const toMs = fromMs + world.stretch(hours * HOUR);
    world.label(draft, { fromMs, toMs, evidence: [received] });
    return world.planAt(toMs, { kind: 'disposition', back });
  }
  world.afterWork(DC, [HOUR, 20 * HOUR], { kind: 'disposition', back });
}

const OUTCOMES = [
  { part: 80, grade: 'A', state: 'available', disposition: 'restocked' },
  { part: 10, grade: 'C', state: 'damaged', disposition: 'not_restocked' },
  { part: 10, grade: 'B', state: 'on_hold', disposition: 'processing_required' },
] as const;

function disposition(world: World, back: Return): void {
  const { line, order, rma } = back;
  const { disposition, grade, state } = world.rng.weighted(OUTCOMES, ({ part }) => part);
  if (state === 'available') world.book(line.sku, DC, { available: line.qty });
  world.emit({
    source: DC,
    name: 'return.dispositioned',
    flow: order.id,
    prompt: true,
    data: {
      rma_id: rma,
      order_id: order.id,
      sku_id: line.sku,
      node_id: DC,
      qty: line.qty,
      disposition,
      grade,
      to_state: state,
    },
  });
  if (state === 'damaged') {
    world.after([DAY, 3 * DAY], { kind: 'scrap', sku: line.sku, node: DC, qty: line.qty });
  } else if (state === 'on_hold') {
    world.afterWork(DC, [2 * HOUR, 12 * HOUR], { kind: 'unhold', sku: line.sku, qty: line.qty });
  }
  world.after([30 * MINUTE, 20 * HOUR], { kind: 'refund', back });
}

function refund(world: World, order: Order, line: Line, rma?: string): void {
  const cents = centsOf(priceOf(world, line.sku, order.channel)) * line.qty;
  world.emit({
    source: 'finance',
    name: 'refund.issued',
    flow: order.id,
    data: {
      refund_id: world.nextId('f'),
      order_id: order.id,
      ...(rma === undefined ? {} : { rma_id: rma }),
      line_id: line.line,
      sku_id: line.sku,
      qty: line.qty,
      amount: centsText(cents),
      currency: HOUSE_CURRENCY,
      issued_at: world.instant(world.nowMs),
    },
  });
}

function refundOnly(world: World, order: Order, line: Line): void {
  refund(world, order, line);
  const cents = centsOf(priceOf(world, line.sku, order.channel)) * line.qty;
  recordCost(world, { type: 'L4', cents, order: order.id, ref: `goodwill-${order.id}` });
}
