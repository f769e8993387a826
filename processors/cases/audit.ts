/**
 * The audit trail: every step of every case, chained by hashes. A row's hash covers its own content and the
 * hash of the row before it, so changing one byte of one row shows at that row, and removing one at the next.
 */
import { createHash } from 'node:crypto';
import type { Cell } from '../processor.ts';

/** Hash before the first row. */
export const GENESIS = '0'.repeat(64);

/** A row of `case_events` without its hashes, in the order of its columns. */
export type AuditCells = readonly Cell[];

/** Hash of a row: over the hash before it and its cells as JSON text. */
export function auditHash(previous: string, cells: AuditCells): string {
  return createHash('sha256')
    .update(`${previous}\n${JSON.stringify(cells.map((cell) => String(cell ?? '')))}`)
    .digest('hex');
}
