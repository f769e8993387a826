-- Grain: a measure by minute, standard dimensions and the further one. Source: measure_feed. Readers: the
-- KPIs over windows of hours and days. ORDER BY the measure first: a KPI reads one or two of them.
-- known_at by the hour, so that what was known at an earlier time is a filter (as known then).
-- PARTITION BY the year in which it became known: `at` may be any, and a block must not touch many partitions.
CREATE TABLE measures_minute (
  measure LowCardinality(String) COMMENT 'What is measured',
  at DateTime('UTC') COMMENT 'Minute of the cohort date',
  known_at DateTime('UTC') COMMENT 'Hour in which it became known',
  node_id LowCardinality(String) COMMENT 'Node, or empty',
  channel_id LowCardinality(String) COMMENT 'Channel, or empty',
  sla_class LowCardinality(String) COMMENT 'Service class, or empty',
  dim LowCardinality(String) COMMENT 'The further dimension of the measure',
  value SimpleAggregateFunction(sum, Decimal(38, 6)) COMMENT 'Partial sum; sum it'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYear(known_at)
ORDER BY (measure, at, node_id, channel_id, sla_class, dim, known_at)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Measures by minute without the SKU; sum value';
