/**
 * From a released order to the customer's door. The own warehouse reports every step, the partner only
 * that a shipment left.
 *
 *   DC       job ─▶ pick started ─▶ picked, line by line (now and then short) ─▶ packed ─▶ dispatched ─┐
 *   partner  job ────────────────────────────────────────────────────────────────────▶ dispatched ─┤
 *                     returns.ts ◀── delivered ◀── tracked ◀───────────────── (now and then void) ─┘
 */
import { DAY, HOUR, MINUTE, nextOpen, SECOND, shiftAt } from './calendar.ts';
import { CARRIERS, centsText, DC, HOUSE_CURRENCY, PARTNER, type Node } from './catalogue.ts';
import type { Draft } from './incidents/label.ts';
import type { OrderPlan } from './incidents/plan.ts';
import { cancel, labelledOrder, recordCost, type Job, type Line, type Order } from './orders.ts';
import { owe } from './sourcing.ts';
import type { Emitted, World } from './world.ts';

type Carrier = (typeof CARRIERS)[number];

export interface Shipment {
  readonly id: string;
  readonly job: Job;
  readonly carrier: Carrier['id'];
  /** When it should be at the door (brand time). */
  readonly etaMs: number;
}

export type FulfilmentTask =
  | { readonly kind: 'start pick'; readonly job: Job }
  /** `picked` are the lines behind us, with what was really there. */
  | {
      readonly kind: 'pick';
      readonly job: Job;
      readonly task: string;
      readonly worker: string;
      readonly picked: readonly Line[];
    }
  | { readonly kind: 'pack'; readonly job: Job }
  | { readonly kind: 'dispatch'; readonly job: Job }
  | { readonly kind: 'void'; readonly shipment: Shipment }
  | { readonly kind: 'track'; readonly shipment: Shipment; readonly stage: number }
  | { readonly kind: 'deliver'; readonly shipment: Shipment };

const SHORT_CHANCE = 0.004;
const VOID_CHANCE = 0.0025;
const PARTIAL_CHANCE = 0.12;
const EXPEDITE_CHANCE = 0.004;
const CHARGEBACK_CHANCE = 0.01;
const WORKERS = 14;
/** Working time until a pick starts, by service class. */
const TO_PICK_MS = {
  same_day: [5 * MINUTE, 25 * MINUTE],
  standard: [20 * MINUTE, 150 * MINUTE],
  wholesale: [HOUR, 5 * HOUR],
} as const;
const TO_PARTNER_DISPATCH_MS = {
  same_day: [30 * MINUTE, 90 * MINUTE],
  standard: [HOUR, 4 * HOUR],
  wholesale: [2 * HOUR, 8 * HOUR],
} as const;
/** Scans on the road, at parts of the way from dispatch to delivery. */
const TRACKING = [
  { status: 'picked_up', raw: 'PU', part: 0.1 },
  { status: 'in_transit', raw: 'X6', part: 0.45 },
  { status: 'out_for_delivery', raw: 'OD', part: 0.88 },
] as const;

export const workerOf = (world: World, workers = WORKERS) => `w-${world.rng.int(1, workers)}`;

/** Takes on what a node has to do for an order. */
export function beginJob(world: World, job: Job): void {
  const { node, order } = job;
  if (order.plan?.kind === 'slow') {
    const { createdMs, dueMs, plan } = order;
    const partMs = createdMs + plan.part * (dueMs - createdMs);
    const startMs = nextOpen(world.shiftsOf(node), Math.max(world.nowMs, partMs));
    return world.planAt(startMs, { kind: 'start pick', job });
  }
  if (node === PARTNER) {
    return world.afterWork(node, TO_PARTNER_DISPATCH_MS[order.sla], { kind: 'dispatch', job });
  }
  world.afterWork(node, TO_PICK_MS[order.sla], { kind: 'start pick', job });
}

export function fulfilmentStep(
  world: World,
  task: FulfilmentTask,
  delivered: (shipment: Shipment) => void,
): void {
  switch (task.kind) {
    case 'start pick':
      return startPick(world, task.job);
    case 'pick':
      return pick(world, task);
    case 'pack':
      return pack(world, task.job);
    case 'dispatch':
      return dispatch(world, task.job);
    case 'void':
      return voidShipment(world, task.shipment);
    case 'track':
      return track(world, task.shipment, task.stage);
    case 'deliver':
      return deliver(world, task.shipment, delivered);
    default:
      return task satisfies never;
  }
}

function startPick(world: World, job: Job): void {
  const task = world.nextId('t');
  const worker = workerOf(world);
  world.emit({
    source: job.node,
    name: 'pick.started',
    flow: job.order.id,
    data: {
      task_id: task,
      node_id: job.node,
      order_id: job.order.id,
      shift_id: shiftAt(world.nowMs),
      worker_pseudo_id: worker,
    },
  });
  world.after([MINUTE, 4 * MINUTE], { kind: 'pick', job, task, worker, picked: [] });
}

function pick(world: World, step: Extract<FulfilmentTask, { kind: 'pick' }>): void {
  const { job, picked, task, worker } = step;
  const line = job.lines[picked.length];
  if (line === undefined) {
    const left = { ...job, lines: picked.filter(({ qty }) => qty > 0) };
    if (left.lines.length > 0) world.after([4 * MINUTE, 25 * MINUTE], { kind: 'pack', job: left });
    return;
  }
  const { plan } = job.order;
  const planned = plan?.kind === 'short' && !job.extra ? plan : null;
  const noise = plan === undefined && world.rng.chance(SHORT_CHANCE);
  const isShort = noise || (planned !== null && !planned.nearMiss);
  const short = isShort ? world.rng.int(1, line.qty) : 0;
  const recorded = recordPick(world, step, line, short);
  if (planned !== null) {
    const span = { fromMs: world.nowMs, toMs: world.nowMs, evidence: [recorded] };
    world.label({ ...planned.draft, order_id: job.order.id, size: short }, span);
  }
  if (short > 0) resolveShort(world, job, { ...line, qty: short });
  world.after([20 * SECOND, 2 * MINUTE], {
    kind: 'pick',
    job,
    task,
    worker,
    picked: [...picked, { ...line, qty: line.qty - short }],
  });
}

function recordPick(
  world: World,
  { job, task, worker }: { job: Job; task: string; worker: string },
  line: Line,
  short: number,
): Emitted {
  const { bin } = world.catalogue.skuOf(line.sku);
  const data = {
    task_id: `${task}/${line.line}`,
    order_id: job.order.id,
    line_id: line.line,
    sku_id: line.sku,
    node_id: job.node,
    location_id: bin,
    qty_requested: line.qty,
    qty_picked: line.qty - short,
    shift_id: shiftAt(world.nowMs),
    worker_pseudo_id: worker,
  };
  const envelope = { source: job.node, flow: job.order.id } as const;
  if (short === 0) return world.emit({ ...envelope, name: 'pick.completed', data });
  return world.emit({
    ...envelope,
    name: 'pick.shorted',
    data: { ...data, qty_short: short, reason: 'bin empty' },
  });
}

/** Most short units are taken from elsewhere, the rest the customer does not get. */
function resolveShort(world: World, job: Job, missing: Line): void {
  world.after([30 * MINUTE, 3 * HOUR], {
    kind: 'recount',
    sku: missing.sku,
    node: job.node,
    held: missing.qty,
  });
  if (world.rng.chance(0.65)) return owe(world, job, missing);
  cancel(world, job.order, { lines: [missing], initiator: 'seller', reason: 'short pick' });
}

function pack(world: World, job: Job): void {
  const [now, later] = partsOf(world, job);
  if (later !== null) world.after([HOUR, 3 * HOUR], { kind: 'pack', job: later });
  const units = now.lines.reduce((sum, { qty }) => sum + qty, 0);
  world.emit({
    source: job.node,
    name: 'pack.completed',
    flow: job.order.id,
    data: {
      order_id: job.order.id,
      node_id: job.node,
      carton_id: world.nextId('c'),
      weight_g: 250 + 420 * units,
      lines: now.lines.map(lineOf),
    },
  });
  world.afterWork(job.node, [20 * MINUTE, 100 * MINUTE], { kind: 'dispatch', job: now });
}

/** A large order sometimes leaves in two parts. */
function partsOf(world: World, job: Job): [now: Job, later: Job | null] {
  const large = job.order.sla === 'wholesale' && job.lines.length >= 4 && !job.extra;
  if (!large || !world.rng.chance(PARTIAL_CHANCE)) return [job, null];
  const half = Math.ceil(job.lines.length / 2);
  return [
    { ...job, lines: job.lines.slice(0, half) },
    { ...job, lines: job.lines.slice(half), extra: true },
  ];
}

function dispatch(world: World, job: Job): void {
  const { rng } = world;
  const { lines, node, order } = job;
  const carrier = rng.weighted(CARRIERS, ({ parcels }) => parcels);
  const units = lines.reduce((sum, { qty }) => sum + qty, 0);
  const express = order.sla === 'same_day' || rng.chance(EXPEDITE_CHANCE);
  const freightCents = rng.int(390, 520) + 35 * units + (express ? 480 : 0);
  const shipment: Shipment = {
    id: world.nextId('s'),
    job,
    carrier: carrier.id,
    etaMs: world.nowMs + carrier.days * DAY * (0.8 + 0.4 * rng.next()),
  };
  const dispatched = world.emit({
    source: node,
    name: 'shipment.dispatched',
    flow: order.id,
    data: {
      shipment_id: shipment.id,
      order_id: order.id,
      node_id: node,
      carrier: carrier.id,
      service: express ? 'express' : 'standard',
      freight_cost: centsText(freightCents),
      currency: HOUSE_CURRENCY,
      shipped_at: world.instant(world.nowMs),
      lines: lines.map(lineOf),
    },
  });
  const booked = { order: order.id, ref: `freight-${shipment.id}` };
  if (job.extra) recordCost(world, { ...booked, type: 'L2', cents: freightCents + 85 });
  else if (express && order.sla !== 'same_day') {
    recordCost(world, { ...booked, type: 'L1', cents: 480 });
  }
  if (order.sla === 'wholesale' && rng.chance(CHARGEBACK_CHANCE)) {
    const ref = `chargeback-${shipment.id}`;
    recordCost(world, { type: 'L7', cents: rng.int(2_500, 15_000), order: order.id, ref });
  }
  const { plan } = order;
  if (plan?.kind === 'slow') labelSlow(world, order, plan, dispatched);
  if (plan?.kind === 'late scan') {
    const firstScanMs = world.nowMs + world.stretch(plan.hours * HOUR);
    const span = { fromMs: world.nowMs, toMs: firstScanMs, evidence: [dispatched] };
    world.label({ ...plan.draft, ...labelledOrder(order) }, span);
    const late = { ...shipment, etaMs: firstScanMs + DAY };
    return world.planAt(firstScanMs, { kind: 'track', shipment: late, stage: 0 });
  }
  if (plan === undefined && node === DC && rng.chance(VOID_CHANCE)) {
    return world.after([10 * MINUTE, 40 * MINUTE], { kind: 'void', shipment });
  }
  scanAt(world, shipment, 0);
}

/** At risk from four fifths of the time on; late when it left after it was due. */
function labelSlow(
  world: World,
  order: Order,
  { draft }: Extract<OrderPlan, { kind: 'slow' }>,
  dispatched: Emitted,
): void {
  const { createdMs, dueMs } = order;
  const left = { toMs: world.nowMs, evidence: [dispatched] };
  const riskMs = createdMs + 0.8 * (dueMs - createdMs);
  const isLate = world.nowMs > dueMs;
  const hours = (fromMs: number) => Math.round((world.nowMs - fromMs) / MINUTE) / 60;
  const entity = labelledOrder(order);
  if (!isLate) {
    const isRisk = riskMs < world.nowMs;
    // A near miss leaves before it is at risk; one that had to wait for the shift does not.
    const { near_miss: _nearMiss, ...real } = draft;
    const atRisk: Draft = { ...real, code: 'ORDER_SLA_RISK' };
    return world.label(
      { ...(isRisk ? atRisk : draft), ...entity, size: hours(createdMs) },
      { ...left, fromMs: isRisk ? riskMs : createdMs },
    );
  }
  const breach: Draft = { ...draft, ...entity, code: 'ORDER_SLA_BREACH', size: hours(dueMs) };
  world.label(breach, { ...left, fromMs: dueMs });
  const risk: Draft = {
    ...draft,
    ...entity,
    incident_id: `${draft.incident_id}/risk`,
    code: 'ORDER_SLA_RISK',
    size: hours(riskMs),
  };
  world.label(risk, { ...left, fromMs: riskMs });
}

/** Back on the shelf: the line is owed its units again. */
function voidShipment(world: World, { id, job }: Shipment): void {
  world.emit({
    source: job.node,
    name: 'shipment.voided',
    flow: job.order.id,
    data: { shipment_id: id, order_id: job.order.id, reason: 'label misprint' },
  });
  for (const line of job.lines) {
    world.book(line.sku, job.node, { available: line.qty });
    owe(world, job, line);
  }
}

function scanAt(world: World, shipment: Shipment, stage: number): void {
  const next = TRACKING[stage];
  const part = next?.part ?? 1;
  const before = TRACKING[stage - 1]?.part ?? 0;
  const stepMs = (shipment.etaMs - world.nowMs) * ((part - before) / (1 - before));
  const task: FulfilmentTask =
    next === undefined ? { kind: 'deliver', shipment } : { kind: 'track', shipment, stage };
  world.planAt(world.nowMs + Math.max(MINUTE, stepMs), task);
}

function track(world: World, shipment: Shipment, stage: number): void {
  const scan = TRACKING[stage];
  if (scan === undefined) throw new Error(`no scan ${stage}`);
  world.emit({
    source: 'carriers',
    name: 'shipment.tracking.updated',
    flow: shipment.job.order.id,
    data: {
      shipment_id: shipment.id,
      order_id: shipment.job.order.id,
      status: scan.status,
      raw_status: scan.raw,
      eta_at: world.instant(shipment.etaMs),
    },
  });
  scanAt(world, shipment, stage + 1);
}

function deliver(world: World, shipment: Shipment, delivered: (shipment: Shipment) => void): void {
  const { id, job } = shipment;
  world.emit({
    source: 'carriers',
    name: 'shipment.delivered',
    flow: job.order.id,
    data: {
      shipment_id: id,
      order_id: job.order.id,
      delivered_at: world.instant(world.nowMs),
    },
  });
  delivered(shipment);
}

export const lineOf = ({ line, qty, sku }: Line) => ({ line_id: line, sku_id: sku, qty });

/** Workers of a node's shift, by number. */
export const workersOf = (node: Node) =>
  Array.from({ length: node === PARTNER ? 0 : WORKERS }, (_, index) => `w-${index + 1}`);
