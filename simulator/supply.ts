/**
 * Replenishment, one supplier and node at a time.
 *
 *   review ─▶ PO ─▶ acknowledged (changed) ─▶ ship notice (delayed) ─▶ arrived ─▶ received line by line
 *                          on the shelf ◀─ put away or inspected ◀──────────────┘
 */
import { DAY, HOUR, MINUTE, nextOpen, SECOND } from './calendar.ts';
import {
  DC,
  HOUSE_CURRENCY,
  NODES,
  PARTNER,
  SUPPLIERS,
  type Node,
  type Sku,
  type Supplier,
} from './catalogue.ts';
import type { PoPlan } from './incidents/plan.ts';
import { UNITS_PER_ORDER } from './orders.ts';
import { BATCH_MS, type Emitted, type World } from './world.ts';

export interface PoLine {
  readonly sku: string;
  readonly qty: number;
}
export interface Po {
  readonly id: string;
  readonly supplier: string;
  readonly node: Node;
  readonly lines: readonly PoLine[];
  readonly dueMs: number;
  /** When it will really be at the dock. */
  readonly arrivesMs: number;
  readonly plan?: PoPlan;
}

export type SupplyTask =
  /** Looks at what a node needs from a supplier. */
  | { readonly kind: 'review'; readonly supplier: string; readonly node: Node }
  | { readonly kind: 'acknowledge'; readonly po: Po }
  | { readonly kind: 'change po'; readonly po: Po }
  | { readonly kind: 'announce'; readonly po: Po }
  | { readonly kind: 'delay'; readonly po: Po }
  | { readonly kind: 'arrive at dock'; readonly po: Po }
  | { readonly kind: 'receive'; readonly po: Po; readonly next: number }
  | { readonly kind: 'inspect'; readonly po: Po; readonly line: PoLine }
  | { readonly kind: 'put away'; readonly po: Po; readonly line: PoLine }
  | { readonly kind: 'send back'; readonly node: Node; readonly line: PoLine };

const MAX_PO_LINES = 80;
const ONE_SHORT_CHANCE = 0.02;

/** Part of a SKU's demand that a node serves. */
const nodePart = (sku: Sku, node: Node) =>
  sku.nodes.length === 1 ? 1 : node === PARTNER ? 0.25 : 0.75;

/** Order when what is there and coming falls below the point, up to the target (units). */
export function levelsOf(world: World, sku: Sku, node: Node): { point: number; target: number } {
  const perDay = world.ordersPerDay * UNITS_PER_ORDER * sku.share * nodePart(sku, node);
  const { leadDays, spreadDays } = sku.supplier;
  const reserve = sku.abcClass === 'C' ? 18 : 28;
  const point = Math.ceil(perDay * (leadDays + 2 * spreadDays + 3.5) + reserve);
  return { point, target: point + Math.ceil(perDay * 5) + sku.packQty };
}

export function supplyStep(world: World, task: SupplyTask): void {
  switch (task.kind) {
    case 'review':
      return review(world, task.supplier, task.node);
    case 'acknowledge':
      return acknowledge(world, task.po);
    case 'change po':
      return changePo(world, task.po);
    case 'announce':
      return announce(world, task.po);
    case 'delay':
      return delay(world, task.po);
    case 'arrive at dock':
      return arriveAtDock(world, task.po);
    case 'receive':
      return receive(world, task.po, task.next);
    case 'inspect':
      return inspect(world, task.po, task.line);
    case 'put away':
      return putAway(world, task.po, task.line);
    case 'send back':
      return sendBack(world, task.node, task.line);
    default:
      return task satisfies never;
  }
}

function supplierOf(id: string): Supplier {
  const found = SUPPLIERS.find((one) => one.id === id);
  if (found === undefined) throw new Error(`the brand has no supplier ${id}`);
  return found;
}

function review(world: World, supplier: string, node: Node): void {
  world.after([DAY, DAY], { kind: 'review', supplier, node });
  const skus = world.catalogue.bySupplier.get(supplier) ?? [];
  const lines = skus.flatMap((sku): PoLine[] => {
    if (!sku.nodes.includes(node) || isUnordered(world, sku.id)) return [];
    const { incoming } = world.position(sku.id, node);
    const coming = world.free(sku.id, node) + incoming;
    const { point, target } = levelsOf(world, sku, node);
    if (coming >= point) return [];
    return [{ sku: sku.id, qty: Math.ceil((target - coming) / sku.packQty) * sku.packQty }];
  });
  if (lines.length > 0) order(world, { supplier, node, lines: lines.slice(0, MAX_PO_LINES) });
}

/** Nobody orders a SKU for a while. */
function isUnordered(world: World, sku: string): boolean {
  return (world.state.unordered[sku] ?? 0) > world.nowMs;
}

/** Sends a purchase order and decides when it will come. */
export function order(
  world: World,
  { lines, node, supplier }: { supplier: string; node: Node; lines: readonly PoLine[] },
): void {
  const { leadDays, spreadDays } = supplierOf(supplier);
  const days = leadDays + spreadDays * world.rng.normal();
  const open = world.shiftsOf(node);
  const po: Po = {
    id: world.nextId('po'),
    supplier,
    node,
    lines,
    dueMs: Math.round(world.nowMs + (leadDays + 2 * spreadDays) * DAY),
    arrivesMs: Math.round(nextOpen(open, world.nowMs + Math.max(0.6, days) * DAY)),
  };
  issue(world, po);
  world.after([HOUR, 6 * HOUR], { kind: 'acknowledge', po });
}

export function issue(world: World, po: Po): void {
  for (const { qty, sku } of po.lines) world.book(sku, po.node, { incoming: qty });
  world.emit({
    source: 'erp',
    name: 'purchaseorder.issued',
    flow: po.id,
    data: {
      po_id: po.id,
      supplier_id: po.supplier,
      node_id: po.node,
      currency: HOUSE_CURRENCY,
      lines: po.lines.map(({ qty, sku }) => ({
        sku_id: sku,
        qty,
        due_at: world.instant(po.dueMs),
        unit_cost: world.catalogue.skuOf(sku).cost,
      })),
    },
  });
}

/** A supplier that cannot fill a line promises four fifths; the order is then changed to that. */
function acknowledge(world: World, po: Po): void {
  const { fill } = supplierOf(po.supplier);
  const lines = po.lines.map(({ qty, sku }) =>
    world.rng.chance(fill) ? { sku, qty } : { sku, qty: Math.max(1, Math.floor(qty * 0.8)) },
  );
  const less = lines.some(({ qty }, index) => qty < (po.lines[index]?.qty ?? 0));
  world.emit({
    source: 'suppliers',
    name: 'purchaseorder.acknowledged',
    flow: po.id,
    data: {
      po_id: po.id,
      supplier_id: po.supplier,
      status: less ? 'changed' : 'accepted',
      lines: lines.map(({ qty, sku }) => ({
        sku_id: sku,
        qty,
        promised_at: world.instant(po.dueMs),
      })),
    },
  });
  for (const [index, { qty, sku }] of lines.entries()) {
    const given = (po.lines[index]?.qty ?? 0) - qty;
    if (given > 0) world.book(sku, po.node, { incoming: -given });
  }
  const promised = { ...po, lines };
  if (less) world.after([20 * MINUTE, 90 * MINUTE], { kind: 'change po', po: promised });
  const leavesMs = world.nowMs + (po.arrivesMs - world.nowMs) * (0.4 + 0.2 * world.rng.next());
  world.planAt(leavesMs, { kind: 'announce', po: promised });
}

function changePo(world: World, { dueMs, id, lines, node, supplier }: Po): void {
  world.emit({
    source: 'erp',
    name: 'purchaseorder.changed',
    flow: id,
    data: {
      po_id: id,
      supplier_id: supplier,
      node_id: node,
      lines: lines.map(({ qty, sku }) => ({ sku_id: sku, qty, due_at: world.instant(dueMs) })),
    },
  });
}

const asnOf = (po: Po) => `asn-${po.id}`;
const receiptOf = (po: Po) => `rcv-${po.id}`;

export function announce(world: World, po: Po): void {
  const { arrivesMs, id, lines, node, supplier } = po;
  world.emit({
    source: 'suppliers',
    name: 'asn.received',
    flow: id,
    data: {
      asn_id: asnOf(po),
      po_id: id,
      supplier_id: supplier,
      node_id: node,
      eta_at: world.instant(po.plan?.kind === 'late' ? po.dueMs : arrivesMs + HOUR),
      lines: lines.map(({ qty, sku }) => ({ sku_id: sku, qty })),
    },
  });
  if (po.plan === undefined && world.rng.chance(supplierOf(supplier).delays)) {
    const halfWay = world.nowMs + (arrivesMs - world.nowMs) / 2;
    return world.planAt(halfWay, { kind: 'delay', po });
  }
  world.planAt(arrivesMs, { kind: 'arrive at dock', po });
}

function delay(world: World, po: Po): void {
  const laterMs = po.arrivesMs + world.rng.int(2 * HOUR, 9 * HOUR);
  const arrivesMs = nextOpen(world.shiftsOf(po.node), laterMs);
  world.emit({
    source: 'carriers',
    name: 'inbound.eta.changed',
    flow: po.id,
    data: {
      asn_id: asnOf(po),
      supplier_id: po.supplier,
      eta_at: world.instant(arrivesMs + HOUR),
      reason: 'congestion',
    },
  });
  world.planAt(arrivesMs, { kind: 'arrive at dock', po });
}

/** What a receipt says it belongs to. */
function papersOf(po: Po): { po_id?: string; asn_id?: string } {
  if (po.plan?.kind !== 'blind') return { po_id: po.id, asn_id: asnOf(po) };
  return po.plan.namesOrder ? { po_id: po.id } : {};
}

function arriveAtDock(world: World, po: Po): void {
  const { id, node, supplier } = po;
  const arrived = world.emit({
    source: node,
    name: 'inbound.arrived',
    flow: id,
    prompt: true,
    data: {
      ...papersOf(po),
      supplier_id: supplier,
      node_id: node,
      dock_at: world.instant(world.nowMs),
    },
  });
  if (po.plan?.kind === 'late') {
    const span = { fromMs: po.dueMs, toMs: world.nowMs, evidence: [arrived] };
    world.label(po.plan.draft, span);
  }
  world.afterWork(node, [20 * MINUTE, 2 * HOUR], { kind: 'receive', po, next: 0 });
}

/** Lines come as announced, save that now and then one unit of many is missing. */
function receive(world: World, po: Po, next: number): void {
  const { id, lines, node, supplier } = po;
  const line = lines[next];
  if (line === undefined) return closeReceipt(world, po);
  const { inspected } = supplierOf(supplier);
  const missing = missingOf(world, po, line);
  const inspect = node === DC && po.plan === undefined && world.rng.chance(inspected);
  const got = { sku: line.sku, qty: line.qty - missing };
  if (missing !== 0) world.book(line.sku, node, { incoming: -missing });
  world.emit({
    source: node,
    name: 'receipt.line.received',
    flow: id,
    prompt: true,
    data: {
      receipt_id: receiptOf(po),
      ...papersOf(po),
      supplier_id: supplier,
      sku_id: line.sku,
      node_id: node,
      ...(po.plan?.kind === 'blind' ? {} : { qty_expected: line.qty }),
      qty_received: got.qty,
      condition_code: inspect ? 'inspect' : 'good',
      raw_code: '07',
    },
  });
  if (inspect) world.afterWork(node, [HOUR, 5 * HOUR], { kind: 'inspect', po, line: got });
  else if (node === PARTNER) {
    // Confirmed with the next file, after its rows of receipt.
    const fileMs = Math.ceil((world.nowMs + HOUR) / BATCH_MS[PARTNER]) * BATCH_MS[PARTNER];
    world.planAt(fileMs, { kind: 'put away', po, line: got });
  } else world.afterWork(node, [30 * MINUTE, 4 * HOUR], { kind: 'put away', po, line: got });
  world.afterWork(node, [40 * SECOND, 4 * MINUTE], { kind: 'receive', po, next: next + 1 });
}

/** Units that were announced and do not come. */
function missingOf(world: World, po: Po, line: PoLine): number {
  if (po.plan?.kind === 'units') return -po.plan.units;
  if (po.plan !== undefined) return 0;
  const bias = world.state.biases[po.supplier];
  if (bias !== undefined && bias.untilMs > world.nowMs) {
    const part = bias.drifts ? bias.part * bias.receipts : bias.part;
    return Math.min(line.qty - 1, Math.floor(line.qty * part + world.rng.next()));
  }
  return line.qty > 1 && world.rng.chance(ONE_SHORT_CHANCE) ? 1 : 0;
}

function closeReceipt(world: World, po: Po): void {
  const { plan } = po;
  const unasked = plan?.kind === 'unexpected' ? receiveUnasked(world, po, plan) : null;
  const bias = world.state.biases[po.supplier];
  if (bias !== undefined) bias.receipts += 1;
  const closed = world.emit({
    source: po.node,
    name: 'receipt.closed',
    flow: po.id,
    prompt: true,
    data: {
      receipt_id: receiptOf(po),
      ...papersOf(po),
      supplier_id: po.supplier,
      node_id: po.node,
      closed_at: world.instant(world.nowMs),
    },
  });
  if (plan === undefined || plan.kind === 'late') return;
  const receipt = receiptOf(po);
  world.label(
    { ...plan.draft, entity: { type: 'receipt', id: receipt }, supplier_id: po.supplier },
    { fromMs: world.nowMs, toMs: world.nowMs, evidence: unasked ? [unasked, closed] : [closed] },
  );
}

/** Goods that are neither on the order nor on the notice. */
function receiveUnasked(
  world: World,
  po: Po,
  { qty, sku }: Extract<PoPlan, { kind: 'unexpected' }>,
): Emitted {
  world.book(sku, po.node, { incoming: qty });
  world.after([HOUR, 2 * HOUR], { kind: 'put away', po, line: { sku, qty } });
  return world.emit({
    source: po.node,
    name: 'receipt.line.received',
    flow: po.id,
    prompt: true,
    data: {
      receipt_id: receiptOf(po),
      ...papersOf(po),
      supplier_id: po.supplier,
      sku_id: sku,
      node_id: po.node,
      qty_received: qty,
      condition_code: 'good',
      raw_code: '05',
    },
  });
}

/** What fails goes back to the supplier. */
function inspect(world: World, po: Po, { qty, sku }: PoLine): void {
  const { defects } = supplierOf(po.supplier);
  let failed = 0;
  for (let unit = 0; unit < qty; unit++) if (world.rng.chance(defects)) failed += 1;
  world.book(sku, po.node, { incoming: -qty, available: qty - failed });
  world.emit({
    source: po.node,
    name: 'quality.inspected',
    flow: po.id,
    prompt: true,
    data: {
      receipt_id: receiptOf(po),
      sku_id: sku,
      node_id: po.node,
      qty_pass: qty - failed,
      qty_fail: failed,
      ...(failed === 0 ? {} : { fail_state: 'rtv_pending' }),
      defect_code: failed === 0 ? 'none' : world.rng.pick(['chipped', 'stained', 'wrong finish']),
    },
  });
  if (failed === 0) return;
  const line = { sku, qty: failed };
  world.afterWork(po.node, [8 * HOUR, 20 * HOUR], { kind: 'send back', node: po.node, line });
}

function putAway(world: World, po: Po, { qty, sku }: PoLine): void {
  const heardMs = world.state.silent[po.node] ?? 0;
  if (heardMs > world.nowMs) {
    // Nobody sells what the partner has not confirmed.
    return world.planAt(heardMs + 5 * MINUTE, { kind: 'put away', po, line: { sku, qty } });
  }
  world.book(sku, po.node, { incoming: -qty, available: qty });
  world.emit({
    source: po.node,
    name: 'putaway.completed',
    flow: po.id,
    prompt: true,
    data: {
      receipt_id: receiptOf(po),
      sku_id: sku,
      node_id: po.node,
      location_id: world.catalogue.skuOf(sku).bin,
      qty,
    },
  });
}

function sendBack(world: World, node: Node, { qty, sku }: PoLine): void {
  world.emit({
    source: node,
    name: 'shipment.dispatched',
    data: {
      shipment_id: world.nextId('rtv'),
      node_id: node,
      carrier: 'northpost',
      service: 'standard',
      shipped_at: world.instant(world.nowMs),
      rtv: true,
      lines: [{ sku_id: sku, qty }],
    },
  });
}

/** Reviews of all suppliers for all nodes, spread over the first working day. */
export function firstReviews(): SupplyTask[] {
  return SUPPLIERS.flatMap(({ id }) =>
    NODES.map((node) => ({ kind: 'review', supplier: id, node }) as const),
  );
}
