/**
 * Stock states of a position (one SKU at one node), as REFERENCE §2.1 defines them, and the two memo
 * accounts that ATP subtracts. The order is the order of columns in the ledger and of the Enum in
 * ClickHouse: append only.
 */

/** States that goods can be in. Physical ones sum to QOH (quantity on hand). */
export const STOCK_STATES = [
  'on_order',
  'in_transit_in',
  'pending_putaway',
  'pending_inspection',
  'available',
  'allocated',
  'picked',
  'packed',
  'in_transit_out',
  'on_hold',
  'damaged',
  'expired',
  'return_pending',
  'rtv_pending',
  'lost',
  'scrapped',
] as const;
export type StockState = (typeof STOCK_STATES)[number];

/** In QOH: on the premises of the node. */
export const PHYSICAL_STATES = [
  'pending_putaway',
  'pending_inspection',
  'available',
  'allocated',
  'picked',
  'packed',
  'on_hold',
  'damaged',
  'expired',
  'return_pending',
  'rtv_pending',
] as const satisfies readonly StockState[];
export type PhysicalState = (typeof PHYSICAL_STATES)[number];

/** On hand, yet not for sale. */
export const UNSELLABLE_STATES = [
  'pending_putaway',
  'pending_inspection',
  'on_hold',
  'damaged',
  'expired',
  'return_pending',
  'rtv_pending',
] as const satisfies readonly PhysicalState[];

/** On hand and promised to an order. */
export const COMMITTED_STATES = [
  'allocated',
  'picked',
  'packed',
] as const satisfies readonly PhysicalState[];

/** Accounts that hold claims on stock rather than goods. */
export const MEMO_ACCOUNTS = ['open_demand', 'soft_reserved'] as const;
export type MemoAccount = (typeof MEMO_ACCOUNTS)[number];

/**
 * The other side of an entry or an exit of goods: a movement is always from one account to another, so
 * the states of a position plus `outside` sum to zero (law 4, conservation).
 */
export const OUTSIDE = 'outside';
/** The other side of a claim: the memo accounts plus `unclaimed` sum to zero as well. */
export const UNCLAIMED = 'unclaimed';

/** Every account a movement can name, in the ledger's column order. */
export const ACCOUNTS = [...STOCK_STATES, ...MEMO_ACCOUNTS, OUTSIDE, UNCLAIMED] as const;
export type Account = (typeof ACCOUNTS)[number];

/** The node of demand and reservations that no node has been chosen for yet. */
export const UNSOURCED_NODE = '-';

/**
 * X12 846 QTY01 (element 673) to the quantity it states, REFERENCE §2.2. `on_hand`, `unusable` and
 * `committed` cover several states.
 */
export const SNAPSHOT_QUALIFIERS = {
  '17': 'on_hand',
  '19': 'pending_putaway',
  '20': 'unusable',
  '26': 'on_hand',
  '27': 'committed',
  '33': 'available',
} as const;
export type SnapshotQualifier = keyof typeof SNAPSHOT_QUALIFIERS;
