/** Incidents of inbound: other quantities than announced, goods nobody ordered, late, and suppliers that drift. */
import { DAY, HOUR, nextOpen } from '../calendar.ts';
import { DC, SUPPLIERS } from '../catalogue.ts';
import { announce, issue, type Po, type PoLine } from '../supply.ts';
import type { World } from '../world.ts';
import { draftOf, engage, type Kind, type Occasion } from './kinds.ts';
import type { Draft } from './label.ts';
import type { PoPlan } from './plan.ts';

const LINE_UNITS = 60;

/** A purchase order of three lines that arrives within the day, for something to happen to. */
function plantPo(
  world: World,
  options: {
    readonly plan: (po: Po) => PoPlan;
    readonly dueMs?: number;
    readonly arrivesMs?: number;
  },
): void {
  const { id: supplier } = world.rng.pick(SUPPLIERS);
  const skus = world.catalogue.bySupplier.get(supplier) ?? [];
  const lines = skus.slice(0, 3).map((sku): PoLine => ({ sku: sku.id, qty: LINE_UNITS }));
  const arrivesMs =
    options.arrivesMs ??
    nextOpen(world.shiftsOf(DC), world.nowMs + world.rng.int(4 * HOUR, 9 * HOUR));
  const bare: Po = {
    id: world.nextId('po'),
    supplier,
    node: DC,
    lines,
    dueMs: options.dueMs ?? arrivesMs + 6 * HOUR,
    arrivesMs,
  };
  const plan = options.plan(bare);
  const po = { ...bare, plan };
  if (plan.kind === 'blind' && !plan.namesOrder) {
    // Nobody was told: the goods are just there.
    for (const { qty, sku } of lines) world.book(sku, DC, { incoming: qty });
    return world.planAt(arrivesMs, { kind: 'arrive at dock', po });
  }
  issue(world, po);
  if (plan.kind === 'blind') return world.planAt(arrivesMs, { kind: 'arrive at dock', po });
  announce(world, po);
}

function mismatch(
  subtype: 'over' | 'short' | 'unexpected' | 'blind',
  planOf: (world: World, occasion: Occasion, draft: Draft) => PoPlan,
): Kind {
  return {
    code: 'INBOUND_QTY_MISMATCH',
    inject(world, occasion) {
      const draft = draftOf(occasion, {
        code: 'INBOUND_QTY_MISMATCH',
        subtype,
        entity: { type: 'receipt', id: '-' },
        node_id: DC,
        size: 0,
        size_unit: 'units',
      });
      plantPo(world, { plan: () => planOf(world, occasion, draft) });
      return true;
    },
  };
}

/** Beyond two percent, or for a near miss the one unit that is always allowed. */
const unitsOff = (world: World, { nearMiss }: Occasion) => (nearMiss ? 1 : world.rng.int(3, 12));

const over = mismatch('over', (world, occasion, draft) => {
  const units = unitsOff(world, occasion);
  return { kind: 'units', draft: { ...draft, size: units }, units };
});

const short = mismatch('short', (world, occasion, draft) => {
  const units = unitsOff(world, occasion);
  return { kind: 'units', draft: { ...draft, size: units }, units: -units };
});

const unexpected = mismatch('unexpected', (world, occasion, draft) => {
  if (occasion.nearMiss) return { kind: 'units', draft: { ...draft, size: 1 }, units: 1 };
  const sku = world.rng.pick(world.catalogue.skus.filter(({ abcClass }) => abcClass === 'C')).id;
  const qty = world.rng.int(6, 24);
  return { kind: 'unexpected', draft: { ...draft, sku_id: sku, size: qty }, sku, qty };
});

const blind = mismatch('blind', (_world, { nearMiss }, draft) => ({
  kind: 'blind',
  draft: { ...draft, size: 3 * LINE_UNITS },
  namesOrder: nearMiss,
}));

/** Past the day that a purchase order may be late, and the four hours of its ship notice. */
const late: Kind = {
  code: 'INBOUND_LATE',
  inject(world, occasion) {
    const dueMs = world.nowMs + 12 * HOUR;
    const hours = occasion.nearMiss ? 2 : 24 + world.rng.int(4, 40);
    const arrivesMs = Math.round(dueMs + world.stretch(hours * HOUR));
    plantPo(world, {
      dueMs,
      arrivesMs,
      plan: (po) => ({
        kind: 'late',
        draft: draftOf(occasion, {
          code: 'INBOUND_LATE',
          entity: { type: 'po', id: po.id },
          node_id: DC,
          supplier_id: po.supplier,
          size: hours,
          size_unit: 'hours',
        }),
      }),
    });
    return true;
  },
};

const VARIANCE_DAYS = 9;

/** A supplier sends less than it announces: a constant part, or a little more with each receipt. */
function variance(drifts: boolean): Kind {
  return {
    code: 'SUPPLIER_VARIANCE_TREND',
    family: 'supplier_variance',
    inject(world, occasion) {
      const idle = SUPPLIERS.filter(
        ({ id }) => (world.state.biases[id]?.untilMs ?? 0) <= world.nowMs,
      );
      if (idle.length === 0) return false;
      const { id } = world.rng.pick(idle);
      const whole = drifts ? 0.007 + 0.006 * world.rng.next() : 0.025 + 0.025 * world.rng.next();
      const part = Math.round(1e4 * (occasion.nearMiss ? whole / 6 : whole)) / 1e4;
      const untilMs = world.nowMs + VARIANCE_DAYS * DAY;
      world.state.biases[id] = { untilMs, part, drifts, receipts: 0 };
      world.label(
        draftOf(occasion, {
          code: 'SUPPLIER_VARIANCE_TREND',
          subtype: drifts ? 'drift' : 'bias',
          family: 'supplier_variance',
          entity: { type: 'supplier', id },
          supplier_id: id,
          size: part,
          size_unit: drifts
            ? 'part of the quantity, more with each receipt'
            : 'part of the quantity',
        }),
        { fromMs: world.nowMs, toMs: untilMs, evidence: [] },
      );
      return true;
    },
  };
}

/** Two items with one GTIN and the same unit; a case of the same item is none. */
const duplicate: Kind = {
  code: 'DUPLICATE_SKU',
  inject(world, occasion) {
    const sku = engage(world, 3 * DAY, () => true);
    if (sku === null) return false;
    const twin = `${sku.id}-${world.nextId('dup')}`;
    const made = world.emit({
      source: 'erp',
      name: 'item.upserted',
      data: {
        sku_id: twin,
        gtin: sku.gtin,
        uom: occasion.nearMiss ? 'CS' : 'EA',
        pack_qty: occasion.nearMiss ? 12 : sku.packQty,
        abc_class: sku.abcClass,
        unit_cost: sku.cost,
        status: 'active',
        description: sku.description,
      },
    });
    const draft = draftOf(occasion, {
      code: 'DUPLICATE_SKU',
      entity: { type: 'gtin', id: sku.gtin },
      size: 2,
      size_unit: 'items',
    });
    const untilMs = world.nowMs + 2 * DAY;
    world.label(draft, { fromMs: world.nowMs, toMs: untilMs, evidence: [made] });
    world.planAt(untilMs, { kind: 'act', act: { do: 'discontinue', sku: sku.id, twin } });
    return true;
  },
};

export const INBOUND_INCIDENTS: Readonly<Record<string, Kind>> = {
  'received over': over,
  'received short': short,
  'received unexpected': unexpected,
  'received blind': blind,
  'inbound late': late,
  'supplier drift': variance(true),
  'supplier bias': variance(false),
  'duplicate sku': duplicate,
};
