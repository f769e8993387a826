/** Incidents of orders: short, late, released against the rules, lost on the road, back and forgotten. */
import { DAY, HOUR } from '../calendar.ts';
import { DC, type Sku } from '../catalogue.ts';
import { unsettle } from '../floor.ts';
import { draftOf, engage, freeAt, placeOf, plantOrder, proceed, type Kind } from './kinds.ts';
import type { Draft } from './label.ts';

/** A planned order is worth what it shows only once its own id is known. */
const ANY_ORDER = { type: 'order', id: '-' } as const;

const shortPick: Kind = {
  code: 'SHORT_PICK',
  inject(world, occasion) {
    const sku = engage(world, 2 * DAY, (one) => freeAt(world, one) >= 10);
    if (sku === null) return false;
    const draft = draftOf(occasion, {
      code: 'SHORT_PICK',
      ...placeOf(sku),
      location_id: sku.bin,
      size: 0,
      size_unit: 'units',
    });
    const plan = { kind: 'short', draft, nearMiss: occasion.nearMiss } as const;
    proceed(world, plantOrder(world, { sku, qty: 3, sla: 'same_day', plan }));
    return true;
  },
};

function slow(code: 'ORDER_SLA_RISK' | 'ORDER_SLA_BREACH'): Kind {
  return {
    code,
    inject(world, occasion) {
      const sku = engage(world, HOUR, (one) => freeAt(world, one) >= 10);
      if (sku === null) return false;
      const breach = code === 'ORDER_SLA_BREACH';
      const part = breach ? (occasion.nearMiss ? 0.6 : 1.15) : occasion.nearMiss ? 0.5 : 0.86;
      const draft = draftOf(occasion, { code, entity: ANY_ORDER, size: 0, size_unit: 'hours' });
      const plan = { kind: 'slow', draft, part } as const;
      proceed(world, plantOrder(world, { sku, qty: 1, plan }));
      return true;
    },
  };
}

const releaseViolation: Kind = {
  code: 'RELEASE_VIOLATION',
  inject(world, occasion) {
    const sku = engage(world, HOUR, (one) => freeAt(world, one) >= 10);
    if (sku === null) return false;
    const check = world.rng.pick(['payment', 'fraud', 'address'] as const);
    const draft = draftOf(occasion, {
      code: 'RELEASE_VIOLATION',
      subtype: check,
      entity: ANY_ORDER,
      size: 1,
      size_unit: 'orders',
    });
    const outcome = occasion.nearMiss ? 'overridden' : 'fail';
    const plan = { kind: 'violation', draft, check, outcome } as const;
    proceed(world, plantOrder(world, { sku, qty: 1, plan }));
    return true;
  },
};

const carrierDelay: Kind = {
  code: 'CARRIER_DELAY',
  inject(world, occasion) {
    const sku = engage(world, HOUR, (one) => freeAt(world, one) >= 10);
    if (sku === null) return false;
    const hours = occasion.nearMiss ? world.rng.int(18, 21) : 24 + world.rng.int(4, 30);
    const draft: Draft = draftOf(occasion, {
      code: 'CARRIER_DELAY',
      subtype: 'no_first_scan',
      entity: ANY_ORDER,
      size: hours,
      size_unit: 'hours',
    });
    const plan = { kind: 'late scan', draft, hours } as const;
    proceed(world, plantOrder(world, { sku, qty: 1, plan }));
    return true;
  },
};

const undispositioned: Kind = {
  code: 'RETURN_UNDISPOSITIONED',
  inject(world, occasion) {
    const bought = world.state.delivered.shift();
    if (bought === undefined) return false;
    const { line, order } = bought;
    const sku: Sku = world.catalogue.skuOf(line.sku);
    const rma = world.nextId('rma');
    const hours = occasion.nearMiss ? 44 : 48 + world.rng.int(4, 80);
    unsettle(world, sku.id, world.nowMs + 3 * DAY);
    const draft = draftOf(occasion, {
      code: 'RETURN_UNDISPOSITIONED',
      entity: { type: 'return', id: rma },
      sku_id: sku.id,
      node_id: DC,
      order_id: order.id,
      size: hours,
      size_unit: 'hours',
    });
    const back = { rma, order, line, plan: { draft, hours } };
    world.after([0, 2 * HOUR], { kind: 'authorise return', back });
    return true;
  },
};

export const ORDER_INCIDENTS: Readonly<Record<string, Kind>> = {
  'short pick': shortPick,
  'order at risk': slow('ORDER_SLA_RISK'),
  'late order': slow('ORDER_SLA_BREACH'),
  'release violation': releaseViolation,
  'carrier delay': carrierDelay,
  'forgotten return': undispositioned,
};
