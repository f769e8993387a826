/**
 * Where an order's margin leaks (REFERENCE §1.6), from its facts. Pure.
 *
 *   L1 L6 L7  recorded only: nothing else knows them
 *   L2        freight of the shipments beyond the first one
 *   L3        cancelled by the seller: (price − cost) × units
 *   L4        refunds whose goods have not come back in time; a receipt that comes later takes it back
 *   L5        returned goods that were scrapped: cost × units
 *
 * Each cost is in one component, once: a recorded cost of a component stands instead of the derived one
 * that its `ref` names (shipment, refund, line, return), or of all derived ones of that component in the
 * order when it names none. A recorded amount of zero or less is a recovery: it lowers the component.
 */
import { amountOf, micros, times } from '../facts/money.ts';
import type { CostFact } from './facts.ts';
import { isVoided, type Facts, type Goods } from './goods.ts';
import type { Refund } from './refunds.ts';

export interface Cost {
  /** Tells it from the other costs of the unit. */
  readonly key: string;
  readonly component: string;
  readonly origin: 'recorded' | 'derived';
  /** Shipment, refund, order line, return or invoice. */
  readonly ref: string;
  readonly shipment: string;
  readonly sku: string;
  readonly node: string;
  readonly amount: string;
  readonly currency: string;
  readonly inHouse: boolean;
  readonly postedMs: number;
  readonly cause: string;
}

export interface Sold {
  readonly facts: Facts;
  readonly goods: Goods;
  readonly refunds: readonly Refund[];
}

/** Costs that stand at `nowMs`. */
export function costsOf(sold: Sold, nowMs: number): Cost[] {
  const recorded = sold.facts.cost.map(recordedCost);
  const derived = [
    ...splitCosts(sold),
    ...cancellationCosts(sold),
    ...unreturnedCosts(sold, nowMs),
    ...scrapCosts(sold),
  ];
  const replacing = recorded.filter(({ amount }) => micros(amount) > 0n);
  return [...recorded, ...derived.filter((cost) => !isReplaced(cost, derived, replacing))];
}

/** The next instant after `nowMs` at which a cost comes to stand by time alone; null when none does. */
export function nextCostMs({ refunds }: Pick<Sold, 'refunds'>, nowMs: number): number | null {
  const due = refunds
    .filter(({ fact, unreturned }) => unreturned !== '0' && fact.dueMs > nowMs)
    .map(({ fact }) => fact.dueMs);
  return due.length === 0 ? null : Math.min(...due);
}

function isReplaced(
  cost: Cost,
  derived: readonly Cost[],
  recorded: readonly Pick<Cost, 'component' | 'ref'>[],
): boolean {
  const same = recorded.filter(({ component }) => component === cost.component);
  const refs = new Set(derived.filter((one) => one.component === cost.component).map(refOf));
  return same.some(({ ref }) => ref === cost.ref || !refs.has(ref));
}

const refOf = ({ ref }: Cost) => ref;

function recordedCost(fact: CostFact): Cost {
  const { amount, component, currency, identity, inHouse, node, note, ref, timeMs } = fact;
  return {
    ...{ key: `recorded/${identity}`, component, origin: 'recorded', ref, shipment: '', sku: '' },
    ...{
      node,
      amount,
      currency,
      inHouse,
      postedMs: timeMs,
      cause: note === '' ? 'recorded' : note,
    },
  };
}

/** L2: the shipment that left first is the planned one. */
function splitCosts({ facts: { freight, shipped, voided } }: Sold): Cost[] {
  if (freight.length === 0) return [];
  const left = [...shipped, ...freight]
    .filter((fact) => !isVoided(fact, voided))
    .sort((a, b) => a.shippedMs - b.shippedMs || (a.shipment < b.shipment ? -1 : 1));
  const first = left[0]?.shipment;
  return freight
    .filter((fact) => fact.shipment !== first && !isVoided(fact, voided))
    .map(({ amount, currency, identity, inHouse, node, shipment, shippedMs }) => ({
      ...{ key: `L2/${identity}`, component: 'L2', origin: 'derived', ref: shipment, shipment },
      ...{ sku: '', node, amount, currency, inHouse, postedMs: shippedMs, cause: 'split shipment' },
    }));
}

/** L3: contribution margin of the units; without a known cost there is none to state. */
function cancellationCosts({ facts, goods }: Sold): Cost[] {
  return facts.cancelled.flatMap(({ identity, line: id, reason, timeMs, units }) => {
    const line = goods.lines({ line: id, sku: '' });
    if (line === undefined || line.unitCost === '') return [];
    const { currency, inHouse, node, price, sku, unitCost } = line;
    const amount = times(amountOf(micros(price) - micros(unitCost)), units);
    return {
      ...{ key: `L3/${identity}`, component: 'L3', origin: 'derived', ref: id, shipment: '' },
      ...{ sku, node, amount, currency, inHouse, postedMs: timeMs, cause: reason },
    } as const;
  });
}

/** L4. Money back for goods that never left the order is no leakage. */
function unreturnedCosts({ facts, refunds }: Sold, nowMs: number): Cost[] {
  return refunds.flatMap(({ currency, fact, inHouse, initiated, sale, unreturned }) => {
    const neverLeft = facts.line.length > 0 && sale === undefined;
    if (fact.dueMs > nowMs || unreturned === '0' || neverLeft) return [];
    const { dueMs, identity, refund, sku } = fact;
    return {
      ...{ key: `L4/${identity}`, component: 'L4', origin: 'derived', ref: refund },
      ...{ shipment: sale?.fact.shipment ?? '', sku, node: sale?.fact.node ?? '' },
      ...{ amount: unreturned, currency, inHouse, postedMs: dueMs },
      cause: initiated?.reason ?? 'no authorisation',
    } as const;
  });
}

/** L5, of returned goods only; other write-offs are adjustments. */
function scrapCosts({ facts, goods: { returned } }: Sold): Cost[] {
  return facts.dispositioned.flatMap((fact) => {
    const { identity, node, rma, sku, timeMs, to, unitCost, units } = fact;
    if (to !== 'scrapped' || unitCost === '') return [];
    const piece = returned.find(({ disposed }) => disposed.some((one) => one.fact === fact));
    return {
      ...{ key: `L5/${identity}`, component: 'L5', origin: 'derived', ref: rma, shipment: '' },
      ...{ sku, node, amount: times(unitCost, units), currency: '', inHouse: true },
      ...{ postedMs: timeMs, cause: piece?.authorised?.reason ?? 'no authorisation' },
    } as const;
  });
}
