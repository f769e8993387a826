/** Positions as a list: what there is of each SKU at each node. */
import { Type, type Static } from 'typebox';
import { CLOCK, NEXT } from './answer.ts';

export const POSITION_SORTS = ['atp', 'on_hand', 'unsellable', 'sku'] as const;
export const POSITION_KINDS = ['oversold', 'out_of_stock', 'unsellable'] as const;

const units = (description: string) => Type.Integer({ description: `Units ${description}` });

/** `GET /v1/positions`. */
export const PositionList = Type.Object({
  ...CLOCK,
  positions: Type.Array(
    Type.Object({
      sku_id: Type.String(),
      description: Type.Union([Type.String(), Type.Null()]),
      node_id: Type.String({ description: 'Node; - for demand that waits for one' }),
      atp: units('that can be promised: on hand, less unsellable, committed and open demand'),
      qoh: units('on hand, in whatever state'),
      committed: units('allocated, picked or packed'),
      open_demand: units('ordered and not allocated'),
      unsellable: units('on hand that cannot be sold: to inspect, on hold, damaged, expired …'),
      in_transit_in: units('announced and under way'),
      on_order: units('ordered from suppliers and not announced'),
    }),
    { description: 'In the order asked for' },
  ),
  nodes: Type.Array(Type.String(), { description: 'Nodes with positions' }),
  ...NEXT,
});
export type PositionList = Static<typeof PositionList>;
export type PositionEntry = PositionList['positions'][number];
