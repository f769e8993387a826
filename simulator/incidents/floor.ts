/** Incidents on the floor: damage, labels, bins that are not as they should be, counts, and losses. */
import { addOpen, DAY, HOUR, MINUTE, nextOpen, shiftAt } from '../calendar.ts';
import { DC, type Sku } from '../catalogue.ts';
import { isUnerring } from '../floor.ts';
import type { World } from '../world.ts';
import type { Act } from './inject.ts';
import {
  begins,
  binOf,
  draftOf,
  engage,
  freeAt,
  placeOf,
  type Kind,
  type Occasion,
} from './kinds.ts';
import type { Draft } from './label.ts';

/** So many steps, one every `everyMs`; what falls into closed hours happens when it opens. */
function steps(
  world: World,
  { acts, everyMs }: { acts: readonly Act[]; everyMs: number },
): { atMs: number; act: Act }[] {
  return acts.map((act, index) => ({
    atMs: nextOpen(world.shiftsOf(DC), Math.round(world.nowMs + MINUTE + index * everyMs)),
    act,
  }));
}

function tells(world: World, draft: Draft, rest: { atMs: number; act: Act }[]): void {
  begins(world, { draft, fromMs: rest[0]?.atMs ?? world.nowMs, evidence: [], rest });
}

const damageBurst: Kind = {
  code: 'DAMAGED_STOCK',
  inject(world, occasion) {
    const events = occasion.nearMiss ? 3 : world.rng.int(12, 20);
    const chosen = world.catalogue.skus.filter((sku) => freeAt(world, sku) >= 12);
    if (chosen.length < events) return false;
    const acts = Array.from({ length: events }, (): Act => ({
      do: 'damage',
      sku: world.rng.pick(chosen).id,
      qty: world.rng.int(1, 2),
    }));
    const draft = draftOf(occasion, {
      code: 'DAMAGED_STOCK',
      subtype: 'rate',
      entity: { type: 'node', id: DC },
      node_id: DC,
      size: events,
      size_unit: 'events',
    });
    tells(world, draft, steps(world, { acts, everyMs: 8 * MINUTE }));
    return true;
  },
};

function atBin(options: {
  readonly code: 'UNSCANNABLE_ITEM' | 'LOCATION_ERROR' | 'LOCATION_ERROR_REPEAT';
  readonly family?: 'location_errors';
  readonly act: (nearMiss: boolean) => 'fail scan' | 'fail location';
  readonly events: (world: World, nearMiss: boolean) => number;
  readonly everyMs: (world: World, occasion: Occasion) => number;
}): Kind {
  const { act, code, events, everyMs, family } = options;
  return {
    code,
    ...(family === undefined ? {} : { family }),
    inject(world, occasion) {
      // With earlier errors of its bin a near miss would be none.
      const sku = engage(world, 3 * DAY, (one) => isUnerring(world, one));
      if (sku === null) return false;
      const count = events(world, occasion.nearMiss);
      const step: Act = { do: act(occasion.nearMiss), sku: sku.id };
      const draft = draftOf(occasion, {
        code,
        ...(family === undefined ? {} : { family }),
        ...binOf(sku),
        size: count,
        size_unit: 'events',
      });
      const acts = Array.from({ length: count }, () => step);
      tells(world, draft, steps(world, { acts, everyMs: everyMs(world, occasion) }));
      return true;
    },
  };
}

const unscannable = atBin({
  code: 'UNSCANNABLE_ITEM',
  act: () => 'fail scan',
  // Two of one bin within a day are too many; a near miss takes longer.
  events: (world, nearMiss) => (nearMiss ? 2 : world.rng.int(2, 5)),
  everyMs: (world, { nearMiss }) => (nearMiss ? world.stretch(30 * HOUR) : 30 * MINUTE),
});

const locationError = atBin({
  code: 'LOCATION_ERROR',
  act: (nearMiss) => (nearMiss ? 'fail scan' : 'fail location'),
  events: () => 1,
  everyMs: () => HOUR,
});

const locationRepeat = atBin({
  code: 'LOCATION_ERROR_REPEAT',
  family: 'location_errors',
  act: () => 'fail location',
  events: (world, nearMiss) => (nearMiss ? 2 : world.rng.int(3, 5)),
  everyMs: () => 3 * HOUR,
});

const locationRate = atBin({
  code: 'LOCATION_ERROR_REPEAT',
  family: 'location_errors',
  act: () => 'fail location',
  events: (world, nearMiss) => (nearMiss ? 1 : world.rng.int(7, 12)),
  everyMs: () => 6 * HOUR,
});

/** Parts of the book that a count may differ by (REFERENCE K12). */
const TOLERANCE = { A: 0.01, B: 0.03, C: 0.05 } as const;
/** A variance below this value is let pass (cents). */
const PETTY_CENTS = 2_500;

/** Units missing: a tenth and worth more than is let pass, or just beyond the tolerance and worth less. */
function missingOf(sku: Sku, book: number, nearMiss: boolean): number {
  if (nearMiss) return Math.floor(book * TOLERANCE[sku.abcClass]) + 1;
  return Math.max(Math.ceil(book * 0.1), Math.ceil((1.2 * PETTY_CENTS) / sku.costCents));
}

function countVariance(code: 'COUNT_VARIANCE' | 'COUNT_VARIANCE_REPEAT'): Kind {
  return {
    code,
    inject(world, occasion) {
      const { nearMiss } = occasion;
      const bookOf = (sku: Sku) => world.position(sku.id, DC).available;
      const fits = (sku: Sku) => {
        const free = freeAt(world, sku);
        if (nearMiss) {
          const missing = missingOf(sku, bookOf(sku) + 20, true);
          return free >= 20 && missing * sku.costCents < PETTY_CENTS;
        }
        return sku.costCents >= 300 && free >= 40 && free <= 200;
      };
      const sku = engage(world, 3 * DAY, fits);
      if (sku === null) return false;
      const missing = missingOf(sku, bookOf(sku), nearMiss);
      const counts = code === 'COUNT_VARIANCE' ? 1 : 2;
      const acts = Array.from({ length: counts }, (): Act => ({
        do: 'count',
        sku: sku.id,
        off: -missing,
      }));
      const draft = draftOf(occasion, {
        code,
        ...binOf(sku),
        size: missing * counts,
        size_unit: 'units',
      });
      tells(world, draft, steps(world, { acts, everyMs: 20 * HOUR }));
      return true;
    },
  };
}

/** Length of a shift of the own warehouse. */
const SHIFT_MS = 8 * HOUR;

/** One step in each shift, at the same hour of it. */
function inEachShift(world: World, acts: readonly Act[]): { atMs: number; act: Act }[] {
  const open = world.shiftsOf(DC);
  return acts.map((act, index) => ({
    atMs: addOpen(open, world.nowMs + MINUTE, index * SHIFT_MS),
    act,
  }));
}

/** Small losses of one dear SKU, shift after shift, each with an approval. */
const shrinkage: Kind = {
  code: 'SHRINKAGE_ANOMALY',
  family: 'shrinkage',
  inject(world, occasion) {
    const fits = (sku: Sku) => sku.costCents >= 1_500 && freeAt(world, sku) >= 30;
    const sku = engage(world, 6 * DAY, fits);
    if (sku === null) return false;
    const perShift = world.rng.int(1, 3);
    const shifts = occasion.nearMiss ? 1 : world.rng.int(5, 8);
    const acts = Array.from({ length: shifts }, (): Act => ({
      do: 'adjust',
      sku: sku.id,
      units: -perShift,
      reason: 'shrinkage',
    }));
    const rest = inEachShift(world, acts);
    const draft = draftOf(occasion, {
      code: 'SHRINKAGE_ANOMALY',
      family: 'shrinkage',
      ...placeOf(sku),
      entity: { type: 'sku-node-shift', id: `${sku.id}/${DC}` },
      shift_id: shiftAt(rest[0]?.atMs ?? world.nowMs),
      size: perShift * shifts,
      size_unit: 'units',
    });
    tells(world, draft, rest);
    return true;
  },
};

export const FLOOR_INCIDENTS: Readonly<Record<string, Kind>> = {
  'damage burst': damageBurst,
  'unscannable item': unscannable,
  'location error': locationError,
  'location errors at a bin': locationRepeat,
  'location error rate': locationRate,
  'count variance': countVariance('COUNT_VARIANCE'),
  'repeated count variance': countVariance('COUNT_VARIANCE_REPEAT'),
  shrinkage,
};
