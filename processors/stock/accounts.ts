/** Accounts as column numbers of the ledger, and the groups of them that formulas use. */
import {
  ACCOUNTS,
  COMMITTED_STATES,
  PHYSICAL_STATES,
  UNSELLABLE_STATES,
  type Account,
  type PhysicalState,
  type SNAPSHOT_QUALIFIERS,
  type SnapshotQualifier,
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

/** What an absolute count can state. */
export type Measure = PhysicalState | (typeof SNAPSHOT_QUALIFIERS)[SnapshotQualifier];

const first = (account: number, accounts: readonly number[]) => [
  account,
  ...accounts.filter((other) => other !== account),
];

/**
 * The states that each measure covers. Narrow measures stand before the broad ones that contain them,
 * and the state that a difference belongs to, if nothing else is known, stands first.
 */
export const MEASURES: ReadonlyMap<Measure, readonly number[]> = new Map<Measure, number[]>([
  ...PHYSICAL_STATES.map((state): [Measure, number[]] => [state, [A[state]]]),
  ['committed', first(A.allocated, COMMITTED)],
  ['unusable', first(A.on_hold, UNSELLABLE)],
  ['on_hand', first(A.available, first(A.on_hold, PHYSICAL))],
]);

/**
 * Counters of records, numbered behind the accounts so that the history can hold both: through them a
 * correction finds what an event changed beside balances.
 */
export const COUNTER = {
  created: 32,
  changed: 33,
  cancelled: 34,
  allocated: 35,
  shorted: 36,
  picked: 37,
  packed: 38,
  shipped: 39,
  poOrdered: 40,
  poAnnounced: 41,
  poReceived: 42,
  asnAnnounced: 43,
  asnReceived: 44,
  reserved: 46,
  leg: 47,
  fate: 48,
  back: 49,
  counted: 50,
} as const;
export const isCounter = (side: number) => side >= COUNTER.created;
