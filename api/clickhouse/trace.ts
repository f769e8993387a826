/** Everything that is known of an order, from the view order_trace. */
import type { ClickHouseClient } from '@clickhouse/client';
import type { OrderTrace } from '../../contracts/kpi.ts';
import { queryRows } from './query.ts';

/** Most entries of one answer. */
const MAX_ENTRIES = 5000;

type Entry = OrderTrace['entries'][number];

/** `ref` is an order, or a shipment, return, refund or event that belongs to one. */
export async function traceOrder(client: ClickHouseClient, ref: string): Promise<OrderTrace> {
  const rows = await queryRows<Entry>(
    client,
    `SELECT seq, idx, kind, what, formatDateTime(at, '%FT%T.%fZ', 'UTC') AS at, ref, sku_id, node_id,
       units, amount, currency, source, event_id
     FROM order_trace(ref = {ref:String}) AS t
     ORDER BY seq, idx
     LIMIT {limit:UInt32}`,
    { ref, limit: MAX_ENTRIES + 1 },
  );
  return { ref, entries: rows.slice(0, MAX_ENTRIES), cut: rows.length > MAX_ENTRIES };
}
