/** Positions as ClickHouse has them, in stock_positions_now. */
import type {
  POSITION_KINDS,
  POSITION_SORTS,
  PositionEntry,
} from '../../contracts/position-views.ts';
import type { Rows } from '../reads.ts';
import { AT_NODES, nodesParam } from './query.ts';

/** What the list is ordered by, as a whole number that grows down the list. */
const SORT_KEYS = {
  atp: 'toInt64(p.atp)',
  on_hand: '-toInt64(p.qoh)',
  unsellable: '-toInt64(p.unsellable)',
  sku: 'toInt64(0)',
} as const satisfies Record<(typeof POSITION_SORTS)[number], string>;

const KINDS = {
  oversold: "p.atp < 0 AND node_id != '-'",
  out_of_stock: "p.available <= 0 AND node_id != '-'",
  unsellable: 'p.unsellable > 0',
} as const satisfies Record<(typeof POSITION_KINDS)[number], string>;

export type PositionPlace = readonly [key: number, sku: string, node: string];

export interface PositionQuestion {
  /** Undefined: of every kind. */
  readonly only: keyof typeof KINDS | undefined;
  readonly sort: keyof typeof SORT_KEYS;
  /** Null: every node. */
  readonly nodes: readonly string[] | null;
  /** Part of the id or the description; '' for all. */
  readonly q: string;
  readonly limit: number;
  readonly after: PositionPlace | undefined;
}

export type PositionRow = Omit<PositionEntry, 'description'> & { readonly key: number };

export function readPositions(
  rows: Rows,
  { after, nodes, only, sort, ...asked }: PositionQuestion,
): Promise<PositionRow[]> {
  const [key = 0, sku = '', nodeOfPlace = ''] = after ?? [];
  return rows<PositionRow>(
    `SELECT ${SORT_KEYS[sort]} AS key,
       sku_id, node_id, atp, qoh, committed, open_demand, unsellable, in_transit_in, on_order
     FROM stock_positions_now AS p
     WHERE (node_id != '-' OR open_demand != 0)
       AND ${AT_NODES}
       AND ({q:String} = '' OR positionCaseInsensitiveUTF8(sku_id, {q:String}) > 0 OR sku_id IN (
         SELECT sku_id FROM items FINAL WHERE positionCaseInsensitiveUTF8(description, {q:String}) > 0
       ))
       AND ${only === undefined ? 'true' : KINDS[only]}
       AND ({isFirst:Bool} OR (key, sku_id, node_id) > ({key:Int64}, {sku:String}, {nodeOfPlace:String}))
     ORDER BY key, sku_id, node_id
     LIMIT {limit:UInt32}`,
    { ...asked, ...nodesParam(nodes), key, sku, nodeOfPlace, isFirst: after === undefined },
  );
}

export async function readPositionNodes(
  rows: Rows,
  { limit, nodes }: Pick<PositionQuestion, 'limit' | 'nodes'>,
): Promise<string[]> {
  const read = await rows<{ node_id: string }>(
    `SELECT DISTINCT node_id FROM stock_positions
     WHERE node_id != '-' AND ${AT_NODES}
     ORDER BY node_id LIMIT {limit:UInt32}`,
    { limit, ...nodesParam(nodes) },
  );
  return read.map(({ node_id }) => node_id);
}
