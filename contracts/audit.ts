/**
 * The audit trail: every step of every case, chained by hashes. A row's hash covers its own content and the
 * hash of the row before it, so changing one byte of one row shows at that row, and removing one at the next.
 */
import { createHash } from 'node:crypto';

/** Hash before the first row. */
export const GENESIS = '0'.repeat(64);

/** Columns of `case_events` that a hash covers, in its order. */
export const AUDIT_COLUMNS = [
  'n',
  'case_id',
  'at',
  'kind',
  'actor',
  'detail',
  'code',
  'status',
  'severity',
  'team',
  'record',
  'source',
  'event_id',
  'seq',
] as const;

/** Hash of a row: over the hash before it and its cells as JSON text. An instant is RFC 3339 in UTC. */
export function auditHash(previous: string, cells: readonly (string | number | null)[]): string {
  return createHash('sha256')
    .update(`${previous}\n${JSON.stringify(cells.map((cell) => String(cell ?? '')))}`)
    .digest('hex');
}
