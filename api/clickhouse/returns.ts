/** Returns as ClickHouse has them: what is not over, from returns_open; what came in a window; what it cost. */
import type { ReturnList, ReturnOverview } from '../../contracts/return-views.ts';
import type { Rows } from '../reads.ts';

const instant = (name: string) => `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`;
const OPEN = `returns_open(at = ${instant('nowMs')})`;
const OF_NODE = "({node:String} = '' OR node_id = {node:String})";

interface OfNode {
  /** '' for all. */
  readonly node: string;
}
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What waits by stage and age. Goods under way are of no node yet, so a node has none. */
export function readOpenReturns(
  rows: Rows,
  asked: OfNode & { nowMs: number },
): Promise<ReturnOverview['open']> {
  return rows(
    `SELECT
       stage, bucket, count() AS returns, sum(r.units) AS units, toString(sum(r.amount)) AS amount
     FROM ${OPEN} AS r
     WHERE ${OF_NODE}
     GROUP BY stage, bucket
     ORDER BY stage, bucket`,
    asked,
  );
}

export interface Received {
  readonly outcomes: ReturnOverview['outcomes'];
  readonly reasons: ReturnOverview['reasons'];
}

/** What was received in the window: by what became of it, and by reason. */
export async function readReceived(
  rows: Rows,
  asked: OfNode & Span & { limit: number },
): Promise<Received> {
  const [outcomes, reasons] = await Promise.all([
    rows<ReturnOverview['outcomes'][number]>(
      `SELECT part.1 AS outcome, sum(part.2 * sign) AS units
       FROM returns
       ARRAY JOIN [
         ('back to stock', to_available), ('on hold', to_on_hold), ('damaged', to_damaged),
         ('back to vendor', to_rtv_pending), ('scrapped', to_scrapped), ('missing', to_lost),
         ('other', to_other), ('not decided', pending)
       ] AS part
       WHERE received_at >= ${instant('fromMs')} AND received_at < ${instant('toMs')} AND ${OF_NODE}
       GROUP BY outcome
       HAVING units > 0
       ORDER BY units DESC, outcome
       LIMIT {limit:UInt32}`,
      asked,
    ),
    rows<ReturnOverview['reasons'][number]>(
      `SELECT reason, sum(r.qty * sign) AS units, toString(sum(r.amount * sign)) AS amount
       FROM returns AS r
       WHERE received_at >= ${instant('fromMs')} AND received_at < ${instant('toMs')} AND ${OF_NODE}
       GROUP BY reason
       HAVING units > 0
       ORDER BY units DESC, reason
       LIMIT {limit:UInt32}`,
      asked,
    ),
  ]);
  return { outcomes, reasons };
}

/** What is owed now is in the open returns. */
type Money = Omit<ReturnOverview['money'], 'owed'>;

export async function readReturnMoney(rows: Rows, asked: OfNode & Span): Promise<Money> {
  const within = (column: string) =>
    `${column} >= ${instant('fromMs')} AND ${column} < ${instant('toMs')} AND ${OF_NODE}`;
  const [money] = await rows<Money>(
    `SELECT
       toString((SELECT sum(amount * sign) FROM returns WHERE ${within('received_at')})) AS received,
       toString((SELECT sum(amount * sign) FROM refunds WHERE in_house = 1 AND ${within('issued_at')})) AS refunded,
       toString((
         SELECT sum(amount * sign) FROM costs
         WHERE component = 'L4' AND in_house = 1 AND ${within('posted_at')}
       )) AS without_goods,
       toString((
         SELECT sum(amount * sign) FROM costs
         WHERE component = 'L5' AND in_house = 1 AND origin = 'derived' AND ${within('posted_at')}
       )) AS written_off`,
    asked,
  );
  if (money === undefined) throw new Error('a SELECT without FROM gave no row');
  return money;
}

export async function readReturnNodes(rows: Rows, asked: { limit: number }): Promise<string[]> {
  const read = await rows<{ node_id: string }>(
    `SELECT DISTINCT node_id FROM returns WHERE node_id != '' ORDER BY node_id LIMIT {limit:UInt32}`,
    asked,
  );
  return read.map(({ node_id }) => node_id);
}

/** What the list is ordered by, as a whole number that grows down the list. */
const SORT_KEYS = {
  age: 'toUnixTimestamp64Milli(r.since)',
  // In millionths of money, the most first.
  amount: 'toInt64(-r.amount * 1000000)',
} as const;

/** What tells apart those with an equal key: no two rows of returns_open have it in common. */
const TIE =
  'toString((stage, order_id, rma_id, r.sku_id, node_id, toUnixTimestamp64Milli(r.since)))';

export interface ReturnPlace {
  readonly key: number;
  readonly tie: string;
}

export interface ReturnQuestion extends OfNode {
  readonly nowMs: number;
  readonly sort: keyof typeof SORT_KEYS;
  readonly limit: number;
  readonly after: ReturnPlace | null;
  readonly stage: string;
  readonly bucket: string;
  readonly reason: string;
  /** Part of the order, authorisation or SKU. */
  readonly q: string;
}

export type ReturnRow = ReturnList['returns'][number] & {
  readonly key: number;
  readonly tie: string;
};

/** Returns that wait, as returns_open has them. */
export function readReturnList(
  rows: Rows,
  { after, sort, ...asked }: ReturnQuestion,
): Promise<ReturnRow[]> {
  return rows<ReturnRow>(
    `SELECT
       ${SORT_KEYS[sort]} AS key,
       ${TIE} AS tie,
       stage, order_id, rma_id, sku_id, node_id, channel_id, reason, r.units AS units,
       toString(r.amount) AS amount,
       formatDateTime(r.since, '%FT%T.%fZ', 'UTC') AS since,
       bucket
     FROM ${OPEN} AS r
     WHERE ${OF_NODE}
       AND ({stage:String} = '' OR stage = {stage:String})
       AND ({bucket:String} = '' OR bucket = {bucket:String})
       AND ({reason:String} = '' OR reason = {reason:String})
       AND ({q:String} = '' OR positionCaseInsensitiveUTF8(concat(order_id, ' ', rma_id, ' ', sku_id), {q:String}) > 0)
       AND ({isFirst:Bool} OR (key, tie) > ({key:Int64}, {tie:String}))
     ORDER BY key, tie
     LIMIT {limit:UInt32}`,
    { ...asked, ...(after ?? { key: 0, tie: '' }), isFirst: after === null },
  );
}
