/**
 * Dispatched units of which nobody said which line they are for: they go to the lines of the same SKU that
 * still want units, in the order of their ids; what is beyond that goes to the last of them. Pure.
 */
import type { LegFact, LineFact, Order } from './facts.ts';
import type { ShipmentView } from './shipment.ts';

/** Key of the units that no line of the order is for. */
export const UNASSIGNED = '';

interface Want {
  readonly line: string;
  readonly sku: string;
  units: number;
}

export function assignLoose(
  { lines, loose }: Pick<Order, 'lines' | 'loose'>,
  shipments: { view(id: string): ShipmentView },
): Map<string, LegFact[]> {
  const stands = ({ shipment }: LegFact) => shipments.view(shipment).voidedMs === null;
  const wants = lines
    .map(({ facts, id }) => wantOf(id, facts, stands))
    .filter((want) => want.sku !== '')
    .sort((a, b) => (a.line < b.line ? -1 : 1));
  const assigned = new Map<string, LegFact[]>();
  const assign = (line: string, leg: LegFact) => {
    const known = assigned.get(line);
    if (known === undefined) assigned.set(line, [leg]);
    else known.push(leg);
  };
  for (const leg of loose) {
    const candidates = wants.filter(({ sku }) => sku === leg.sku);
    const last = candidates.at(-1);
    let left = leg.units;
    for (const want of candidates) {
      const units = want === last ? left : Math.min(left, Math.max(0, want.units));
      if (units === 0) continue;
      left -= units;
      if (stands(leg)) want.units -= units;
      assign(want.line, { ...leg, units });
    }
    if (last === undefined) assign(UNASSIGNED, leg);
  }
  return assigned;
}

/** Units of a line that were ordered and that no dispatch names. */
function wantOf(line: string, facts: readonly LineFact[], stands: (leg: LegFact) => boolean): Want {
  const want: Want & { sku: string } = { line, sku: '', units: 0 };
  let shipped = 0;
  for (const fact of facts) {
    if (fact.kind === 'created') want.sku = fact.sku;
    if (fact.kind === 'created' || fact.kind === 'changed') want.units = fact.units;
    if (fact.kind === 'shipped' && stands(fact)) shipped += fact.units;
  }
  want.units -= shipped;
  return want;
}
