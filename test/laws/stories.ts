/**
 * Stories of an operation, as arbitraries: an order from checkout to return, supply from PO to shelf,
 * adjustments, counts, policies. A story is told with a prefix that makes its ids its own, and gives
 * producer events with their times, in the order in which they happen.
 */
import fc from 'fast-check';
import { PHYSICAL_STATES } from '../../contracts/states.ts';
import { event, type Given } from '../support/given.ts';
import * as facts from '../support/facts.ts';

export type Story = (prefix: string) => Given[];

export const SKUS = ['A', 'B', 'C'] as const;
export const NODES = ['dc', 'store'] as const;
/** Minutes that a history lasts, deliveries not counted. */
export const SPAN = 600;

const sku = fc.constantFrom(...SKUS);
const node = fc.constantFrom(...NODES);
const qty = fc.integer({ min: 2, max: 12 });
const minute = fc.integer({ min: 0, max: SPAN });
const maybe = fc.boolean();
const place = { sku, node };

/** Gives each event of a story an id and a time, `gap` minutes after the one before. */
function told(prefix: string, from: number, gap: number, events: readonly Given[]): Given[] {
  return events.map((one, index) => ({
    ...one,
    id: `${prefix}-${index}`,
    at: one.at ?? from + index * gap,
  }));
}

const opening = fc.record({ ...place, qty: fc.integer({ min: 1, max: 60 }) }).map(
  (it): Story =>
    (prefix) =>
      told(prefix, 0, 0, [facts.stocked(it.qty, it)]),
);

/** What becomes of an order line; each step is reported or not. */
export const order = fc
  .record({
    ...place,
    qty,
    from: minute,
    gap: fc.integer({ min: 0, max: 30 }),
    reserved: maybe,
    sourced: maybe,
    changed: fc.option(qty, { nil: 0 }),
    cancelled: fc.option(qty, { nil: 0 }),
    allocated: maybe,
    reallocated: maybe,
    picked: fc.constantFrom('no', 'full', 'short', 'unpicked'),
    packed: maybe,
    dispatched: maybe,
    fate: fc.constantFrom('silence', 'delivered', 'voided', 'refused', 'delivered and returned'),
  })
  .map((it): Story => (prefix) => {
    const of = { sku: it.sku, node: it.node, order: prefix, shipment: prefix };
    const reservation = `r${prefix}`;
    const short = Math.ceil(it.qty / 3);
    const events: Given[] = [
      ...(it.reserved
        ? [facts.reserved(it.qty, { ...of, reservation, expires: it.from + 15 })]
        : []),
      facts.ordered(it.qty, {
        ...of,
        sourced: it.sourced,
        ...(it.reserved ? { reservation } : {}),
      }),
      ...(it.changed > 0 ? [facts.orderChanged(it.changed, of)] : []),
      ...(it.allocated ? [facts.allocated(it.qty, of)] : []),
      ...(it.reallocated ? [facts.deallocated(it.qty, of), facts.allocated(it.qty, of)] : []),
      ...(it.picked === 'no' ? [] : pick(it.picked, it.qty, short, of)),
      ...(it.cancelled > 0 ? [facts.cancelled(it.cancelled, of)] : []),
      ...(it.packed ? [facts.packed(it.qty - short, of)] : []),
      ...(it.dispatched ? [facts.dispatched(it.qty, of), ...fate(it.fate, it.qty, of)] : []),
    ];
    return told(prefix, it.from, it.gap, events);
  });

function pick(how: string, units: number, short: number, of: facts.OfLine): Given[] {
  if (how === 'short') return [facts.shorted({ picked: units - short, short }, of)];
  const full = facts.picked(units, of);
  if (how === 'full') return [full];
  const change = { from: 'picked', to: 'available', ofLine: true } as const;
  return [full, facts.stateChanged(short, change, of)];
}

function fate(what: string, units: number, of: facts.OfShipment & facts.Place): Given[] {
  const { shipment: _, ...loose } = of;
  switch (what) {
    case 'delivered':
      return [facts.delivered(of)];
    case 'voided':
      return [facts.voided(of)];
    case 'refused':
      return [facts.returned(units, of), facts.delivered(of)];
    case 'delivered and returned':
      return [
        facts.delivered(of),
        facts.returned(units, { ...loose, rma: 'm1' }),
        event('return.dispositioned', {
          sku_id: of.sku ?? 'A',
          node_id: of.node ?? 'dc',
          qty: units,
          to_state: 'damaged',
        }),
      ];
    default:
      return [];
  }
}

/** Supply from the PO to the shelf; what is received differs from what was announced. */
export const supply = fc
  .record({
    ...place,
    qty,
    from: minute,
    gap: fc.integer({ min: 0, max: 60 }),
    issued: maybe,
    acknowledged: maybe,
    announced: maybe,
    received: fc.option(qty, { nil: 0 }),
    condition: fc.constantFrom('good', 'inspect', 'damaged', 'hold', 'rejected'),
    put: fc.integer({ min: 0, max: 12 }),
    closed: maybe,
  })
  .map((it): Story => (prefix) => {
    const where = { sku_id: it.sku, node_id: it.node };
    const of = { sku: it.sku, node: it.node, po: prefix };
    const receipt = facts.received(it.received, {
      ...of,
      ...(it.announced ? { asn: prefix } : {}),
    });
    const events: Given[] = [
      ...(it.issued ? [facts.purchased(it.qty, of)] : []),
      ...(it.acknowledged ? [facts.acknowledged(it.qty, of)] : []),
      ...(it.announced ? [facts.announced(it.qty, { ...of, asn: prefix })] : []),
      ...(it.received > 0
        ? [{ ...receipt, data: { ...receipt.data, condition_code: it.condition } }]
        : []),
      ...(it.put > 0 && it.condition === 'good'
        ? [event('putaway.completed', { ...where, qty: it.put })]
        : []),
      ...(it.condition === 'inspect'
        ? [event('quality.inspected', { ...where, qty_pass: it.put, qty_fail: 1 })]
        : []),
      ...(it.closed ? [event('receipt.closed', { asn_id: prefix })] : []),
    ];
    return told(prefix, it.from, it.gap, events);
  });

export const adjustment = fc
  .record({
    ...place,
    at: minute,
    delta: fc.integer({ min: -9, max: 9 }),
    raw: fc.constantFrom('AB', '06', '07', '51'),
    state: fc.constantFrom('available', 'damaged', 'on_hold', 'lost'),
  })
  .map((it): Story => (prefix) => {
    const one = facts.adjusted(it.delta, it);
    return told(prefix, it.at, 0, [{ ...one, data: { ...one.data, state: it.state } }]);
  });

const move = fc
  .record({
    ...place,
    at: minute,
    qty,
    from: fc.constantFrom(...PHYSICAL_STATES),
    to: fc.constantFrom(...PHYSICAL_STATES, 'scrapped' as const, 'lost' as const),
  })
  .map((it): Story => (prefix) => {
    const { from, to } = it;
    return told(prefix, it.at, 0, [
      facts.stateChanged(it.qty, { from, to }, { sku: it.sku, node: it.node }),
    ]);
  });

/** A snapshot of some positions; now and then its control is wrong, or its rows never all come. */
const snapshot = fc
  .record({
    asOf: minute,
    lag: fc.integer({ min: 0, max: 90 }),
    scope: fc.constantFrom('partial', 'full'),
    source: fc.constantFrom('urn:test:wms', 'urn:test:erp'),
    wrong: fc.constantFrom(0, 0, 0, 1),
    counts: fc.array(
      fc.record({
        ...place,
        qty: fc.integer({ min: 0, max: 80 }),
        qualifier: fc.constantFrom('17', '19', '20', '27', '33'),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  })
  .map((it): Story => (prefix) => {
    const { asOf, scope, source } = it;
    const total = it.counts.reduce<number>((sum, count) => sum + count.qty, it.wrong);
    const of = { snapshot: prefix, asOf, scope, source, total };
    const rows = it.counts.map((count) => ({ ...count, source }));
    return told(prefix, asOf + it.lag, 0, facts.snapshot(of, ...rows));
  });

const policy = fc
  .record({ at: minute, units: fc.integer({ min: 0, max: 9 }), dedicated: maybe, ...place })
  .map((it): Story => (prefix) => {
    const decided = { actor: 'ann', reason: 'test' };
    const held = { policy: 'safety_stock', scope: { sku_id: it.sku }, value: { units: it.units } };
    const channel = {
      policy: 'channel',
      scope: { channel_id: 'web' },
      value: { share: 0.5, ...(it.dedicated ? { dedicated_units: it.units } : {}) },
    };
    return told(prefix, it.at, 0, [
      { name: 'policy.set', data: { ...held, ...decided } },
      { name: 'policy.set', data: { ...channel, ...decided } },
    ]);
  });

/** A checkout that is abandoned: its claim lapses by itself, unless it is given up before. */
const checkout = fc
  .record({
    ...place,
    qty,
    from: minute,
    expires: fc.integer({ min: 1, max: 90 }),
    released: maybe,
  })
  .map((it): Story => (prefix) => {
    const of = { sku: it.sku, node: it.node, reservation: `r${prefix}` };
    const held = facts.reserved(it.qty, { ...of, expires: it.from + it.expires });
    return told(prefix, it.from, 40, it.released ? [held, facts.released(of)] : [held]);
  });

const anyStory = fc.oneof(
  { weight: 3, arbitrary: opening },
  { weight: 8, arbitrary: order },
  { weight: 4, arbitrary: supply },
  { weight: 3, arbitrary: adjustment },
  { weight: 2, arbitrary: move },
  { weight: 3, arbitrary: snapshot },
  { weight: 2, arbitrary: checkout },
  { weight: 1, arbitrary: policy },
);
export const anyStories = fc.array(anyStory, { minLength: 1, maxLength: 14 });
