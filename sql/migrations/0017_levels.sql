-- Grain: one signed change of a level, such as +1 when a SKU runs out on a channel and -1 when it is back.
-- Source: processors. Readers: the KPIs of levels. The level at an instant is the sum of value * sign up to
-- it; its integral over a window follows from the same rows. ORDER BY as in durations.
-- PARTITION BY the year in which it became known: `at` may be any, and a block must not touch many partitions.
CREATE TABLE levels (
  measure LowCardinality(String) COMMENT 'What has a level, such as stockout',
  at DateTime64(3, 'UTC') COMMENT 'When it changed',
  node_id LowCardinality(String) COMMENT 'Node, or empty',
  channel_id LowCardinality(String) COMMENT 'Channel, or empty',
  sla_class LowCardinality(String) COMMENT 'Service class, or empty',
  dim LowCardinality(String) COMMENT 'The further dimension of the level',
  sku_id String COMMENT 'SKU, or empty',
  ref String COMMENT 'What changed, or empty',
  value Decimal(18, 6) COMMENT 'Change of the level',
  sign Int8 COMMENT '1 holds, -1 takes an earlier row back; multiply by it',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  seq UInt64 COMMENT 'Log sequence of the event that caused the row'
)
ENGINE = MergeTree
PARTITION BY toYear(known_at)
ORDER BY (measure, at, seq)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Changes of levels, as signed rows; sum value * sign up to an instant';
