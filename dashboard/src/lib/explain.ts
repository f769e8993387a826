/** Puts the terms of "why this number?" into the lines of the equation (REFERENCE §2.4). Pure. */
import type { AtpExplanation, ExplainTerm } from '../../../contracts/atp.ts';
import type { Account } from '../../../contracts/states.ts';

export interface EquationLine {
  readonly label: string;
  readonly sign: 1 | -1;
  readonly units: number;
  readonly terms: readonly ExplainTerm[];
  readonly agrees: boolean;
}

export interface Equation {
  /** Lines that make ATP. */
  readonly atp: readonly EquationLine[];
  /** Lines that lead from ATP to AFS. */
  readonly afs: readonly EquationLine[];
}

const COMMITTED: ReadonlySet<string> = new Set<Account>(['allocated', 'picked', 'packed']);
const OF_THEIR_OWN: Readonly<Record<string, string>> = {
  open_demand: 'Open demand',
  safety_stock: 'Safety stock',
  soft_reserved: 'Soft reservations',
};

export function equationOf({ terms }: AtpExplanation): Equation {
  const line = (label: string, sign: 1 | -1, chosen: ExplainTerm[]): EquationLine => ({
    label,
    sign,
    units: chosen.reduce((sum, term) => sum + term.units, 0),
    terms: chosen,
    agrees: chosen.every((term) => term.agrees),
  });
  const own = (name: string) =>
    line(
      OF_THEIR_OWN[name] ?? name,
      -1,
      terms.filter((term) => term.term === name),
    );
  const taken = terms.filter((term) => term.sign === -1 && !Object.hasOwn(OF_THEIR_OWN, term.term));
  return {
    atp: [
      line(
        'On hand',
        1,
        terms.filter((term) => term.sign === 1),
      ),
      line(
        'Unsellable',
        -1,
        taken.filter((term) => !COMMITTED.has(term.term)),
      ),
      line(
        'Committed',
        -1,
        taken.filter((term) => COMMITTED.has(term.term)),
      ),
      own('open_demand'),
    ],
    afs: [own('safety_stock'), own('soft_reserved')],
  };
}
