-- Grain: one signed measurement of a time that passed, such as dock to stock of a receipt line. Source:
-- processors. Readers: the KPIs of times, by percentile: percentiles do not roll up, so they are read here.
-- ORDER BY measure and cohort date: a KPI reads one measure over a window.
-- PARTITION BY the year in which it became known: `at` may be any, and a block must not touch many partitions.
CREATE TABLE durations (
  measure LowCardinality(String) COMMENT 'What was measured, such as dock_to_stock',
  at DateTime64(3, 'UTC') COMMENT 'Cohort date',
  node_id LowCardinality(String) COMMENT 'Node, or empty',
  channel_id LowCardinality(String) COMMENT 'Channel, or empty',
  sla_class LowCardinality(String) COMMENT 'Service class, or empty',
  dim LowCardinality(String) COMMENT 'The further dimension: stage, supplier, carrier, code ...',
  sku_id String COMMENT 'SKU, or empty',
  ref String COMMENT 'Order, receipt, return or case that was measured',
  hours Float64 COMMENT 'Hours that passed',
  sign Int8 COMMENT '1 holds, -1 takes an earlier row back; sum it',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  seq UInt64 COMMENT 'Log sequence of the event that caused the row'
)
ENGINE = MergeTree
PARTITION BY toYear(known_at)
ORDER BY (measure, at, seq)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Times that passed, as signed rows; sum sign';
