/**
 * Reads from ClickHouse for the API: bound parameters, rows as typed objects, a time limit for each.
 */
import type { ClickHouseClient } from '@clickhouse/client';

/** Longest run of one query; the page waits for it. */
const MAX_SECONDS = 5;
const SETTINGS = {
  max_execution_time: MAX_SECONDS,
  // Sequences and units stay far below 2^53, so numbers are exact and need no parsing.
  output_format_json_quote_64bit_integers: 0,
} as const;

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
    clickhouse_settings: SETTINGS,
  });
  return result.json<Row>();
}

/** A condition on `node_id`; `nodesParam` has its parameters. */
export const AT_NODES = '({everywhere:Bool} OR has({nodes:Array(String)}, node_id))';

/** Null: every node. */
export const nodesParam = (nodes: readonly string[] | null) => ({
  everywhere: nodes === null,
  nodes: nodes ?? [],
});

export type Cell = string | number | null;

export interface Table {
  readonly columns: { readonly name: string; readonly type: string }[];
  readonly rows: Record<string, Cell>[];
}

/** Runs a query whose columns are not known beforehand. Instants come as RFC 3339. */
export async function queryTable(
  client: ClickHouseClient,
  query: string,
  params: Record<string, unknown>,
): Promise<Table> {
  const result = await client.query({
    query,
    query_params: params,
    format: 'JSON',
    clickhouse_settings: { ...SETTINGS, date_time_output_format: 'iso' },
  });
  const { data, meta } = await result.json<Record<string, Cell>>();
  return { columns: meta ?? [], rows: data };
}
