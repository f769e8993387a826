/** Columns of the cases' table, in the order of its cells. */
import { AUDIT_COLUMNS } from '../../contracts/audit.ts';
import { SIGNED_COLUMNS } from '../facts/signed.ts';

export const CASES_TABLES = {
  cases: [
    'exception_id',
    'opening',
    'code',
    'severity',
    'entity',
    'sku_id',
    'node_id',
    'order_id',
    'owner',
    'status',
    'opened_at',
    'acknowledged_at',
    'resolved_at',
    'ack_due_at',
    'resolve_due_at',
    'exposure',
    'root_cause',
    'resolution',
    ...SIGNED_COLUMNS,
  ],
  case_events: [...AUDIT_COLUMNS, 'previous_hash', 'hash'],
} as const;
