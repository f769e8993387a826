/** Movements of a SKU and what counts made of it, as lists in pages. */
import { Type, type Static } from 'typebox';
import { at, NEXT } from './answer.ts';

export const Movement = Type.Object({
  seq: Type.Integer({ description: 'Log sequence of the event that caused it' }),
  idx: Type.Integer({ description: 'Number of the movement within its event' }),
  time: at('When it happened'),
  node_id: Type.String({ description: 'Node; - for demand that no node has been chosen for' }),
  from_account: Type.String({
    description: 'Account that the units left; outside: they were not here',
  }),
  to_account: Type.String({ description: 'Account that they entered' }),
  units: Type.Integer(),
  kind: Type.String({ description: 'allocation, pick, dispatch, adjustment, reconciliation …' }),
  illegal: Type.Boolean({ description: 'The transition is not in the table of legal ones' }),
  late: Type.Boolean({ description: 'The event came more than 10 minutes behind the newest' }),
  type: Type.String({ description: 'Type of the event' }),
  source: Type.String(),
  event_id: Type.String(),
  ref: Type.String({ description: 'Order line, shipment, PO, adjustment or snapshot' }),
  reason: Type.String(),
});
export type Movement = Static<typeof Movement>;

export const MovementList = Type.Object({
  sku_id: Type.String(),
  movements: Type.Array(Movement, { description: 'The newest in the log first' }),
  ...NEXT,
});
export type MovementList = Static<typeof MovementList>;

export const Reconciliation = Type.Object({
  reconciliation_id: Type.String(),
  revision: Type.Integer({ description: 'The newest; one more for each late movement' }),
  snapshot_id: Type.String(),
  snapshot_source: Type.String({ description: 'Who counted' }),
  node_id: Type.String(),
  measure: Type.String({ description: 'State, or on_hand, unusable, committed' }),
  as_of: at('When the count was taken'),
  stated: Type.Integer({ description: 'Units that the source states' }),
  book: Type.Integer({ description: 'Units that the ledger had then, as known now' }),
  variance: Type.Integer({ description: 'stated − book' }),
  status: Type.String({ description: 'applied, within_skew (explained by the clocks) or revised' }),
  seq: Type.Integer({ description: 'Log sequence of the event that caused this revision' }),
});
export type Reconciliation = Static<typeof Reconciliation>;

export const ReconciliationList = Type.Object({
  sku_id: Type.String(),
  reconciliations: Type.Array(Reconciliation, { description: 'The newest in the log first' }),
  ...NEXT,
});
export type ReconciliationList = Static<typeof ReconciliationList>;
