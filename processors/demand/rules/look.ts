/** What the rules see of a SKU when it is looked at, once a minute of event time at most. */
import { times } from '../../facts/money.ts';
import type { Finding } from '../../processor.ts';
import type { NodeTerms } from '../../stock/view.ts';

export const MINUTE_MS = 60_000;

export interface Look {
  readonly sku: string;
  readonly nowMs: number;
  /** Terms of its positions, and their rows in the ledger. */
  readonly nodes: readonly NodeTerms[];
  readonly rows: readonly number[];
  readonly active: boolean;
  readonly abcClass: string;
  /** Null while it is not known in the house currency. */
  readonly unitCost: string | null;
  /** Since when it is as it is: when it was changed last (event time). */
  readonly sinceMs: number;
  /** The event that changed it last since it was looked at before; none when time alone has passed. */
  readonly touch: Finding['evidence'];
}

/** Money at risk: units at cost; nothing while the cost is not known. */
export const worth = (unitCost: string | null, units: number) =>
  unitCost === null ? '0' : times(unitCost, Math.ceil(Math.abs(units)));

/** The least severity of a SKU that cannot be sold, by its class (REFERENCE §4.2). */
export function floorOf(abcClass: string) {
  if (abcClass === 'A') return 'SEV2';
  return abcClass === 'B' ? 'SEV3' : 'SEV4';
}
