/**
 * The own warehouse beside orders and supply: counts, adjustments and their corrections, moves, breakage,
 * unreadable labels, misplaced goods, labour. Noise, small and honest: it stays below what a count or an
 * approval would call an exception.
 */
import { DAY, HOUR, MINUTE, nextOpen, shiftAt, UTC_OFFSET_MIN } from './calendar.ts';
import { DC, HOUSE_CURRENCY, type AbcClass, type Node, type Sku } from './catalogue.ts';
import { workerOf, workersOf } from './fulfilment.ts';
import { recordCost } from './orders.ts';
import type { Emitted, World } from './world.ts';

export type FloorTask =
  | { readonly kind: 'count'; readonly abcClass: AbcClass }
  | { readonly kind: 'adjust' }
  | { readonly kind: 'move' }
  | { readonly kind: 'break' }
  | { readonly kind: 'misread' }
  | { readonly kind: 'slip' }
  | { readonly kind: 'labour' }
  /** An adjustment turns out wrong. */
  | {
      readonly kind: 'correct';
      readonly sku: string;
      readonly units: number;
      readonly wrong: Emitted;
    }
  /** After a short pick: where are the units that were held? */
  | { readonly kind: 'recount'; readonly sku: string; readonly node: Node; readonly held: number }
  | { readonly kind: 'scrap'; readonly sku: string; readonly node: Node; readonly qty: number }
  | { readonly kind: 'unhold'; readonly sku: string; readonly qty: number };

/** Days in which every SKU of a class is counted once. */
const COUNT_DAYS: Readonly<Record<AbcClass, number>> = { A: 10, B: 30, C: 90 };
/** Orders between two of a kind. */
const ORDERS_PER = { adjust: 130, move: 40, break: 260, misread: 150, slip: 320 } as const;
type Rhythm = keyof typeof ORDERS_PER;
export const RHYTHMS = Object.keys(ORDERS_PER) as Rhythm[];

const OFF_CHANCE = 0.04;
const CORRECTION_CHANCE = 0.06;
/** Noise concerns goods so cheap that a unit more or less does not matter. */
const PETTY_CENTS = 1_200;
const SHIFT_MS = 8 * HOUR;

export function floorStep(world: World, task: FloorTask): void {
  switch (task.kind) {
    case 'count':
      againForClass(world, task.abcClass);
      return routineCount(world, task.abcClass);
    case 'adjust':
    case 'move':
    case 'break':
    case 'misread':
    case 'slip':
      again(world, task.kind);
      return noise(world, task.kind);
    case 'labour':
      return recordLabour(world);
    case 'correct':
      return correct(world, task);
    case 'recount':
      return recount(world, task);
    case 'scrap':
      return scrap(world, task);
    case 'unhold':
      return unhold(world, task.sku, task.qty);
    default:
      return task satisfies never;
  }
}

function again(world: World, kind: Rhythm): void {
  const meanMs = (DAY / world.ordersPerDay) * ORDERS_PER[kind];
  const atMs = world.nowMs + meanMs * (0.6 + 0.8 * world.rng.next());
  world.planAt(nextOpen(world.shiftsOf(DC), atMs), { kind });
}

function againForClass(world: World, abcClass: AbcClass): void {
  const size = world.catalogue.skus.filter((sku) => sku.abcClass === abcClass).length;
  // All are counted in open hours, two thirds of the day.
  const meanMs =
    (COUNT_DAYS[abcClass] * DAY) / Math.max(1, size) / (world.profile.steady ? 1 : 1.5);
  const atMs = world.nowMs + meanMs * (0.7 + 0.6 * world.rng.next());
  world.planAt(nextOpen(world.shiftsOf(DC), atMs), { kind: 'count', abcClass });
}

function noise(world: World, kind: Rhythm): void {
  switch (kind) {
    case 'adjust':
      return adjust(world);
    case 'move':
      return move(world);
    case 'break':
      return breakSome(world);
    case 'misread':
      return misread(world);
    case 'slip':
      return slip(world);
    default:
      return kind satisfies never;
  }
}

/** The next SKU of a round through those that fit; no SKU comes twice before all have come. */
export function nextInRound(world: World, round: string, fits: (sku: Sku) => boolean): Sku | null {
  const { skus } = world.catalogue;
  for (let tries = 0; tries < skus.length; tries++) {
    const turn = world.state.rounds[round] ?? 0;
    world.state.rounds[round] = turn + 1;
    const sku = skus[turn % skus.length];
    if (sku !== undefined && fits(sku) && !isUnsettled(world, sku.id)) return sku;
  }
  return null;
}

const hasSpare = (world: World, sku: Sku) => world.free(sku.id, DC) >= 8;

/** Nobody counts or states a SKU for a while: what is known of it is about to be corrected. */
export function unsettle(world: World, sku: string, untilMs: number): void {
  world.state.unsettled[sku] = Math.max(untilMs, world.state.unsettled[sku] ?? 0);
}

export function isUnsettled(world: World, sku: string): boolean {
  const untilMs = world.state.unsettled[sku];
  if (untilMs === undefined) return false;
  if (untilMs > world.nowMs) return true;
  delete world.state.unsettled[sku];
  return false;
}

function routineCount(world: World, abcClass: AbcClass): void {
  const sku = nextInRound(
    world,
    `count ${abcClass}`,
    (one) => one.abcClass === abcClass && hasSpare(world, one),
  );
  if (sku === null) return;
  const off = sku.costCents <= PETTY_CENTS && world.rng.chance(OFF_CHANCE);
  countBin(world, sku, off ? world.rng.pick([-1, 1]) : 0);
}

/** A bin is counted, and the book is set right with a second person's approval. */
export function countBin(
  world: World,
  sku: Sku,
  off: number,
  kind: 'cycle' | 'recount' | 'spot' = 'cycle',
): Emitted {
  const book = world.position(sku.id, DC).available;
  const counted = world.emit({
    source: DC,
    name: 'inventory.counted',
    prompt: true,
    data: {
      count_id: world.nextId('n'),
      sku_id: sku.id,
      node_id: DC,
      location_id: sku.bin,
      qty_book: book,
      qty_counted: book + off,
      count_type: kind,
      blind: true,
    },
  });
  if (off !== 0) {
    adjustStock(world, { sku, units: off, reason: 'cycle_count_available', raw: 'AA' });
  }
  return counted;
}

/** Changes the book of the own warehouse's available stock. */
export function adjustStock(
  world: World,
  change: {
    readonly sku: Sku;
    readonly units: number;
    readonly reason: 'cycle_count_available' | 'shrinkage' | 'damaged' | 'correction';
    readonly raw: string;
    readonly actor?: string;
    /** Null when nobody approved. */
    readonly approvedBy?: string | null;
  },
): Emitted {
  const { actor, approvedBy = 'lead-1', raw, reason, sku, units } = change;
  world.book(sku.id, DC, { available: units });
  return world.emit({
    source: DC,
    name: 'inventory.adjusted',
    // What is found has to be on the shelf before someone sells it.
    prompt: units > 0,
    data: {
      adjustment_id: world.nextId('a'),
      sku_id: sku.id,
      node_id: DC,
      location_id: sku.bin,
      state: 'available',
      qty_delta: units,
      reason_code: reason,
      raw_code: raw,
      actor: actor ?? workerOf(world),
      ...(approvedBy === null ? {} : { approved_by: approvedBy }),
      unit_cost: sku.cost,
      currency: HOUSE_CURRENCY,
    },
  });
}

function adjust(world: World): void {
  const sku = nextInRound(
    world,
    'adjust',
    (one) => one.costCents <= PETTY_CENTS && hasSpare(world, one),
  );
  if (sku === null) return;
  const [reason, raw, units] = world.rng.pick([
    ['shrinkage', '06', -1],
    ['damaged', 'AU', -1],
    ['correction', 'AB', 1],
  ] as const);
  const wrong = adjustStock(world, { sku, units, reason, raw });
  if (!world.rng.chance(CORRECTION_CHANCE)) return;
  unsettle(world, sku.id, world.nowMs + 4 * HOUR);
  world.after([10 * MINUTE, HOUR], { kind: 'correct', sku: sku.id, units, wrong });
}

/** The adjustment did not happen (EPCIS error declaration). */
function correct(
  world: World,
  { sku, units, wrong }: { sku: string; units: number; wrong: Emitted },
): void {
  world.book(sku, DC, { available: -units });
  world.emit({
    source: DC,
    name: 'event.corrected',
    prompt: true,
    data: {
      corrects: { source: wrong.source, id: wrong.id },
      reason: 'did_not_occur',
      corrective_ids: [],
    },
  });
}

function move(world: World): void {
  const sku = nextInRound(world, 'move', (one) => hasSpare(world, one));
  if (sku === null) return;
  world.emit({
    source: DC,
    name: 'inventory.moved',
    data: {
      sku_id: sku.id,
      node_id: DC,
      from_location: `R-${sku.bin}`,
      to_location: sku.bin,
      qty: world.rng.int(1, Math.min(20, world.free(sku.id, DC))),
    },
  });
}

function breakSome(world: World): void {
  const sku = nextInRound(world, 'break', (one) => hasSpare(world, one));
  if (sku !== null) damage(world, sku, world.rng.int(1, 2), 'dropped');
}

/** Units on the shelf are damaged, and scrapped some days later. */
export function damage(world: World, sku: Sku, qty: number, reason: string): Emitted {
  world.book(sku.id, DC, { available: -qty });
  world.after([DAY, 3 * DAY], { kind: 'scrap', sku: sku.id, node: DC, qty });
  return world.emit({
    source: DC,
    name: 'inventory.state.changed',
    data: {
      sku_id: sku.id,
      node_id: DC,
      from_state: 'available',
      to_state: 'damaged',
      qty,
      reason,
    },
  });
}

function scrap(world: World, { node, qty, sku }: { node: Node; qty: number; sku: string }): void {
  const { cost, costCents } = world.catalogue.skuOf(sku);
  const adjustment = world.nextId('a');
  world.emit({
    source: node,
    name: 'inventory.adjusted',
    data: {
      adjustment_id: adjustment,
      sku_id: sku,
      node_id: node,
      state: 'damaged',
      qty_delta: -qty,
      reason_code: 'damaged',
      raw_code: '07',
      actor: workerOf(world),
      approved_by: 'lead-1',
      unit_cost: cost,
      currency: HOUSE_CURRENCY,
    },
  });
  recordCost(world, { type: 'L5', cents: qty * costCents, node, ref: `scrap-${adjustment}` });
}

function unhold(world: World, sku: string, qty: number): void {
  world.book(sku, DC, { available: qty });
  world.emit({
    source: DC,
    name: 'inventory.state.changed',
    prompt: true,
    data: {
      sku_id: sku,
      node_id: DC,
      from_state: 'on_hold',
      to_state: 'available',
      qty,
      reason: 'refurbished',
    },
  });
}

function misread(world: World): void {
  const sku = nextInRound(world, 'misread', () => true);
  if (sku !== null) failScan(world, sku);
}

export function failScan(world: World, sku: Sku): Emitted {
  return world.emit({
    source: DC,
    name: 'scan.failed',
    data: {
      node_id: DC,
      location_id: sku.bin,
      sku_id: sku.id,
      raw_barcode: String(world.rng.int(10_000_000, 99_999_999)),
      failure: world.rng.pick(['unreadable', 'check_digit']),
    },
  });
}

/** Errors of a bin within this time are a repetition (LOCATION_ERROR_REPEAT), which noise never is. */
const REPEAT_MS = 14 * DAY;

/** Whether an error of the SKU's bin would be the first for long. */
export function isUnerring(world: World, sku: Sku): boolean {
  const lastMs = world.state.erred[sku.id] ?? -Infinity;
  return world.nowMs - lastMs > REPEAT_MS;
}

function slip(world: World): void {
  const sku = nextInRound(world, 'slip', (one) => isUnerring(world, one));
  if (sku !== null) failLocation(world, sku, world.rng.pick(['wrong_sku', 'mixed']));
}

export function failLocation(
  world: World,
  sku: Sku,
  error: 'empty' | 'wrong_sku' | 'mixed' | 'unreachable',
): Emitted {
  world.state.erred[sku.id] = world.nowMs;
  return world.emit({
    source: DC,
    name: 'location.error.recorded',
    data: {
      node_id: DC,
      location_id: sku.bin,
      sku_id: sku.id,
      error_type: error,
      task_id: world.nextId('t'),
    },
  });
}

/** Most of what was missing turns up; the rest is written off. */
function recount(
  world: World,
  { held, node, sku }: { sku: string; node: Node; held: number },
): void {
  if (world.rng.chance(0.7)) {
    world.book(sku, node, { available: held });
    world.emit({
      source: node,
      name: 'inventory.state.changed',
      prompt: true,
      data: {
        sku_id: sku,
        node_id: node,
        from_state: 'on_hold',
        to_state: 'available',
        qty: held,
        reason: 'found in the next bin',
      },
    });
    return;
  }
  const { bin, cost } = world.catalogue.skuOf(sku);
  world.emit({
    source: node,
    name: 'inventory.adjusted',
    data: {
      adjustment_id: world.nextId('a'),
      sku_id: sku,
      node_id: node,
      location_id: bin,
      state: 'on_hold',
      qty_delta: -held,
      reason_code: 'shrinkage',
      raw_code: '06',
      actor: workerOf(world),
      approved_by: 'lead-1',
      unit_cost: cost,
      currency: HOUSE_CURRENCY,
      note: 'not found after a short pick',
    },
  });
}

const PROCESSES = ['picking', 'packing', 'receiving', 'putaway', 'returns', 'counting'] as const;
const LABOUR_RATE_CENTS_PER_MIN = 38;

/** At the end of a shift: what each worker did, and what exceptions cost. */
function recordLabour(world: World): void {
  world.after([SHIFT_MS, SHIFT_MS], { kind: 'labour' });
  const beganMs = world.nowMs - SHIFT_MS;
  const worked = world.profile.steady || nextOpen(world.shiftsOf(DC), beganMs) === beganMs;
  if (!worked) return;
  for (const [index, worker] of workersOf(DC).entries()) {
    const first = PROCESSES[index % 2] ?? 'picking';
    const second = PROCESSES[2 + (index % 4)] ?? 'other';
    const minutes = world.rng.int(200, 290);
    const rest = world.rng.int(400, 455) - minutes;
    recordWork(world, { worker, process: first, minutes, fromMs: beganMs });
    recordWork(world, { worker, process: second, minutes: rest, fromMs: beganMs + 5 * HOUR });
  }
  const minutes = world.rng.int(20, 90);
  recordCost(world, {
    type: 'L6',
    cents: minutes * LABOUR_RATE_CENTS_PER_MIN,
    node: DC,
    ref: `exceptions-${shiftAt(beganMs)}`,
  });
}

function recordWork(
  world: World,
  work: {
    readonly worker: string;
    readonly process: (typeof PROCESSES)[number] | 'other';
    readonly minutes: number;
    readonly fromMs: number;
  },
): void {
  // In event time, which a demo compresses.
  const minutes = Math.max(1, Math.round(work.minutes / world.profile.tempo));
  world.emit({
    source: DC,
    name: 'labour.recorded',
    prompt: true,
    data: {
      node_id: DC,
      shift_id: shiftAt(work.fromMs),
      process: work.process,
      worker_pseudo_id: work.worker,
      minutes,
      started_at: world.instant(work.fromMs),
    },
  });
}

/** When the first shift after an instant ends: shifts change at 6, 14 and 22. */
export function firstShiftEnd(ms: number): number {
  const offsetMs = UTC_OFFSET_MIN * MINUTE;
  const since = (ms + offsetMs - 6 * HOUR) % SHIFT_MS;
  return ms + SHIFT_MS - since;
}
