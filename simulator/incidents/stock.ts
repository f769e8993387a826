/** Incidents of quantities: negative, oversold, sold out, not ordered again, adjusted by nobody. */
import { DAY, HOUR, MINUTE } from '../calendar.ts';
import { centsOf, DC, type Sku } from '../catalogue.ts';
import { adjustStock, failLocation } from '../floor.ts';
import { takeFor } from '../sourcing.ts';
import { levelsOf, order as orderFrom } from '../supply.ts';
import type { World } from '../world.ts';
import {
  begins,
  binOf,
  draftOf,
  engage,
  freeAt,
  isLonely,
  PETTY_CENTS,
  PETTY_UNITS,
  placeOf,
  plantOrder,
  proceed,
  type Kind,
  type Occasion,
} from './kinds.ts';

/** A wrong adjustment takes the book below zero until it is put right. */
function goNegative(world: World, sku: Sku, occasion: Occasion & { cause?: string }): void {
  const below = world.rng.int(3, 12);
  const taken = world.position(sku.id, DC).available + below;
  // Longer than late events are waited for, shorter than makes a stockout of it.
  const lastsMs = world.stretch((occasion.nearMiss ? 4 : 25) * MINUTE);
  const wrong = adjustStock(world, { sku, units: -taken, reason: 'correction', raw: 'AB' });
  const draft = draftOf(occasion, {
    code: 'NEG_INVENTORY',
    subtype: 'available',
    ...placeOf(sku),
    ...(occasion.cause === undefined ? {} : { cause: occasion.cause, family: 'cascade' as const }),
    size: below,
    size_unit: 'units',
  });
  const back = { do: 'adjust', sku: sku.id, units: taken, reason: 'correction' } as const;
  begins(world, {
    draft,
    fromMs: world.nowMs,
    evidence: [wrong],
    rest: [{ atMs: world.nowMs + lastsMs, act: back }],
  });
}

const isPetty = (world: World, sku: Sku) => {
  const units = world.position(sku.id, DC).available + 12;
  return units <= PETTY_UNITS && units * sku.costCents <= PETTY_CENTS;
};

const negative: Kind = {
  code: 'NEG_INVENTORY',
  inject(world, occasion) {
    const fits = (sku: Sku) => freeAt(world, sku) > 0 && isPetty(world, sku);
    const sku = engage(world, DAY + world.stretch(HOUR), fits);
    if (sku === null) return false;
    goNegative(world, sku, occasion);
    return true;
  },
};

/** A misplaced unit, the pick that does not find it, the correction that goes too far. */
const cascade: Kind = {
  code: 'NEG_INVENTORY',
  family: 'cascade',
  inject(world, { id }) {
    const fits = (sku: Sku) => freeAt(world, sku) >= 4 && isPetty(world, sku);
    const sku = engage(world, 2 * DAY + world.stretch(HOUR), fits);
    if (sku === null) return false;
    const first = { id, nearMiss: false };
    const error = failLocation(world, sku, 'empty');
    const draft = draftOf(first, {
      code: 'LOCATION_ERROR',
      family: 'cascade',
      ...binOf(sku),
      size: 1,
      size_unit: 'events',
    });
    world.label(draft, { fromMs: world.nowMs, toMs: world.nowMs, evidence: [error] });
    const short = draftOf(
      { id: `${id}/short`, nearMiss: false },
      {
        code: 'SHORT_PICK',
        family: 'cascade',
        cause: id,
        ...placeOf(sku),
        size: 0,
        size_unit: 'units',
      },
    );
    const plan = { kind: 'short', draft: short, nearMiss: false } as const;
    proceed(world, plantOrder(world, { sku, qty: 2, sla: 'same_day', plan }));
    world.afterWork(DC, [2 * HOUR, 4 * HOUR], { kind: 'go negative', sku: sku.id, id });
    return true;
  },
};

/** The second half of a cascade. */
export function goNegativeBy(world: World, skuId: string, id: string): void {
  const sku = world.catalogue.skuOf(skuId);
  goNegative(world, sku, { id: `${id}/negative`, nearMiss: false, cause: id });
}

/** A marketplace sells more than there is; the orders are cancelled in the end. */
const oversell: Kind = {
  code: 'OVERSELL',
  inject(world, occasion) {
    const fits = (sku: Sku) => {
      const free = freeAt(world, sku);
      return isLonely(world, sku) && free >= 8 && free <= 60;
    };
    const sku = engage(world, DAY + world.stretch(HOUR), fits);
    if (sku === null) return false;
    const over = occasion.nearMiss ? 0 : world.rng.int(2, 9);
    const { created, order } = plantOrder(world, { sku, qty: freeAt(world, sku) + over });
    const lastsMs = world.stretch(25 * MINUTE);
    begins(world, {
      draft: draftOf(occasion, {
        code: 'OVERSELL',
        entity: { type: 'sku', id: sku.id },
        sku_id: sku.id,
        channel_id: order.channel,
        size: over,
        size_unit: 'units',
      }),
      fromMs: world.nowMs,
      evidence: [created],
      rest: [
        {
          atMs: created.arrivesMs + lastsMs,
          act: { do: 'cancel', order, allocated: false },
        },
      ],
    });
    return true;
  },
};

/** Everything that is free is sold at once and given back later. */
const stockout: Kind = {
  code: 'STOCKOUT',
  inject(world, occasion) {
    const lastsMs = occasion.nearMiss
      ? world.stretch(20 * MINUTE)
      : Math.max(3 * HOUR, world.stretch(50 * MINUTE));
    const fits = (sku: Sku) => isLonely(world, sku) && freeAt(world, sku) >= 8;
    const sku = engage(world, lastsMs + DAY, fits);
    if (sku === null) return false;
    world.state.unordered[sku.id] = world.nowMs + lastsMs;
    const { created, order } = plantOrder(world, { sku, qty: freeAt(world, sku), channel: 'web' });
    for (const line of order.lines) takeFor(world, order.id, line);
    begins(world, {
      draft: draftOf(occasion, {
        code: 'STOCKOUT',
        entity: { type: 'sku', id: sku.id },
        sku_id: sku.id,
        size: Math.round(lastsMs / world.stretch(MINUTE)),
        size_unit: 'minutes',
      }),
      fromMs: world.nowMs,
      evidence: [created],
      rest: [{ atMs: world.nowMs + lastsMs, act: { do: 'cancel', order, allocated: true } }],
    });
    return true;
  },
};

/** A large order takes most of the stock; a near miss takes it to the reorder point, and it is ordered at once. */
const replenishment: Kind = {
  code: 'REPLEN_RISK',
  inject(world, occasion) {
    const lastsMs = Math.max(3 * DAY, world.stretch(6 * HOUR));
    const takenOf = (sku: Sku) => {
      const free = freeAt(world, sku);
      return occasion.nearMiss ? free - levelsOf(world, sku, DC).point : Math.ceil(free * 0.8);
    };
    const fits = (sku: Sku) =>
      isLonely(world, sku) && freeAt(world, sku) >= 25 && takenOf(sku) >= 3;
    const sku = engage(world, lastsMs, fits);
    if (sku === null) return false;
    const taken = takenOf(sku);
    const large = plantOrder(world, { sku, qty: taken, channel: 'web' });
    proceed(world, large);
    if (occasion.nearMiss) {
      const qty = levelsOf(world, sku, DC).target;
      orderFrom(world, { supplier: sku.supplier.id, node: DC, lines: [{ sku: sku.id, qty }] });
    } else world.state.unordered[sku.id] = world.nowMs + lastsMs;
    world.label(
      draftOf(occasion, {
        code: 'REPLEN_RISK',
        ...placeOf(sku),
        supplier_id: sku.supplier.id,
        size: taken,
        size_unit: 'units',
      }),
      { fromMs: world.nowMs, toMs: world.nowMs + lastsMs, evidence: [large.created] },
    );
    return true;
  },
};

/** Nobody else approved it, or the very person who made it. */
const unapproved: Kind = {
  code: 'UNAPPROVED_ADJUSTMENT',
  inject(world, occasion) {
    const unitsOf = (sku: Sku) =>
      occasion.nearMiss
        ? Math.floor(24_000 / sku.costCents)
        : Math.ceil((26_000 + world.rng.int(0, 20_000)) / sku.costCents);
    const fits = (sku: Sku) =>
      sku.costCents >= 600 && freeAt(world, sku) > 12 + 46_000 / sku.costCents;
    const sku = engage(world, DAY, fits);
    if (sku === null) return false;
    const units = unitsOf(sku);
    const actor = `w-${world.rng.int(1, 14)}`;
    const approvedBy = world.rng.chance(0.5) && !occasion.nearMiss ? actor : null;
    const change = { sku, units: -units, reason: 'correction', raw: 'AB' } as const;
    const made = adjustStock(world, { ...change, actor, approvedBy });
    begins(world, {
      draft: draftOf(occasion, {
        code: 'UNAPPROVED_ADJUSTMENT',
        ...(approvedBy === null ? {} : { subtype: 'self_approved' }),
        ...placeOf(sku),
        location_id: sku.bin,
        size: (units * centsOf(sku.cost)) / 100,
        size_unit: 'house currency',
      }),
      fromMs: world.nowMs,
      evidence: [made],
      rest: splitBack(world, sku, units),
    });
    return true;
  },
};

/** Found again in parts that need nobody's second look. */
function splitBack(world: World, sku: Sku, units: number) {
  const most = Math.max(1, Math.min(PETTY_UNITS, Math.floor(PETTY_CENTS / sku.costCents)));
  const parts = Math.ceil(units / most);
  return Array.from({ length: parts }, (_, index) => ({
    atMs: world.nowMs + (8 + 5 * index) * HOUR,
    act: {
      do: 'adjust',
      sku: sku.id,
      units: Math.min(most, units - index * most),
      reason: 'correction',
    } as const,
  }));
}

export const STOCK_INCIDENTS: Readonly<Record<string, Kind>> = {
  'negative stock': negative,
  cascade,
  oversell,
  stockout,
  replenishment,
  'unapproved adjustment': unapproved,
};
