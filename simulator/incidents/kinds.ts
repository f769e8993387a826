/** What a kind of incident is, and what the kinds share. */
import type { FindingCode } from '../../contracts/events/control.ts';
import { MINUTE, SECOND } from '../calendar.ts';
import { DC, type Channel, type Sku } from '../catalogue.ts';
import { isUnsettled, unsettle } from '../floor.ts';
import { create, shipByMs, type Line, type Order, type SlaClass } from '../orders.ts';
import type { Emitted, World } from '../world.ts';
import type { Story } from './inject.ts';
import type { Draft, Family } from './label.ts';
import type { OrderPlan } from './plan.ts';

export interface Occasion {
  readonly id: string;
  /** Stay just below the trigger. */
  readonly nearMiss: boolean;
}

export interface Kind {
  readonly code: FindingCode;
  readonly family?: Family;
  /** False when there is nothing that it could happen to just now. */
  inject(world: World, occasion: Occasion): boolean;
}

/** A label's fields that follow from the occasion. */
export function draftOf(
  { id, nearMiss }: Occasion,
  draft: Omit<Draft, 'incident_id' | 'near_miss'>,
): Draft {
  return { incident_id: id, ...draft, ...(nearMiss ? { near_miss: true as const } : {}) };
}

/** A SKU's position at the own warehouse, as a label names it. */
export const placeOf = (sku: Sku) =>
  ({
    entity: { type: 'sku-node', id: `${sku.id}/${DC}` },
    sku_id: sku.id,
    node_id: DC,
  }) as const;

export const binOf = (sku: Sku) =>
  ({
    ...placeOf(sku),
    entity: { type: 'location', id: `${DC}/${sku.bin}` },
    location_id: sku.bin,
  }) as const;

/**
 * A SKU of the own warehouse that fits and that nothing else is happening to; nothing will for the time.
 * Looked for from a random place on.
 */
export function engage(world: World, lastsMs: number, fits: (sku: Sku) => boolean): Sku | null {
  const { skus } = world.catalogue;
  const from = world.rng.int(0, skus.length - 1);
  for (let turn = 0; turn < skus.length; turn++) {
    const sku = skus[(from + turn) % skus.length] as Sku;
    if (isUnsettled(world, sku.id) || !fits(sku)) continue;
    unsettle(world, sku.id, world.nowMs + lastsMs);
    return sku;
  }
  return null;
}

/** An adjustment below both limits of approval. */
export const PETTY_UNITS = 49;
export const PETTY_CENTS = 24_900;

export const freeAt = (world: World, sku: Sku) => world.free(sku.id, DC);
/** Stocked at the own warehouse alone, with nothing on its way. */
export const isLonely = (world: World, sku: Sku) =>
  sku.nodes.length === 1 && world.position(sku.id, DC).incoming === 0;

/** A story whose first step is at hand and whose others come at their times. */
export function begins(world: World, story: Story): void {
  const [first] = story.rest;
  if (first !== undefined) world.planAt(first.atMs, { kind: 'story', story });
}

/** An order for the own warehouse that something is going to happen to. Its units are promised here. */
export function plantOrder(
  world: World,
  order: {
    readonly sku: Sku;
    readonly qty: number;
    readonly channel?: Channel;
    readonly sla?: SlaClass;
    readonly plan?: OrderPlan;
  },
): { order: Order; created: Emitted } {
  const { channel = 'market-a', plan, qty, sku, sla = 'standard' } = order;
  const lines: Line[] = [{ line: '1', sku: sku.id, qty, node: DC }];
  world.book(sku.id, DC, { promised: qty });
  const made: Order = {
    id: world.nextId('o'),
    channel,
    sla,
    lines,
    createdMs: world.nowMs,
    dueMs: shipByMs(world, sla),
    ...(plan === undefined ? {} : { plan }),
  };
  return { order: made, created: create(world, made, 'east') };
}

/** Lets the order management take the order on. */
export function proceed(world: World, { created, order }: ReturnType<typeof plantOrder>): void {
  const atMs = created.arrivesMs + world.rng.int(5 * SECOND, MINUTE);
  world.planAt(atMs, { kind: 'accept', order });
}
