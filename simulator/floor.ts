/**
 * What goes on beside orders and supply: adjustments, counts, moves, unreadable labels, availability for
 * the channels, heartbeats, and the snapshot in which the 3PL says what it has by its own count.
 */
import {
  binOf,
  CHANNELS,
  CHANNEL_SHARE,
  HEARTBEAT_MS,
  NODES,
  SKUS,
  SNAPSHOT_NODE,
  SOURCES,
  type Node,
  type Source,
} from './catalogue.ts';
import { instant, type World } from './world.ts';

/** One row of a snapshot: what was available when it was taken. */
type Stated = readonly [sku: string, units: number];

export type FloorTask =
  | { readonly kind: 'publish'; readonly turn: number }
  | { readonly kind: 'adjust' }
  | { readonly kind: 'count' }
  | { readonly kind: 'move' }
  | { readonly kind: 'break' }
  | { readonly kind: 'misread' }
  | { readonly kind: 'heartbeat'; readonly source: Source }
  /** After a short pick: where are the units that were held? */
  | { readonly kind: 'recount'; readonly sku: string; readonly node: Node; readonly held: number }
  | { readonly kind: 'take snapshot' }
  | { readonly kind: 'send snapshot'; readonly asOfMs: number; readonly rows: readonly Stated[] };

/** How often each rhythm comes, at 20 events/s. */
const RHYTHMS_MS = {
  publish: 1_500,
  adjust: 25_000,
  count: 15_000,
  move: 12_000,
  break: 80_000,
  misread: 45_000,
  'take snapshot': 180_000,
} as const;
export type Rhythm = keyof typeof RHYTHMS_MS;
const SNAPSHOT_ROWS = 12;
const SNAPSHOT_DELAY_MS = [15_000, 30_000] as const;

export function floorStep(world: World, task: FloorTask): void {
  switch (task.kind) {
    case 'publish':
      again(world, { kind: 'publish', turn: task.turn + 1 });
      return publish(world, task.turn);
    case 'adjust':
      again(world, task);
      return adjust(world);
    case 'count':
      again(world, task);
      return count(world);
    case 'move':
      again(world, task);
      return move(world);
    case 'break':
      again(world, task);
      return breakSome(world);
    case 'misread':
      again(world, task);
      return misread(world);
    case 'take snapshot':
      again(world, task);
      return takeSnapshot(world);
    case 'send snapshot':
      return sendSnapshot(world, task.asOfMs, task.rows);
    case 'recount':
      return recount(world, task);
    case 'heartbeat':
      world.after([HEARTBEAT_MS, HEARTBEAT_MS], task);
      return heartbeat(world, task.source);
    default:
      return task satisfies never;
  }
}

function again(world: World, task: Extract<FloorTask, { kind: Rhythm }>): void {
  const mean = RHYTHMS_MS[task.kind] * world.tempo;
  world.after([Math.round(0.7 * mean), Math.round(1.3 * mean)], task);
}

/** A SKU at a node with something on the shelf, or null when chance finds none. */
function somewhere(world: World): { sku: string; node: Node; free: number } | null {
  const sku = world.rng.pick(SKUS).id;
  const node = world.rng.pick(NODES);
  const { available, promised } = world.at(sku, node);
  return available - promised >= 5 ? { sku, node, free: available - promised } : null;
}

/** Channels in turn, SKU by SKU. What is told is a little old and a rough share. */
function publish(world: World, turn: number): void {
  const channel = CHANNELS[turn % CHANNELS.length];
  const sku = SKUS[Math.floor(turn / CHANNELS.length) % SKUS.length];
  if (channel === undefined || sku === undefined) return;
  const free = NODES.reduce((sum, node) => {
    const { available, promised } = world.at(sku, node);
    return sum + Math.max(0, available - promised - 4);
  }, 0);
  world.emit({
    source: 'oms',
    name: 'channel.availability.published',
    data: {
      sku_id: sku.id,
      channel_id: channel,
      qty: Math.floor(free * CHANNEL_SHARE[channel]),
      computed_at: instant(world.nowMs),
    },
  });
}

function adjust(world: World): void {
  const place = somewhere(world);
  if (place === null) return;
  const [reason, raw, delta] = world.rng.pick([
    ['shrinkage', '06', -1],
    ['damaged', 'AU', -2],
    ['correction', 'AB', 1],
  ] as const);
  adjustAvailable(world, place.sku, place.node, delta, reason, raw);
}

function adjustAvailable(
  world: World,
  sku: string,
  node: Node,
  delta: number,
  reason: 'shrinkage' | 'damaged' | 'correction' | 'cycle_count_available',
  raw: string,
): void {
  world.at(sku, node).available += delta;
  world.emit({
    source: node,
    name: 'inventory.adjusted',
    data: {
      adjustment_id: world.nextId('a'),
      sku_id: sku,
      node_id: node,
      location_id: binOf(sku),
      state: 'available',
      qty_delta: delta,
      reason_code: reason,
      raw_code: raw,
      actor: `w-${world.rng.int(1, 12)}`,
    },
  });
}

function count(world: World): void {
  const place = somewhere(world);
  if (place === null) return;
  const { sku, node } = place;
  const book = world.at(sku, node).available;
  const off = world.rng.chance(0.15) ? world.rng.pick([-2, -1, 1]) : 0;
  world.emit({
    source: node,
    name: 'inventory.counted',
    data: {
      count_id: world.nextId('n'),
      sku_id: sku,
      node_id: node,
      location_id: binOf(sku),
      qty_book: book,
      qty_counted: book + off,
      count_type: 'cycle',
      blind: true,
    },
  });
  if (off !== 0) adjustAvailable(world, sku, node, off, 'cycle_count_available', 'AA');
}

function move(world: World): void {
  const place = somewhere(world);
  if (place === null) return;
  world.emit({
    source: place.node,
    name: 'inventory.moved',
    data: {
      sku_id: place.sku,
      node_id: place.node,
      from_location: `R-${binOf(place.sku)}`,
      to_location: binOf(place.sku),
      qty: world.rng.int(1, Math.min(20, place.free)),
    },
  });
}

function breakSome(world: World): void {
  const place = somewhere(world);
  if (place === null) return;
  const { sku, node } = place;
  const qty = world.rng.int(1, 3);
  world.at(sku, node).available -= qty;
  world.emit({
    source: node,
    name: 'inventory.state.changed',
    data: {
      sku_id: sku,
      node_id: node,
      from_state: 'available',
      to_state: 'damaged',
      qty,
      reason: 'dropped',
    },
  });
}

function misread(world: World): void {
  const { rng } = world;
  const node = rng.pick(NODES);
  const sku = rng.pick(SKUS).id;
  const place = { node_id: node, location_id: binOf(sku), sku_id: sku };
  if (rng.chance(0.6)) {
    const failure = rng.pick(['unreadable', 'check_digit'] as const);
    return world.emit({
      source: node,
      name: 'scan.failed',
      data: { ...place, raw_barcode: String(rng.int(10_000_000, 99_999_999)), failure },
    });
  }
  world.emit({
    source: node,
    name: 'location.error.recorded',
    data: { ...place, error_type: rng.pick(['wrong_sku', 'mixed']), task_id: world.nextId('t') },
  });
}

/** Most of what was missing turns up; the rest is written off. */
function recount(world: World, { sku, node, held }: { sku: string; node: Node; held: number }) {
  if (world.rng.chance(0.6)) {
    world.at(sku, node).available += held;
    return world.emit({
      source: node,
      name: 'inventory.state.changed',
      data: {
        sku_id: sku,
        node_id: node,
        from_state: 'on_hold',
        to_state: 'available',
        qty: held,
        reason: 'found in the next bin',
      },
    });
  }
  world.emit({
    source: node,
    name: 'inventory.adjusted',
    data: {
      adjustment_id: world.nextId('a'),
      sku_id: sku,
      node_id: node,
      location_id: binOf(sku),
      state: 'on_hold',
      qty_delta: -held,
      reason_code: 'shrinkage',
      raw_code: '06',
      actor: 'supervisor',
      note: 'not found after a short pick',
    },
  });
}

function heartbeat(world: World, source: Source): void {
  world.emit({
    source,
    name: 'feed.heartbeat',
    data: {
      feed_id: source,
      last_record_at: instant(world.nowMs),
      records: 0,
      expected_next_at: instant(world.nowMs + HEARTBEAT_MS),
    },
  });
}

function takeSnapshot(world: World): void {
  const skus = new Set<string>();
  while (skus.size < SNAPSHOT_ROWS) skus.add(world.rng.pick(SKUS).id);
  const rows = [...skus].map((sku): Stated => {
    const off = world.rng.chance(0.15) ? world.rng.pick([-2, -1, 1, 2]) : 0;
    return [sku, Math.max(0, world.at(sku, SNAPSHOT_NODE).available + off)];
  });
  world.after(SNAPSHOT_DELAY_MS, { kind: 'send snapshot', asOfMs: world.nowMs, rows });
}

function sendSnapshot(world: World, asOfMs: number, rows: readonly Stated[]): void {
  const snapshot = world.nextId('snap');
  const asOf = instant(asOfMs);
  for (const [sku, qty] of rows) {
    world.emit({
      source: SNAPSHOT_NODE,
      name: 'inventory.snapshot.recorded',
      data: {
        snapshot_id: snapshot,
        as_of: asOf,
        sku_id: sku,
        node_id: SNAPSHOT_NODE,
        state: 'available',
        qty,
      },
    });
  }
  world.emit({
    source: SNAPSHOT_NODE,
    name: 'inventory.snapshot.completed',
    data: {
      snapshot_id: snapshot,
      node_id: SNAPSHOT_NODE,
      scope: 'partial',
      as_of: asOf,
      row_count: rows.length,
      control_total: rows.reduce((sum, [, qty]) => sum + qty, 0),
      dataref: `${SOURCES[SNAPSHOT_NODE]}/${snapshot}.edi`,
    },
  });
}
