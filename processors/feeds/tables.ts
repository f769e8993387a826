/** Columns of the feeds' table, in the order of its cells. */
export const FEEDS_TABLES = {
  feed_stats: [
    'at',
    'source',
    'events',
    'entity_counts',
    'last_event_at',
    'last_heard_at',
    'cadence_ms',
    'cadence_from',
    'lateness_class',
    'watermark',
    'stale',
    'gaps',
    'late_p50_ms',
    'late_p95_ms',
    'late_p99_ms',
    'duplicates',
    'rejected',
    'reject_reasons',
    'seq',
  ],
} as const;
