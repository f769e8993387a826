-- Grain: a measure by day (UTC), every dimension. Source: measure_feed. Readers: the KPIs by SKU and over
-- long windows, data teams. ORDER BY and known_at as in measures_minute; known_at by the day.
-- PARTITION BY the year in which it became known: `at` may be any, and a block must not touch many partitions.
CREATE TABLE measures_day (
  measure LowCardinality(String) COMMENT 'What is measured',
  at DateTime('UTC') COMMENT 'Day of the cohort date',
  known_at DateTime('UTC') COMMENT 'Day on which it became known',
  node_id LowCardinality(String) COMMENT 'Node, or empty',
  channel_id LowCardinality(String) COMMENT 'Channel, or empty',
  sla_class LowCardinality(String) COMMENT 'Service class, or empty',
  dim LowCardinality(String) COMMENT 'The further dimension of the measure',
  sku_id String COMMENT 'SKU, or empty',
  value SimpleAggregateFunction(sum, Decimal(38, 6)) COMMENT 'Partial sum; sum it'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYear(known_at)
ORDER BY (measure, at, node_id, channel_id, sla_class, dim, sku_id, known_at)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Measures by day with the SKU; sum value';
