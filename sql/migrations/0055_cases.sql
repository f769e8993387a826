-- Grain: an opening of a case, as known; a case that comes back after it was resolved is opened again under its
-- id. Source: exception.opened, .acknowledged and .resolved by way of the cases processor, as signed rows.
-- Readers: cases_measures_mv, cases_now, K31b, data teams. ORDER BY code and opening: a question is about a code
-- over a while. PARTITION BY the year in which it became known: `opened_at` may be any, and a block must not
-- touch many partitions.
CREATE TABLE cases (
  exception_id String COMMENT 'Case',
  opening UInt32 COMMENT '1 when it was first opened, 2 when it was opened again, …',
  code LowCardinality(String) COMMENT 'What was found, such as NEG_INVENTORY',
  severity LowCardinality(String) COMMENT 'SEV1 (critical) to SEV4 (low)',
  entity String COMMENT 'What it concerns, such as sku/1/node/dc-01',
  sku_id String COMMENT 'SKU, or empty',
  node_id LowCardinality(String) COMMENT 'Node, or empty',
  order_id String COMMENT 'Order, or empty',
  owner String COMMENT 'Who acknowledged it, or empty',
  status LowCardinality(String) COMMENT 'open, acknowledged or resolved',
  opened_at DateTime64(3, 'UTC') COMMENT 'When it was opened',
  acknowledged_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When someone first took it; null until then',
  resolved_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was resolved; null until then',
  ack_due_at DateTime64(3, 'UTC') COMMENT 'When it has to be acknowledged, by severity',
  resolve_due_at DateTime64(3, 'UTC') COMMENT 'When it has to be resolved, by severity',
  exposure Nullable(Decimal(21, 6)) COMMENT 'Money at risk as its opening states it; null when it does not',
  root_cause LowCardinality(String) COMMENT 'Root cause as resolved, or empty',
  resolution String COMMENT 'What was done, or empty',
  sign Int8 COMMENT '1 holds, -1 takes an earlier row back; sum it',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  seq UInt64 COMMENT 'Log sequence of the event that caused the row'
)
ENGINE = MergeTree
PARTITION BY toYear(known_at)
ORDER BY (code, opened_at, exception_id, seq)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Exception cases as known, as signed rows; sum sign';
