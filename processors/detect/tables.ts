/** Columns of the detectors' table, in the order of its cells. */
import { SIGNED_COLUMNS } from '../facts/signed.ts';

export const DETECT_TABLES = {
  anomalies: [
    'detector',
    'code',
    'entity',
    'sku_id',
    'node_id',
    'closed_at',
    'window_days',
    'losses',
    'units',
    'amount',
    'statistic',
    'value',
    'expected',
    'limit_value',
    'p',
    'cusum',
    'expected_loss',
    'rank',
    'outcome',
    'detail',
    ...SIGNED_COLUMNS,
  ],
} as const;
