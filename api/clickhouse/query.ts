/**
 * Reads from ClickHouse for the API: bound parameters, rows as typed objects, a time limit for each.
 */
import type { ClickHouseClient } from '@clickhouse/client';

/** Longest run of one query; the page waits for it. */
const MAX_SECONDS = 5;

/** Runs a query with `{name:Type}` parameters and answers its rows. Rejects when ClickHouse does. */
export async function queryRows<Row>(
  client: ClickHouseClient,
  query: string,
  params: Record<string, unknown>,
): Promise<Row[]> {
  const result = await client.query({
    query,
    query_params: params,
    format: 'JSONEachRow',
    clickhouse_settings: {
      max_execution_time: MAX_SECONDS,
      // Sequences and units stay far below 2^53, so numbers are exact and need no parsing.
      output_format_json_quote_64bit_integers: 0,
    },
  });
  return result.json<Row>();
}
