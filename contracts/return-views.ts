/** Returns as people look at them: what waits at which stage, how long it takes, what becomes of it, what it costs. */
import { Type, type Static } from 'typebox';
import { at, CLOCK, NEXT, Series, STEPPED_WINDOW } from './answer.ts';

/** Where a return waits: for the goods, for a decision, for the refund. */
export const RETURN_STAGES = ['authorised', 'received', 'refund'] as const;
export const RETURN_BUCKETS = ['0-1 d', '1-2 d', '2-3 d', '3-7 d', '>7 d'] as const;
export const RETURN_SORTS = ['age', 'amount'] as const;

const money = (description: string) =>
  Type.String({ description: `${description} (decimal string, house currency)` });

/** `GET /v1/returns/overview`. */
export const ReturnOverview = Type.Object({
  ...CLOCK,
  window: STEPPED_WINDOW,
  open: Type.Array(
    Type.Object({
      stage: Type.String(),
      bucket: Type.String({ description: 'How long it has waited' }),
      returns: Type.Integer(),
      units: Type.Integer(),
      amount: money('At the price of the order; nothing while the goods have not come'),
    }),
    { description: 'Returns that are not over, now; cells without any are left out' },
  ),
  cycle: Type.Object(
    { p50_h: Series('Half of them took no longer'), p90_h: Series('90 % took no longer') },
    { description: 'From receipt to decision (K29a), hours' },
  ),
  outcomes: Type.Array(Type.Object({ outcome: Type.String(), units: Type.Integer() }), {
    description: 'What became of the units received in the window, the most first',
  }),
  reasons: Type.Array(
    Type.Object({ reason: Type.String(), units: Type.Integer(), amount: money('Value') }),
    { description: 'Of what was received in the window, the most units first' },
  ),
  money: Type.Object({
    received: money('Value received in the window'),
    refunded: money('Refunds issued in the window'),
    owed: money('Owed now for goods that came back and were decided on'),
    without_goods: money('Refunds without goods that fell due in the window (L4)'),
    written_off: money('Written off of returns in the window (L5)'),
  }),
  nodes: Type.Array(Type.String(), { description: 'Nodes that received returns' }),
});
export type ReturnOverview = Static<typeof ReturnOverview>;

/** `GET /v1/returns`. */
export const ReturnList = Type.Object({
  ...CLOCK,
  returns: Type.Array(
    Type.Object({
      stage: Type.String(),
      order_id: Type.String({ description: 'Order, or empty' }),
      rma_id: Type.String({ description: 'Authorisation, or empty' }),
      sku_id: Type.String({ description: 'SKU; empty for several' }),
      node_id: Type.String({ description: 'Node that received, or empty' }),
      channel_id: Type.String(),
      reason: Type.String(),
      units: Type.Integer({ description: 'Units that wait' }),
      amount: money('Value that waits'),
      since: at('Since when it waits'),
      bucket: Type.String(),
    }),
    { description: 'In the order asked for' },
  ),
  ...NEXT,
});
export type ReturnList = Static<typeof ReturnList>;
