/** Positions as ClickHouse's movements add up, and the movements of one of them. */
import { partitionOf } from '../../../contracts/subjects.ts';
import type { Account } from '../../../contracts/states.ts';
import type { ClickHouse } from '../../../platform/clickhouse/client.ts';
import { A } from '../../stock/accounts.ts';
import { Ledger } from '../../stock/ledger.ts';
import type { Movement } from './explain.ts';

/** Positions in one query: the local host holds an answer in memory as a whole. */
const PAGE_POSITIONS = 50_000;

const NUMBERS = { output_format_json_quote_64bit_integers: 0 } as const;

/**
 * The positions of these partitions, summed over movements up to log sequence `seq`. `positions` is
 * about how many there will be.
 */
export async function storedPositions(
  clickhouse: ClickHouse,
  options: { seq: number; partitions: readonly number[]; positions: number },
): Promise<Ledger> {
  const { positions, seq } = options;
  const partitions = new Set(options.partitions);
  const pages = Math.max(1, Math.ceil(positions / PAGE_POSITIONS));
  const ledger = new Ledger();
  for (let page = 0; page < pages; page++) {
    const result = await clickhouse.query({
      query: `SELECT sku_id, node_id, from_account, to_account, sum(qty)
              FROM stock_movements
              WHERE seq <= {seq:UInt64} AND cityHash64(sku_id) % {pages:UInt32} = {page:UInt32}
              GROUP BY sku_id, node_id, from_account, to_account`,
      query_params: { seq, pages, page },
      format: 'JSONCompactEachRow',
      clickhouse_settings: NUMBERS,
    });
    for await (const rows of result.stream<[string, string, Account, Account, number]>()) {
      for (const row of rows) {
        const [sku, node, from, to, units] = row.json();
        if (!partitions.has(partitionOf(sku))) continue;
        ledger.move(ledger.row(sku, node), A[from], A[to], units);
      }
    }
  }
  return ledger;
}

/** Movements of a position up to log sequence `seq`, in log order, each as often as it is stored. */
export async function storedMovements(
  clickhouse: ClickHouse,
  position: { sku: string; node: string; seq: number },
): Promise<Movement[]> {
  const result = await clickhouse.query({
    query: `SELECT seq, idx, from_account, to_account, qty, kind, event_id
            FROM stock_movements
            WHERE sku_id = {sku:String} AND node_id = {node:String} AND seq <= {seq:UInt64}
            ORDER BY seq, idx`,
    query_params: position,
    format: 'JSONCompactEachRow',
    clickhouse_settings: NUMBERS,
  });
  const rows = await result.json<[number, number, string, string, number, string, string]>();
  return rows.map(([seq, idx, from, to, units, kind, eventId]) => ({
    ...{ seq, idx, from, to, units, kind, eventId },
  }));
}
