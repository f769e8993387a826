/** Orders as ClickHouse has them, by where they stand: counted by cell, and one by one. */
import type { OrderSummary } from '../../contracts/order-views.ts';
import type { Rows } from '../reads.ts';

/**
 * What was still to be shipped of each order at the instant, as far as it was known: processors that go
 * through the log once more are behind their facts. A row holds for as often as its sign says.
 */
const OPEN_VALUE = `
  SELECT
    order_id,
    any(l.currency) AS currency,
    sum(l.open * sign) AS open_units,
    sum(l.open * unit_price * sign) AS open_value,
    uniqExactIf(line_id, l.ordered > 0) AS order_lines
  FROM order_lines AS l
  WHERE known_at <= fromUnixTimestamp64Milli({nowMs:Int64}, 'UTC')
  GROUP BY order_id`;

export interface AgingRow {
  readonly stage: string;
  readonly slaClass: string;
  readonly bucket: string;
  readonly nodeId: string;
  readonly channelId: string;
  readonly currency: string;
  readonly orders: number;
  readonly late: number;
  readonly nearly: number;
  /** Decimal string. */
  readonly value: string;
}

/** Open orders at an instant by cell, node, channel and currency; the cells with the oldest first. */
export function readAging(rows: Rows, at: { nowMs: number; limit: number }): Promise<AgingRow[]> {
  return rows<AgingRow>(
    `SELECT
       stage,
       sla_class AS slaClass,
       bucket,
       node_id AS nodeId,
       channel_id AS channelId,
       v.currency AS currency,
       count() AS orders,
       countIf(used = '>100 %') AS late,
       countIf(used = '80-100 %') AS nearly,
       toString(sum(v.open_value)) AS value
     FROM order_stays(at = fromUnixTimestamp64Milli({nowMs:Int64}, 'UTC')) AS s
     LEFT JOIN (${OPEN_VALUE}) AS v ON v.order_id = s.order_id
     WHERE is_open
     GROUP BY stage, slaClass, bucket, nodeId, channelId, currency
     ORDER BY max(age_h) DESC, stage, slaClass, bucket, nodeId, channelId
     LIMIT {limit:UInt32}`,
    at,
  );
}

/** What a list is ordered by, as a whole number that grows down the list; the order id breaks ties. */
const SORT_KEYS = {
  promise: 'toUnixTimestamp64Milli(s.due_at)',
  age: 'toUnixTimestamp64Milli(s.entered_at)',
  // In millionths of money, the largest first.
  value: 'toInt64(-v.open_value * 1000000)',
} as const;

export interface OrderQuestion {
  readonly nowMs: number;
  readonly status: 'open' | 'closed' | 'all';
  readonly sort: keyof typeof SORT_KEYS;
  readonly limit: number;
  /** Place of the last order of the page before. */
  readonly after: { readonly key: number; readonly id: string } | null;
  readonly stage?: string | undefined;
  readonly bucket?: string | undefined;
  readonly sla_class?: string | undefined;
  readonly node_id?: string | undefined;
  readonly channel_id?: string | undefined;
  readonly late?: boolean | undefined;
  /** Part of the order id. */
  readonly q?: string | undefined;
}

export type OrderRow = Omit<OrderSummary, 'value' | 'late' | 'paused'> & {
  readonly key: number;
  readonly late: number;
  readonly paused: number;
  readonly amount: string;
  readonly currency: string;
};

export function readOrders(rows: Rows, question: OrderQuestion): Promise<OrderRow[]> {
  const {
    after,
    bucket,
    channel_id,
    late,
    limit,
    node_id,
    nowMs,
    q,
    sla_class,
    sort,
    stage,
    status,
  } = question;
  return rows<OrderRow>(
    `SELECT
       ${SORT_KEYS[sort]} AS key,
       s.order_id AS order_id,
       stage,
       sla_class,
       node_id,
       channel_id,
       formatDateTime(s.entered_at, '%FT%T.%fZ', 'UTC') AS entered_at,
       age_h,
       bucket,
       formatDateTime(s.due_at, '%FT%T.%fZ', 'UTC') AS due_at,
       used = '>100 %' AS late,
       consumption,
       paused_at IS NOT NULL AS paused,
       v.order_lines AS lines,
       v.open_units AS open_units,
       toString(v.open_value) AS amount,
       v.currency AS currency
     FROM (
       SELECT * FROM order_stays(at = fromUnixTimestamp64Milli({nowMs:Int64}, 'UTC'))
       WHERE ({status:String} = 'all' OR is_open = ({status:String} = 'open'))
         AND ({stage:String} = '' OR stage = {stage:String})
         AND ({bucket:String} = '' OR bucket = {bucket:String})
         AND ({sla:String} = '' OR sla_class = {sla:String})
         AND ({node:String} = '' OR node_id = {node:String})
         AND ({channel:String} = '' OR channel_id = {channel:String})
         AND ({late:String} = '' OR toString(used = '>100 %') = {late:String})
         AND ({q:String} = '' OR positionCaseInsensitiveUTF8(order_id, {q:String}) > 0)
     ) AS s
     LEFT JOIN (${OPEN_VALUE}) AS v ON v.order_id = s.order_id
     WHERE {isFirst:Bool} OR (key, s.order_id) > ({afterKey:Int64}, {afterId:String})
     ORDER BY key, s.order_id
     LIMIT {limit:UInt32}`,
    {
      ...{ nowMs, status, limit },
      ...{ stage: stage ?? '', bucket: bucket ?? '', sla: sla_class ?? '', node: node_id ?? '' },
      ...{
        channel: channel_id ?? '',
        q: q ?? '',
        late: late === undefined ? '' : late ? '1' : '0',
      },
      ...{ isFirst: after === null, afterKey: after?.key ?? 0, afterId: after?.id ?? '' },
    },
  );
}
