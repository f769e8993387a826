/** The floor of a node as ClickHouse has it: nodes, bins, and what was short. Signed rows of floor_events. */
import type { FloorView } from '../../contracts/floor-views.ts';
import type { Rows } from '../reads.ts';
import { AT_NODES, nodesParam } from './query.ts';

const instant = (name: string) => `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`;
const WITHIN = `f.at >= ${instant('fromMs')} AND f.at < ${instant('toMs')}`;
/** A pick line with fewer units than were asked for. */
const SHORT = "kind = 'pick' AND f.qty < f.qty_expected";
const OFF = "kind = 'count' AND within_tolerance = 0";

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}
interface AtNode extends Span {
  readonly node: string;
  readonly limit: number;
}

/** Nodes that picked or counted in the window, the busiest first; else any that ever did. */
export async function readNodes(
  rows: Rows,
  { nodes, ...asked }: Span & { limit: number; nodes: readonly string[] | null },
): Promise<string[]> {
  const read = await rows<{ node_id: string }>(
    `SELECT node_id
     FROM floor_events AS f
     WHERE kind IN ('pick', 'count', 'location_error', 'scan_failed') AND node_id != ''
       AND ${AT_NODES}
     GROUP BY node_id
     ORDER BY sumIf(sign, ${WITHIN}) DESC, node_id
     LIMIT {limit:UInt32}`,
    { ...asked, ...nodesParam(nodes) },
  );
  return read.map(({ node_id }) => node_id);
}

type LocationRow = FloorView['locations'][number];

/** Bins of a node in the window: the ones with most trouble first, then the busiest. */
export function readLocations(rows: Rows, asked: AtNode): Promise<LocationRow[]> {
  return rows<LocationRow>(
    `SELECT
       location_id,
       sumIf(sign, kind = 'pick') AS picks,
       sumIf(sign, ${SHORT}) AS short_picks,
       sumIf((f.qty_expected - f.qty) * sign, ${SHORT}) AS short_units,
       sumIf(sign, kind = 'count') AS counts,
       sumIf(sign, ${OFF}) AS counts_off,
       sumIf((f.qty - f.qty_expected) * sign, kind = 'count') AS net_variance,
       sumIf(abs(f.qty - f.qty_expected) * sign, kind = 'count') AS abs_variance,
       sumIf(sign, kind = 'location_error') AS location_errors,
       sumIf(sign, kind = 'scan_failed') AS failed_scans,
       formatDateTime(maxIf(toNullable(f.at), kind = 'count' AND f.held), '%FT%T.%fZ', 'UTC') AS last_count_at
     FROM (${HELD_AT_BINS}) AS f
     GROUP BY location_id
     HAVING picks > 0 OR counts > 0 OR location_errors > 0 OR failed_scans > 0
     ORDER BY counts_off + short_picks + location_errors DESC, abs_variance DESC, picks DESC, location_id
     LIMIT {limit:UInt32}`,
    asked,
  );
}

/** A row for each thing that happened at a bin; sign is how often it holds. */
const HELD_AT_BINS = `
  SELECT
    kind, location_id, sku_id, at, qty, qty_expected, within_tolerance,
    sum(f.sign) AS sign, sign > 0 AS held
  FROM floor_events AS f
  WHERE node_id = {node:String} AND location_id != ''
    AND kind IN ('pick', 'count', 'location_error', 'scan_failed')
    AND ${WITHIN}
  GROUP BY kind, location_id, sku_id, at, qty, qty_expected, within_tolerance
  HAVING sign != 0`;

export interface BinTotals {
  readonly bins: number;
  readonly bins_picked: number;
  readonly bins_picked_counted: number;
}

export async function readBinTotals(rows: Rows, asked: Omit<AtNode, 'limit'>): Promise<BinTotals> {
  const [totals] = await rows<BinTotals>(
    `SELECT
       count() AS bins,
       countIf(picks > 0) AS bins_picked,
       countIf(picks > 0 AND counts > 0) AS bins_picked_counted
     FROM (
       SELECT
         location_id,
         sumIf(sign, kind = 'pick') AS picks,
         sumIf(sign, kind = 'count') AS counts
       FROM floor_events AS f
       WHERE node_id = {node:String} AND location_id != ''
         AND kind IN ('pick', 'count', 'location_error', 'scan_failed') AND ${WITHIN}
       GROUP BY location_id
       HAVING sum(sign) > 0
     )`,
    asked,
  );
  return totals ?? { bins: 0, bins_picked: 0, bins_picked_counted: 0 };
}

/** SKUs that were short, the most units first, with a few of the bins. */
export function readShorts(rows: Rows, asked: AtNode): Promise<FloorView['shorts_by_sku']> {
  return rows(
    `SELECT
       sku_id,
       sum(sign) AS lines,
       sumIf(sign, ${SHORT}) AS short_lines,
       sumIf((f.qty_expected - f.qty) * sign, ${SHORT}) AS short_units,
       arraySort(groupUniqArrayIf(5)(location_id, ${SHORT} AND sign > 0 AND location_id != '')) AS locations
     FROM floor_events AS f
     WHERE kind = 'pick' AND node_id = {node:String} AND ${WITHIN}
     GROUP BY sku_id
     HAVING short_lines > 0
     ORDER BY short_units DESC, short_lines DESC, sku_id
     LIMIT {limit:UInt32}`,
    asked,
  );
}
