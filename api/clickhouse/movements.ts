/**
 * What ClickHouse knows of one position: the sum of its movements per account, and the newest of them.
 * The other side of "why this number?", and of the equality of law 4.
 */
import type { ClickHouseClient } from '@clickhouse/client';
import type { Account } from '../../contracts/states.ts';
import { queryRows } from './query.ts';

/** Sum of one account's movements up to a sequence. */
export interface AccountSum {
  readonly account: Account;
  readonly units: number;
  readonly movements: number;
}

/** One movement as it touched one account. */
export interface AccountMovement {
  readonly account: Account;
  /** Signed units that entered the account. */
  readonly delta: number;
  readonly seq: number;
  readonly timeMs: number;
  readonly type: string;
  readonly source: string;
  readonly eventId: string;
  readonly from: Account;
  readonly to: Account;
  readonly ref: string;
  readonly reason: string;
}

export interface Position {
  readonly sku: string;
  readonly node: string;
  /** Log sequence up to which movements count. */
  readonly uptoSeq: number;
}

/**
 * Sums per account up to `uptoSeq`, and the highest sequence that ClickHouse has of the position, which
 * may lie beyond. One flush holds an event's movements whole, so reaching `uptoSeq` is having it all.
 */
export async function sumMovements(
  client: ClickHouseClient,
  { sku, node, uptoSeq }: Position,
): Promise<{ newestSeq: number; sums: AccountSum[] }> {
  const rows = await queryRows<AccountSum & { newestSeq: number }>(
    client,
    `SELECT
       account,
       sumIf(delta, seq <= {uptoSeq:UInt64}) AS units,
       countIf(seq <= {uptoSeq:UInt64}) AS movements,
       max(seq) AS newestSeq
     FROM (
       SELECT
         seq,
         arrayJoin([
           (CAST(from_account, 'String'), -qty),
           (CAST(to_account, 'String'), qty)
         ]) AS leg,
         leg.1 AS account,
         leg.2 AS delta
       FROM stock_movements
       WHERE sku_id = {sku:String} AND node_id = {node:String}
     )
     GROUP BY account`,
    { sku, node, uptoSeq },
  );
  return {
    newestSeq: Math.max(0, ...rows.map((row) => row.newestSeq)),
    sums: rows.map(({ account, units, movements }) => ({ account, units, movements })),
  };
}

/** The newest movements of each account up to `uptoSeq`, newest first. */
export function newestMovements(
  client: ClickHouseClient,
  { sku, node, uptoSeq, perAccount }: Position & { perAccount: number },
): Promise<AccountMovement[]> {
  return queryRows<AccountMovement>(
    client,
    `SELECT
       leg.1 AS account,
       leg.2 AS delta,
       seq,
       toUnixTimestamp64Milli(time) AS timeMs,
       type,
       source,
       event_id AS eventId,
       CAST(from_account, 'String') AS from,
       CAST(to_account, 'String') AS to,
       ref,
       reason
     FROM (
       SELECT
         *,
         arrayJoin([
           (CAST(from_account, 'String'), -qty),
           (CAST(to_account, 'String'), qty)
         ]) AS leg
       FROM stock_movements
       WHERE sku_id = {sku:String} AND node_id = {node:String} AND seq <= {uptoSeq:UInt64}
     )
     ORDER BY seq DESC, idx DESC
     LIMIT {perAccount:UInt32} BY account`,
    { sku, node, uptoSeq, perAccount },
  );
}
