/**
 * How stock states are shown: their names, the groups they form in ATP (REFERENCE §2.4) and their order
 * in a bar. Colours follow the group and stand in app.css as `--state-…`.
 */
import type { NodeAtp } from '../../../contracts/atp.ts';
import type { PhysicalState, StockState } from '../../../contracts/states.ts';

type States = NodeAtp['states'];

interface StateInfo {
  readonly label: string;
  readonly hint: string;
}

export const STATE_INFO: Readonly<Record<StockState, StateInfo>> = {
  on_order: { label: 'On order', hint: 'Ordered from suppliers, not yet announced' },
  in_transit_in: { label: 'In transit in', hint: 'Announced and under way to the node' },
  pending_putaway: { label: 'Pending putaway', hint: 'Received, not yet at its place' },
  pending_inspection: {
    label: 'Pending inspection',
    hint: 'Received, waiting for quality control',
  },
  available: { label: 'Available', hint: 'At its place, for sale' },
  allocated: { label: 'Allocated', hint: 'Reserved for an order' },
  picked: { label: 'Picked', hint: 'Taken for an order' },
  packed: { label: 'Packed', hint: 'In a carton, waiting for the carrier' },
  in_transit_out: { label: 'In transit out', hint: 'On the way to the customer' },
  on_hold: { label: 'On hold', hint: 'Quarantined' },
  damaged: { label: 'Damaged', hint: 'Not for sale' },
  expired: { label: 'Expired', hint: 'Past its date' },
  return_pending: { label: 'Return pending', hint: 'Came back, not yet decided on' },
  rtv_pending: { label: 'To vendor', hint: 'Waiting to go back to the supplier' },
  lost: { label: 'Lost', hint: 'Cannot be located' },
  scrapped: { label: 'Scrapped', hint: 'Destroyed' },
};

/** In QOH, in the order of a bar: for sale, promised, arriving, blocked. */
const ON_HAND: readonly PhysicalState[] = [
  'available',
  'allocated',
  'picked',
  'packed',
  'pending_putaway',
  'pending_inspection',
  'return_pending',
  'on_hold',
  'damaged',
  'expired',
  'rtv_pending',
];
const ELSEWHERE: readonly StockState[] = [
  'in_transit_in',
  'on_order',
  'in_transit_out',
  'lost',
  'scrapped',
];

export interface StatePart {
  readonly state: StockState;
  readonly units: number;
  /** Width in the bar, 0 … 1 of the positive units on hand; negative units have none. */
  readonly share: number;
}

/** The states of a node that hold something: on hand (as a bar) and elsewhere. */
export function partsOf(states: States): { onHand: StatePart[]; elsewhere: StatePart[] } {
  const positive = ON_HAND.reduce((sum, state) => sum + Math.max(0, states[state]), 0);
  const part = (state: StockState): StatePart => {
    const units = states[state];
    return { state, units, share: positive > 0 ? Math.max(0, units) / positive : 0 };
  };
  const held = (state: StockState) => states[state] !== 0;
  return {
    onHand: ON_HAND.filter(held).map(part),
    elsewhere: ELSEWHERE.filter(held).map(part),
  };
}

/** The node's name; demand without a node has a phrase instead. */
export const nodeName = (node: string) => (node === '-' ? 'No node yet' : node);

/** The newest movement of the nodes (RFC 3339), or null when nothing has moved. */
export function lastMovement(nodes: readonly NodeAtp[]): string | null {
  return nodes.reduce<string | null>(
    (newest, { last_event_at: at }) =>
      at !== null && (newest === null || at > newest) ? at : newest,
    null,
  );
}

/** Accounts that are no state: the other side of entries, and claims on what there is. */
const ACCOUNTS: Readonly<Record<string, string>> = {
  outside: 'Outside',
  unclaimed: 'Unclaimed',
  open_demand: 'Open demand',
  soft_reserved: 'Soft reserved',
  on_hand: 'On hand',
  unusable: 'Unusable',
  committed: 'Committed',
};

/** An account, or a measure of a count, as people read it. */
export const accountName = (account: string): string =>
  Object.hasOwn(STATE_INFO, account)
    ? STATE_INFO[account as StockState].label
    : (ACCOUNTS[account] ?? account);
