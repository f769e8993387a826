/**
 * Replenishment, one supplier and node at a time.
 *
 *   review ─▶ PO ─▶ acknowledged ─▶ ship notice ─▶ arrived ─▶ received line by line ─▶ put away
 */
import { binOf, NODES, SKUS, skuOf, SUPPLIERS, type Node } from './catalogue.ts';
import { instant, type World } from './world.ts';

interface PoLine {
  readonly sku: string;
  readonly qty: number;
}
interface Po {
  readonly id: string;
  readonly supplier: string;
  readonly node: Node;
  readonly lines: readonly PoLine[];
}

export type SupplyTask =
  /** Looks at the next pair of supplier and node, in turn. */
  | { readonly kind: 'review'; readonly turn: number }
  | { readonly kind: 'acknowledge'; readonly po: Po }
  | { readonly kind: 'announce'; readonly po: Po }
  | { readonly kind: 'delay'; readonly po: Po }
  | { readonly kind: 'arrive at dock'; readonly po: Po }
  | { readonly kind: 'receive'; readonly po: Po; readonly next: number }
  | { readonly kind: 'inspect'; readonly po: Po; readonly line: PoLine }
  | { readonly kind: 'put away'; readonly po: Po; readonly line: PoLine };

const REVIEW_MS = 4_000;
/** Reorder when what is there and coming falls below this part of the target. */
const REORDER_AT = 0.55;
const TO_DOCK_MS = [40_000, 90_000] as const;

export function supplyStep(world: World, task: SupplyTask): void {
  switch (task.kind) {
    case 'review':
      return review(world, task.turn);
    case 'acknowledge':
      return acknowledge(world, task.po);
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
    default:
      return task satisfies never;
  }
}

function review(world: World, turn: number): void {
  const gapMs = Math.round(REVIEW_MS * world.tempo);
  world.after([gapMs, gapMs], { kind: 'review', turn: turn + 1 });
  const supplier = SUPPLIERS[turn % SUPPLIERS.length];
  const node = NODES[Math.floor(turn / SUPPLIERS.length) % NODES.length];
  if (supplier === undefined || node === undefined) return;

  const lines = SKUS.filter((sku) => sku.supplier === supplier).flatMap((sku): PoLine[] => {
    const position = world.at(sku, node);
    const coming = position.available - position.promised + position.incoming;
    return coming < REORDER_AT * sku.target
      ? [{ sku: sku.id, qty: sku.target - Math.max(coming, 0) }]
      : [];
  });
  if (lines.length === 0) return;
  const po: Po = { id: world.nextId('po'), supplier, node, lines };
  for (const { sku, qty } of lines) world.at(sku, node).incoming += qty;
  world.emit({
    source: 'erp',
    name: 'purchaseorder.issued',
    flow: po.id,
    data: {
      po_id: po.id,
      supplier_id: supplier,
      node_id: node,
      currency: 'EUR',
      lines: lines.map(({ sku, qty }) => ({
        sku_id: sku,
        qty,
        due_at: instant(world.nowMs + 180_000),
        unit_cost: skuOf(sku).cost,
      })),
    },
  });
  world.after([4_000, 15_000], { kind: 'acknowledge', po });
}

/** One answer in eight promises less than was ordered; the order is then changed to that. */
function acknowledge(world: World, po: Po): void {
  const { id, supplier, node } = po;
  const less = world.rng.chance(0.125);
  const lines = less
    ? po.lines.map(({ sku, qty }) => ({ sku, qty: Math.max(1, Math.floor(qty * 0.8)) }))
    : po.lines;
  world.emit({
    source: 'suppliers',
    name: 'purchaseorder.acknowledged',
    flow: id,
    data: {
      po_id: id,
      supplier_id: supplier,
      status: less ? 'changed' : 'accepted',
      lines: lines.map(({ sku, qty }) => ({
        sku_id: sku,
        qty,
        promised_at: instant(world.nowMs + 150_000),
      })),
    },
  });
  if (less) {
    po.lines.forEach(({ sku, qty }, index) => {
      world.at(sku, node).incoming -= qty - (lines[index]?.qty ?? 0);
    });
    world.emit({
      source: 'erp',
      name: 'purchaseorder.changed',
      flow: id,
      data: {
        po_id: id,
        supplier_id: supplier,
        node_id: node,
        lines: lines.map(({ sku, qty }) => ({
          sku_id: sku,
          qty,
          due_at: instant(world.nowMs + 180_000),
        })),
      },
    });
  }
  world.after([15_000, 40_000], { kind: 'announce', po: { ...po, lines } });
}

const asnOf = (po: Po) => `asn-${po.id}`;
const receiptOf = (po: Po) => `rcv-${po.id}`;

function announce(world: World, po: Po): void {
  const { id, supplier, node, lines } = po;
  world.emit({
    source: 'suppliers',
    name: 'asn.received',
    flow: id,
    data: {
      asn_id: asnOf(po),
      po_id: id,
      supplier_id: supplier,
      node_id: node,
      eta_at: instant(world.nowMs + TO_DOCK_MS[1]),
      lines: lines.map(({ sku, qty }) => ({ sku_id: sku, qty })),
    },
  });
  if (world.rng.chance(0.15)) world.after([10_000, 30_000], { kind: 'delay', po });
  else world.after(TO_DOCK_MS, { kind: 'arrive at dock', po });
}

function delay(world: World, po: Po): void {
  world.emit({
    source: 'carriers',
    name: 'inbound.eta.changed',
    flow: po.id,
    data: {
      asn_id: asnOf(po),
      supplier_id: po.supplier,
      eta_at: instant(world.nowMs + 2 * TO_DOCK_MS[1]),
      reason: 'congestion',
    },
  });
  world.after([TO_DOCK_MS[1], 2 * TO_DOCK_MS[1]], { kind: 'arrive at dock', po });
}

function arriveAtDock(world: World, po: Po): void {
  const { id, supplier, node } = po;
  world.emit({
    source: node,
    name: 'inbound.arrived',
    flow: id,
    data: {
      asn_id: asnOf(po),
      po_id: id,
      supplier_id: supplier,
      node_id: node,
      dock_at: instant(world.nowMs),
    },
  });
  world.after([5_000, 15_000], { kind: 'receive', po, next: 0 });
}

/** Most lines come as announced; some need an inspection, a few are damaged or a unit or two short. */
function receive(world: World, po: Po, next: number): void {
  const { id, supplier, node, lines } = po;
  const line = lines[next];
  const receipt = receiptOf(po);
  if (line === undefined) {
    return world.emit({
      source: node,
      name: 'receipt.closed',
      flow: id,
      data: {
        receipt_id: receipt,
        po_id: id,
        asn_id: asnOf(po),
        supplier_id: supplier,
        node_id: node,
        closed_at: instant(world.nowMs),
      },
    });
  }
  const missing = world.rng.chance(0.03) ? Math.min(world.rng.int(1, 2), line.qty - 1) : 0;
  const got = line.qty - missing;
  const condition = world.rng.weighted(['good', 'inspect', 'damaged'] as const, (code) =>
    code === 'good' ? 92 : code === 'inspect' ? 6 : 2,
  );
  const position = world.at(line.sku, node);
  position.incoming -= missing;
  world.emit({
    source: node,
    name: 'receipt.line.received',
    flow: id,
    data: {
      receipt_id: receipt,
      po_id: id,
      asn_id: asnOf(po),
      supplier_id: supplier,
      sku_id: line.sku,
      node_id: node,
      qty_expected: line.qty,
      qty_received: got,
      condition_code: condition,
    },
  });
  const received = { sku: line.sku, qty: got };
  if (condition === 'good') world.after([5_000, 20_000], { kind: 'put away', po, line: received });
  else if (condition === 'inspect') {
    world.after([10_000, 30_000], { kind: 'inspect', po, line: received });
  } else position.incoming -= got;
  world.after([1_000, 4_000], { kind: 'receive', po, next: next + 1 });
}

function inspect(world: World, po: Po, { sku, qty }: PoLine): void {
  const failed = world.rng.chance(0.3) ? Math.min(qty, world.rng.int(1, 4)) : 0;
  const position = world.at(sku, po.node);
  position.incoming -= qty;
  position.available += qty - failed;
  world.emit({
    source: po.node,
    name: 'quality.inspected',
    flow: po.id,
    data: {
      receipt_id: receiptOf(po),
      sku_id: sku,
      node_id: po.node,
      qty_pass: qty - failed,
      qty_fail: failed,
      defect_code: failed === 0 ? 'none' : 'chipped',
    },
  });
}

function putAway(world: World, po: Po, { sku, qty }: PoLine): void {
  const position = world.at(sku, po.node);
  position.incoming -= qty;
  position.available += qty;
  world.emit({
    source: po.node,
    name: 'putaway.completed',
    flow: po.id,
    data: {
      receipt_id: receiptOf(po),
      sku_id: sku,
      node_id: po.node,
      location_id: binOf(sku),
      qty,
    },
  });
}
