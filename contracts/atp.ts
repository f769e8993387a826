/**
 * Answers about stock: live ATP of a SKU, and why it is what it is. Shared by the stock processor that
 * computes them, the API that serves them and the dashboard that shows them.
 *
 * Quantities are base units. Formulas: REFERENCE §2.4 and §2.5.
 */
import { Type, type Static } from 'typebox';
import type { ACCOUNTS } from './states.ts';
import { STOCK_STATES } from './states.ts';

const units = (description: string) => Type.Integer({ description: `${description} (units)` });
const at = (description: string) => Type.String({ description: `${description} (RFC 3339)` });

const States = Type.Object(
  Object.fromEntries(STOCK_STATES.map((state) => [state, units(state)])) as Record<
    (typeof STOCK_STATES)[number],
    ReturnType<typeof units>
  >,
);

/** One point of the time-phased series: supply that becomes usable and what can be promised then. */
export const AtpPoint = Type.Object({
  at: at('From when'),
  receipts: units('Usable supply that arrives'),
  demand: units('Dated commitments that are not yet inside ATP now'),
  cumulative: units('Cumulative ATP'),
  promise: units('Cumulative ATP with look-ahead: what can be promised from here on'),
  refs: Type.Array(Type.String(), { description: 'ASNs and POs behind the receipts' }),
  overdue: Type.Boolean({ description: 'True when the supply was due before now' }),
});
export type AtpPoint = Static<typeof AtpPoint>;

/** How supply of a supplier counts towards time-phased ATP (REFERENCE §2.5). */
export const SupplyTerms = Type.Object({
  supplier_id: Type.String({ description: '"" when the supply names no supplier' }),
  lateness_p90_h: Type.Number({ description: 'Added to the expected arrival (hours)' }),
  dock_to_stock_p90_h: Type.Number({ description: 'Added as well (hours)' }),
  fill_rate: Type.Number({ description: 'Part of an acknowledged PO that is counted on, 0 … 1' }),
  basis: Type.String({
    description: 'Where it comes from: "policy", "default" or "learned from 12 receipt lines"',
  }),
});
export type SupplyTerms = Static<typeof SupplyTerms>;

export const NodeAtp = Type.Object({
  node_id: Type.String({ description: '"-" for demand that no node has been chosen for' }),
  states: States,
  qoh: units('Quantity on hand: sum of the physical states'),
  unsellable: units('On hand, not for sale'),
  committed: units('Allocated, picked and packed'),
  open_demand: units('Accepted orders not yet allocated'),
  atp: units('QOH − unsellable − committed − open demand; may be negative'),
  safety_stock: units('Held back by policy'),
  soft_reserved: units('Active soft reservations'),
  afs: units('max(0, ATP − safety stock − soft reservations)'),
  in_transit_in: units('Announced and under way to the node'),
  on_order: units('Ordered from suppliers, not yet announced'),
  supply_terms: Type.Optional(
    Type.Array(SupplyTerms, { description: 'How its open supply is counted on, by supplier' }),
  ),
  last_event_at: Type.Union([at('Event time of the last movement'), Type.Null()]),
  last_seq: Type.Integer({ description: 'Log sequence of the last movement' }),
  time_phased: Type.Array(AtpPoint, {
    description: 'From now on, a point wherever supply becomes usable; the first is now',
  }),
});
export type NodeAtp = Static<typeof NodeAtp>;

export const ChannelAfs = Type.Object({
  channel_id: Type.String(),
  nodes: Type.Array(Type.String(), { description: 'Nodes that serve it' }),
  pool: units('Sum of node AFS over the nodes, less pool-level demand and reservations'),
  share: Type.Number({ description: 'Part of the shared pool, 0 … 1' }),
  cap: Type.Union([units('Most that it may sell'), Type.Null()]),
  buffer: units('Held back from it'),
  dedicated_left: units('Set aside for it and not yet sold'),
  afs: units('Available for sale on the channel'),
  published: Type.Union([units('What the channel was last told'), Type.Null()]),
  published_at: Type.Union([at('When'), Type.Null()]),
});
export type ChannelAfs = Static<typeof ChannelAfs>;

export const AtpView = Type.Object({
  sku_id: Type.String(),
  known: Type.Boolean({ description: 'False when no event has named the SKU' }),
  description: Type.Union([Type.String(), Type.Null()]),
  now: at('Event time of the processor'),
  seq: Type.Integer({ description: 'Log sequence that the answer includes' }),
  totals: Type.Object({
    qoh: units('Over all nodes'),
    atp: units('Over all nodes, pool-level demand included'),
    afs: units('Sum of node AFS less pool-level demand and reservations'),
    open_demand: units('Over all nodes'),
    soft_reserved: units('Over all nodes'),
    inbound: units('In transit to and on order'),
  }),
  nodes: Type.Array(NodeAtp),
  channels: Type.Array(ChannelAfs),
});
export type AtpView = Static<typeof AtpView>;

/** What the stock processor answers about one position: every account, exactly. */
export interface PositionAnswer {
  readonly known: boolean;
  readonly accounts: Readonly<Record<(typeof ACCOUNTS)[number], number>>;
  readonly safetyStock: number;
  readonly safetyStockScope: string;
  readonly now: string;
  /** Log sequence of the last movement of the position. */
  readonly lastSeq: number;
}

/** An event behind a term: a movement of the position that touched the term's account. */
export const MovementRef = Type.Object({
  seq: Type.Integer({ description: 'Log sequence' }),
  time: at('Event time'),
  type: Type.String({ description: 'Event type' }),
  source: Type.String(),
  id: Type.String({ description: 'Event id' }),
  from: Type.String({ description: 'Account that the units left' }),
  to: Type.String({ description: 'Account that they entered' }),
  delta: units('Signed effect on this term'),
  ref: Type.String({ description: 'Order, reservation, PO or document' }),
  reason: Type.String(),
});
export type MovementRef = Static<typeof MovementRef>;

/** One term of "why this number?": its value in the ledger, in ClickHouse, and its newest events. */
export const ExplainTerm = Type.Object({
  term: Type.String({ description: 'Account or policy' }),
  label: Type.String(),
  sign: Type.Union([Type.Literal(1), Type.Literal(-1)], { description: 'How it enters the sum' }),
  units: units('In the ledger'),
  clickhouse_units: Type.Union([units('Sum of movements in ClickHouse'), Type.Null()]),
  agrees: Type.Boolean(),
  movements: Type.Integer({ description: 'Movements behind it' }),
  events: Type.Array(MovementRef, { description: 'The newest of them' }),
});
export type ExplainTerm = Static<typeof ExplainTerm>;

export const AtpExplanation = Type.Object({
  sku_id: Type.String(),
  node_id: Type.String(),
  formula: Type.String(),
  atp: units('Answer of the ledger'),
  afs: units('Available for sale at the node'),
  terms: Type.Array(ExplainTerm),
  agrees: Type.Boolean({ description: 'Every account equals the sum of its movements' }),
  differing: Type.Array(
    Type.Object({
      account: Type.String(),
      ledger: units('Ledger'),
      clickhouse: units('ClickHouse'),
    }),
  ),
  checked_seq: Type.Integer({ description: 'Log sequence at which both were compared' }),
  now: at('Event time of the processor'),
});
export type AtpExplanation = Static<typeof AtpExplanation>;

export const SkuHit = Type.Object({
  sku_id: Type.String(),
  description: Type.Union([Type.String(), Type.Null()]),
  nodes: Type.Integer({ description: 'Nodes that hold a position' }),
  atp: units('Over all nodes'),
});
export type SkuHit = Static<typeof SkuHit>;

/** `GET /v1/skus?q=`: what a search found, best first. */
export const SkuSearch = Type.Object({
  q: Type.String(),
  total_positions: Type.Union([Type.Integer(), Type.Null()], {
    description: 'Positions in the ledger; null for a token of some nodes',
  }),
  hits: Type.Array(SkuHit),
});
export type SkuSearch = Static<typeof SkuSearch>;
