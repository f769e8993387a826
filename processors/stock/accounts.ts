/** Accounts as column numbers of the ledger, and the groups of them that formulas use. */
import {
  ACCOUNTS,
  COMMITTED_STATES,
  PHYSICAL_STATES,
  UNSELLABLE_STATES,
  type Account,
  type StockState,
} from '../../contracts/states.ts';

/** Number of an account: its column in the ledger. */
export const A = Object.fromEntries(ACCOUNTS.map((name, index) => [name, index])) as Record<
  Account,
  number
>;

const columns = (states: readonly StockState[]) => states.map((state) => A[state]);
export const PHYSICAL = columns(PHYSICAL_STATES);
export const UNSELLABLE = columns(UNSELLABLE_STATES);
export const COMMITTED = columns(COMMITTED_STATES);

/** Accounts that follow from records (order lines, POs, ASNs, reservations) and are never set alone. */
const DERIVED = new Set<number>([A.on_order, A.in_transit_in, A.open_demand, A.soft_reserved]);
export const isDerived = (account: number) => DERIVED.has(account);

const PHYSICAL_SET = new Set(PHYSICAL);
export const isPhysical = (account: number) => PHYSICAL_SET.has(account);

export const accountName = (account: number): Account => {
  const name = ACCOUNTS[account];
  if (name === undefined) throw new Error(`no account has number ${account}`);
  return name;
};

/** What an absolute count can state: the states that it covers, and the one that takes the difference. */
export const MEASURES = {
  on_hand: { states: PHYSICAL, adjust: A.available },
  unusable: { states: UNSELLABLE, adjust: A.on_hold },
  committed: { states: COMMITTED, adjust: A.allocated },
  ...(Object.fromEntries(
    PHYSICAL_STATES.map((state) => [state, { states: [A[state]], adjust: A[state] }]),
  ) as Record<(typeof PHYSICAL_STATES)[number], { states: number[]; adjust: number }>),
} as const;
export type Measure = keyof typeof MEASURES;
