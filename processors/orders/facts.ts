/**
 * What the orders processor keeps of events: facts by order, by line and by shipment, as small as they can
 * be. `timeMs` is when it happened: the instant that the data names (ordered, shipped, delivered), else the
 * event's own time.
 */
import type { DataOf } from '../../contracts/events.ts';
import type { Fact, FactRow } from '../facts/signed.ts';
import type { LineView } from './line.ts';
import type { ShipmentView } from './shipment.ts';

export type SlaClass = DataOf<'order.created'>['sla_class'];
export type Initiator = DataOf<'order.cancelled'>['initiator'];

/** The order itself; each of its lines says the same, so whichever comes first will do. */
export interface CreatedFact extends Fact {
  readonly kind: 'created';
  readonly channel: string;
  readonly sla: SlaClass;
  readonly shipByMs: number;
  readonly deliverByMs: number;
  readonly currency: string;
  readonly region: string;
  readonly node: string;
}

export type OrderFact =
  | CreatedFact
  | (Fact & { readonly kind: 'promised'; readonly shipByMs: number })
  | (Fact & {
      readonly kind: 'held';
      readonly hold: string;
      readonly type: DataOf<'order.hold.placed'>['hold_type'];
      readonly pauses: boolean;
    })
  | (Fact & { readonly kind: 'freed'; readonly hold: string })
  | (Fact & {
      readonly kind: 'released';
      readonly node: string;
      /** Checks that had failed. */
      readonly failed: readonly string[];
    })
  | (Fact & { readonly kind: 'picking'; readonly node: string })
  | (Fact & { readonly kind: 'claimed'; readonly fault: ClaimFault });

export type ClaimFault = 'condition' | 'documentation';

/** A line of a dispatch. */
export interface LegFact extends Fact {
  readonly kind: 'shipped';
  readonly units: number;
  readonly shipment: string;
  readonly node: string;
  readonly sku: string;
}

export type LineFact =
  | (Fact & {
      readonly kind: 'created';
      readonly sku: string;
      readonly units: number;
      readonly price: string;
      /** False for services and charges, which nobody picks or ships. */
      readonly goods: boolean;
      readonly node: string;
    })
  | (Fact & { readonly kind: 'changed'; readonly units: number })
  | (Fact & {
      readonly kind: 'cancelled';
      readonly units: number;
      readonly by: Initiator;
      readonly forStock: boolean;
    })
  /** Units below 0 were given back. */
  | (Fact & {
      readonly kind: 'allocated';
      readonly units: number;
      readonly node: string;
    })
  | (Fact & { readonly kind: 'backordered'; readonly units: number })
  | (Fact & { readonly kind: 'picked'; readonly units: number })
  | (Fact & { readonly kind: 'packed'; readonly units: number })
  | LegFact;

export type ShipmentFact =
  | (Fact & {
      readonly kind: 'dispatched';
      readonly node: string;
      readonly carrier: string;
      readonly service: string;
      readonly freight: string | null;
      readonly currency: string;
    })
  | (Fact & { readonly kind: 'voided' })
  | (Fact & {
      readonly kind: 'scanned';
      /** Expected delivery; null when the carrier did not say. */
      readonly etaMs: number | null;
      /** On its way back to the sender. */
      readonly returning: boolean;
    })
  | (Fact & { readonly kind: 'delivered' });

/** Places in `steps` and in the counts of a move: how far the open units of a line have come. */
export const RANK = {
  waiting: 0,
  created: 1,
  allocated: 2,
  picking: 3,
  picked: 4,
  packed: 5,
  shipped: 6,
  cancelled: 7,
} as const;
export const RANKS = 8;

/** Lines that came to a rank (above 0) or left it (below) at an instant. */
export interface Move {
  readonly atMs: number;
  readonly lines: readonly number[];
}

export interface Line {
  readonly id: string;
  readonly facts: LineFact[];
  /** When it came to which rank: instant, rank, instant, rank … */
  steps: readonly number[];
  /** What follows from the facts; null until it is worked out. */
  view: LineView | null;
  /** Rows of order_lines and shipment_lines that stand for it. */
  rows: readonly FactRow[];
}

export const STAGES = [
  'created',
  'on_hold',
  'released',
  'allocated',
  'picking',
  'picked',
  'packed',
  'shipped',
  'delivered',
  'cancelled',
] as const;
export type Stage = (typeof STAGES)[number];

/** A stretch of time in one stage on one clock; it ends where the next one begins. */
export interface Stay {
  readonly stage: Stage;
  readonly fromMs: number;
  /** When the order came into the stage; earlier than `fromMs` when only the clock changed since. */
  readonly enteredMs: number;
  readonly clockMs: number;
  readonly dueMs: number;
  /** Since when the clock stands still; null while it runs. */
  readonly pausedMs: number | null;
  readonly node: string;
  readonly channel: string;
  readonly sla: SlaClass;
  /** Business hours that the clock runs in; empty when it always runs. */
  readonly calendar: string;
}

/** Something that was reported of an order or a shipment. Replaced, never changed. */
export interface Flag {
  /** `code/subtype`. */
  readonly key: string;
  readonly findingId: string;
  /** False once it has ended. */
  readonly holds: boolean;
}

export interface Order {
  readonly id: string;
  readonly facts: OrderFact[];
  readonly lines: Line[];
  /** Dispatched units of which nobody said which line they are for. */
  readonly loose: LegFact[];
  /** Shipments that carry something of it. */
  readonly shipments: string[];
  moves: Move[];
  stays: readonly Stay[];
  /** Rows of orders and shipments that stand for it. */
  rows: readonly FactRow[];
  /** What was reported of it. */
  readonly flagged: Flag[];
  touchedMs: number;
}

export interface Shipment {
  readonly id: string;
  readonly facts: ShipmentFact[];
  /** Orders that it carries something of. */
  readonly orders: string[];
  /** What follows from the facts; null until it is worked out. */
  view: ShipmentView | null;
  /** What was reported of it. */
  readonly flagged: Flag[];
  touchedMs: number;
}

export const newOrder = (id: string): Order => ({
  id,
  facts: [],
  lines: [],
  loose: [],
  shipments: [],
  moves: [],
  stays: [],
  rows: [],
  flagged: [],
  touchedMs: 0,
});

export const newLine = (id: string): Line => ({
  id,
  facts: [],
  steps: [],
  view: null,
  rows: [],
});

export const newShipment = (id: string): Shipment => ({
  id,
  facts: [],
  orders: [],
  view: null,
  flagged: [],
  touchedMs: 0,
});

/** A copy that can be changed while the original is written to a snapshot. */
export const copyOrder = (order: Order): Order => ({
  ...order,
  facts: [...order.facts],
  lines: order.lines.map((line) => ({ ...line, facts: [...line.facts] })),
  loose: [...order.loose],
  shipments: [...order.shipments],
  moves: [...order.moves],
  flagged: [...order.flagged],
});

export const copyShipment = (shipment: Shipment): Shipment => ({
  ...shipment,
  facts: [...shipment.facts],
  orders: [...shipment.orders],
  flagged: [...shipment.flagged],
});

/** What a snapshot holds of them: views follow from facts. */
export const plainOrder = (order: Order): Order => ({
  ...order,
  lines: order.lines.map((line) => ({ ...line, view: null })),
});
export const plainShipment = (shipment: Shipment): Shipment => ({
  ...shipment,
  view: null,
});
