/**
 * Columns of the fact tables that several processors write: durations and levels (sql/migrations), signed
 * like every fact (signed.ts).
 */
import { SIGNED_COLUMNS } from './signed.ts';

/** Dimensions that every measured fact has, empty where they do not apply. */
export const DIMENSION_COLUMNS = ['node_id', 'channel_id', 'sla_class', 'dim', 'sku_id'] as const;

export const SHARED_TABLES = {
  durations: ['measure', 'at', ...DIMENSION_COLUMNS, 'ref', 'hours', ...SIGNED_COLUMNS],
  levels: ['measure', 'at', ...DIMENSION_COLUMNS, 'ref', 'value', ...SIGNED_COLUMNS],
} as const;
