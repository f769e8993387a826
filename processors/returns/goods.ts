/**
 * Goods of a unit after the sale, as its facts have them: what left, what came back of it, and what was
 * decided about it. Pure.
 *
 *   sold (units of a shipment) ─▶ returned (split by the shipment that the units left with)
 *                                    └─▶ dispositions, first in, first out
 *
 * Nothing is cut off: units that came back beyond what left are a returned line without a sale, and
 * dispositions beyond what was received are kept as such. So received = dispositioned + pending always.
 */
import type { StockState } from '../../contracts/states.ts';
import type {
  AuthorisedFact,
  DispositionedFact,
  LineFact,
  ReceivedFact,
  ReturnsFact,
  ShippedFact,
} from './facts.ts';

/** Facts of a unit by their kind. */
export type Facts = { readonly [K in ReturnsFact['kind']]: Extract<ReturnsFact, { kind: K }>[] };

export interface Sale {
  readonly fact: ShippedFact;
  /** The order's line; undefined when the order is not known. */
  readonly line: LineFact | undefined;
}

/** What was decided about units of a returned line. */
interface Disposed {
  readonly fact: DispositionedFact;
  readonly units: number;
}

/** Received units that left with the same shipment. */
export interface Returned {
  readonly fact: ReceivedFact;
  readonly units: number;
  /** The shipment they came from; undefined for units that did not leave as far as is known. */
  readonly sale: Sale | undefined;
  readonly line: LineFact | undefined;
  readonly authorised: AuthorisedFact | undefined;
  readonly disposed: readonly Disposed[];
}

export interface Goods {
  readonly lines: Lines;
  readonly sales: readonly Sale[];
  readonly returned: readonly Returned[];
  /** Decisions about goods that were not received. */
  readonly early: readonly Disposed[];
}

/** States of the columns of table `returns`; units that went elsewhere are in `to_other`. */
export const DISPOSED_TO: readonly StockState[] = [
  'available',
  'on_hold',
  'damaged',
  'rtv_pending',
  'scrapped',
  'lost',
];

export function factsByKind(facts: readonly ReturnsFact[]): Facts {
  const kinds: Facts = {
    ...{ line: [], cancelled: [], shipped: [], freight: [], voided: [] },
    ...{ authorised: [], received: [], dispositioned: [], refunded: [], cost: [] },
  };
  for (const fact of facts) (kinds[fact.kind] as ReturnsFact[]).push(fact);
  return kinds;
}

export function goodsOf(facts: Facts): Goods {
  const lines = linesOf(facts.line);
  const sales = salesOf(facts, lines);
  const returned = returnedOf(facts, sales, lines);
  return { lines, sales, ...dispose(returned, facts.dispositioned) };
}

/** The order's line of an id; else its first line of the SKU. */
export type Lines = (of: { readonly line: string; readonly sku: string }) => LineFact | undefined;

function linesOf(lines: Facts['line']): Lines {
  const byId = new Map(lines.map((fact) => [fact.line, fact]));
  const bySku = new Map(lines.toReversed().map((fact) => [fact.sku, fact]));
  return ({ line, sku }) => byId.get(line) ?? bySku.get(sku);
}

/** What left and was not called back, in the order in which it left. */
function salesOf({ shipped, voided }: Facts, lines: Lines): Sale[] {
  return shipped
    .filter((fact) => !isVoided(fact, voided))
    .sort((a, b) => a.shippedMs - b.shippedMs)
    .map((fact) => ({ fact, line: lines(fact) }));
}

export const isVoided = ({ shipment }: { readonly shipment: string }, voided: Facts['voided']) =>
  voided.some((fact) => fact.shipment === shipment);

/** Each receipt, split by the shipments that its units left with: the one that left first returns first. */
function returnedOf(
  facts: Facts,
  sales: readonly Sale[],
  lines: Lines,
): Omit<Returned, 'disposed'>[] {
  const left = new Map(sales.map((sale) => [sale, sale.fact.units]));
  const bySku = groupBySku(sales);
  return facts.received.flatMap((fact) => {
    const authorised = authorisationOf(facts.authorised, fact);
    const pieces: Omit<Returned, 'disposed'>[] = [];
    let open = fact.units;
    for (const sale of bySku.get(fact.sku) ?? []) {
      const units = Math.min(open, left.get(sale) ?? 0);
      if (units === 0 || !cameFrom(fact, sale.fact)) continue;
      left.set(sale, (left.get(sale) ?? 0) - units);
      open -= units;
      pieces.push({ fact, units, sale, line: sale.line, authorised });
    }
    const line = lines(fact);
    return open === 0
      ? pieces
      : [...pieces, { fact, units: open, sale: undefined, line, authorised }];
  });
}

const cameFrom = (received: ReceivedFact, shipped: ShippedFact) =>
  agree(received.line, shipped.line) && agree(received.shipment, shipped.shipment);

/** What is of one SKU, in its order: an order can have hundreds. */
function groupBySku<T extends { readonly fact: { readonly sku: string } }>(
  all: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(one.fact.sku);
    if (group === undefined) groups.set(one.fact.sku, [one]);
    else group.push(one);
  }
  return groups;
}

/** True when both are the same, or one of them is not stated. */
export const agree = (a: string, b: string) => a === '' || b === '' || a === b;

/** The authorisation that a receipt goes back to: by its number, else one of the order for the SKU. */
function authorisationOf(
  authorised: Facts['authorised'],
  { line, rma, sku }: ReceivedFact,
): AuthorisedFact | undefined {
  const exact = authorised.find(
    (fact) => fact.sku === sku && agree(fact.line, line) && (rma === '' || fact.rma === rma),
  );
  return exact ?? (rma === '' ? undefined : authorised.find((fact) => fact.rma === rma));
}

/** Pairs decisions with received units: first those that name the same authorisation, then the others. */
function dispose(
  returned: readonly Omit<Returned, 'disposed'>[],
  dispositions: Facts['dispositioned'],
): Pick<Goods, 'returned' | 'early'> {
  const pieces = returned.map((piece) => ({
    ...piece,
    pending: piece.units,
    disposed: [] as Disposed[],
  }));
  const bySku = groupBySku(pieces);
  const open = dispositions.map((fact) => ({ fact, units: fact.units }));
  const pair = (fits: (piece: ReceivedFact, fact: DispositionedFact) => boolean) => {
    for (const decision of open) {
      for (const piece of bySku.get(decision.fact.sku) ?? []) {
        const { fact } = decision;
        const units = Math.min(decision.units, piece.pending);
        if (units === 0 || piece.fact.node !== fact.node) continue;
        if (!fits(piece.fact, fact)) continue;
        piece.pending -= units;
        decision.units -= units;
        piece.disposed.push({ fact, units });
      }
    }
  };
  pair((piece, { rma }) => piece.rma === rma);
  pair((piece, { rma }) => agree(piece.rma, rma));
  return {
    returned: pieces.map(({ pending: _, ...piece }) => piece),
    early: open.filter(({ units }) => units > 0),
  };
}

/** Units that a decision sent to each state of DISPOSED_TO, and elsewhere. */
export function unitsByState(disposed: readonly Disposed[]): number[] {
  const units = [...DISPOSED_TO.map(() => 0), 0];
  for (const { fact, units: moved } of disposed) {
    const at = DISPOSED_TO.findIndex((state) => state === fact.to);
    const column = at === -1 ? DISPOSED_TO.length : at;
    units[column] = (units[column] ?? 0) + moved;
  }
  return units;
}
