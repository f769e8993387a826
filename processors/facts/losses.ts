/**
 * Which changes of the book are losses, and of which kind (REFERENCE §1.6): L8 shrinkage, units that nobody
 * can explain, and L5 write-offs, units that are damaged, expired or scrapped. A unit is lost once: what was
 * written off before is not lost again when it is destroyed. What is found or mended again counts back.
 */
import type { DataOf } from '../../contracts/events.ts';

/** L5, L8 or neither (REFERENCE §1.6). */
export type Leakage = '' | 'L5' | 'L8';

export interface Loss {
  readonly leakage: Leakage;
  /** Units of it; gains are negative. */
  readonly loss_units: number;
}
export const NO_LOSS: Loss = { leakage: '', loss_units: 0 };

const WRITTEN_OFF: ReadonlySet<string> = new Set(['damaged', 'expired', 'scrapped']);
/** X12 947 W1901: damaged in the facility or in transit, destroyed, obsolete; decreased, found again. */
const WRITE_OFF_CODES: ReadonlySet<string> = new Set(['AU', 'AV', '07', 'AX']);
const UNEXPLAINED_CODES: ReadonlySet<string> = new Set(['06', '51']);

/** The partner's own code comes before the normalised reason, which is coarser. */
export function lossOfAdjustment(data: DataOf<'inventory.adjusted'>): Loss {
  const { qty_delta: delta, raw_code: raw, reason_code: reason, state } = data;
  if (WRITTEN_OFF.has(state) || state === 'lost') return NO_LOSS;
  if (WRITE_OFF_CODES.has(raw)) return lossOf('L5', -delta);
  if (UNEXPLAINED_CODES.has(raw)) return lossOf('L8', -delta);
  if (reason === 'damaged') return lossOf('L5', -delta);
  const unexplained = reason === 'shrinkage' || reason === 'cycle_count_available';
  return unexplained ? lossOf('L8', -delta) : NO_LOSS;
}

export function lossOfStateChange(data: DataOf<'inventory.state.changed'>): Loss {
  const before = kindOf(data.from_state);
  const after = kindOf(data.to_state);
  if (before === after) return NO_LOSS;
  if (before === '') return lossOf(after, data.qty);
  // Found or mended; from one kind of loss to the other it stays what it was first.
  return after === '' ? lossOf(before, -data.qty) : NO_LOSS;
}

function kindOf(state: string): Leakage {
  if (WRITTEN_OFF.has(state)) return 'L5';
  return state === 'lost' ? 'L8' : '';
}

const lossOf = (leakage: Leakage, units: number): Loss => ({
  leakage,
  // No −0: it would differ from 0 as a cell.
  loss_units: units === 0 ? 0 : units,
});
