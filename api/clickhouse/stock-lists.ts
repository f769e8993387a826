/** Movements and reconciliations of a SKU, the newest in the log first, from a place on. */
import type { ClickHouseClient } from '@clickhouse/client';
import type { Movement, Reconciliation } from '../../contracts/stock-lists.ts';
import { AT_NODES, nodesParam, queryRows } from './query.ts';

const INSTANT = "'%Y-%m-%dT%H:%i:%S.%fZ', 'UTC'";

export interface ListQuestion {
  readonly sku: string;
  /** Null: every node. */
  readonly nodes: readonly string[] | null;
  readonly limit: number;
}

/** Place of a movement in the log: its event, and its number there. */
export type MovementPlace = [seq: number, idx: number];

export async function readMovements(
  client: ClickHouseClient,
  { before, limit, nodes, sku }: ListQuestion & { before: MovementPlace | undefined },
): Promise<Movement[]> {
  const [seq, idx] = before ?? [Number.MAX_SAFE_INTEGER, 0];
  const rows = await queryRows<
    Omit<Movement, 'illegal' | 'late'> & { illegal: 0 | 1; late: 0 | 1 }
  >(
    client,
    `SELECT seq, idx, formatDateTime(m.time, ${INSTANT}) AS time, node_id, from_account, to_account,
       qty AS units, kind, illegal, late, type, source, event_id, ref, reason
     FROM stock_movements AS m
     WHERE sku_id = {sku:String} AND ${AT_NODES}
       AND (seq, idx) < ({seq:UInt64}, {idx:UInt32})
     ORDER BY seq DESC, idx DESC
     LIMIT {limit:UInt32}`,
    { sku, ...nodesParam(nodes), seq, idx, limit },
  );
  return rows.map((row) => ({ ...row, illegal: row.illegal === 1, late: row.late === 1 }));
}

/** Each reconciliation in its newest revision. */
export function readReconciliations(
  client: ClickHouseClient,
  { before, limit, nodes, sku }: ListQuestion & { before: [number, string] | undefined },
): Promise<Reconciliation[]> {
  const [seq, id] = before ?? [Number.MAX_SAFE_INTEGER, ''];
  return queryRows<Reconciliation>(
    client,
    `SELECT reconciliation_id, revision, snapshot_id, snapshot_source, node_id, measure,
       formatDateTime(r.as_of, ${INSTANT}) AS as_of, stated, book, variance, status, seq
     FROM (
       SELECT * FROM stock_reconciliations
       WHERE sku_id = {sku:String} AND ${AT_NODES}
       ORDER BY revision DESC LIMIT 1 BY reconciliation_id
     ) AS r
     WHERE (seq, reconciliation_id) < ({seq:UInt64}, {id:String})
     ORDER BY seq DESC, reconciliation_id DESC
     LIMIT {limit:UInt32}`,
    { sku, ...nodesParam(nodes), seq, id, limit },
  );
}
