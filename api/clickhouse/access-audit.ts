/** Reads the audit of access (table `access_audit`), the newest first. */
import type { ClickHouseClient } from '@clickhouse/client';
import type { AccessEntry } from '../../contracts/access.ts';
import { queryRows } from './query.ts';

/** Where a page goes on: time (ms since 1970) and id of the last entry before it. */
export type AuditPlace = readonly [number, string];

export interface AuditQuestion {
  readonly action?: string | undefined;
  readonly subject?: string | undefined;
  readonly after?: AuditPlace | undefined;
  readonly limit: number;
}

export interface StoredEntry extends AccessEntry {
  readonly id: string;
  readonly at_ms: number;
}

const QUERY = `
  SELECT
    toUnixTimestamp64Milli(at) AS at_ms, id, process, action, subject, credential, reason, detail, address,
    method, route, count
  FROM access_audit
  WHERE ({action:String} = '' OR action = {action:String})
    AND ({subject:String} = '' OR subject = {subject:String})
    AND (at, id) < (fromUnixTimestamp64Milli({beforeMs:Int64}, 'UTC'), {beforeId:String})
  ORDER BY at DESC, id DESC
  LIMIT {limit:UInt32}`;

/** Later than anything. */
const THE_END: AuditPlace = [4_102_444_800_000, ''];

export async function readAudit(
  client: ClickHouseClient,
  { action = '', after = THE_END, limit, subject = '' }: AuditQuestion,
): Promise<StoredEntry[]> {
  const [beforeMs, beforeId] = after;
  const params = { action, subject, beforeMs, beforeId, limit };
  const rows = await queryRows<Omit<StoredEntry, 'at'>>(client, QUERY, params);
  return rows.map((row) => ({ ...row, at: new Date(row.at_ms).toISOString() }));
}
