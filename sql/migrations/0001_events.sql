-- Grain: one event of the log. Source: the archive processor. Readers: data teams, rebuild, explain.
-- ORDER BY seq: a rebuild reads in log order, and log order follows time, so the minmax index on time
-- skips most of the table. PARTITION BY the month of arrival: an event's own time may be any, and one
-- block must not touch many partitions.
CREATE TABLE events (
  seq UInt64 COMMENT 'Sequence in the log; the order in which everything was applied',
  source LowCardinality(String) COMMENT 'Producer instance (CloudEvents source)',
  id String COMMENT 'Id given by the producer; (source, id) identifies the event; lines end in /line/<n>',
  type LowCardinality(String) COMMENT 'Event type, such as stocktide.order.line.allocated.v1',
  time DateTime64(3, 'UTC') COMMENT 'When it happened',
  ingested_at DateTime64(3, 'UTC') COMMENT 'When the door accepted it',
  sku_id String COMMENT 'SKU that it names, or empty',
  order_id String COMMENT 'Order that it names, or empty',
  node_id LowCardinality(String) COMMENT 'Node that it names, or empty',
  supplier_id LowCardinality(String) COMMENT 'Supplier that it names, or empty',
  channel_id LowCardinality(String) COMMENT 'Channel that it names, or empty',
  event String COMMENT 'The whole event as JSON, envelope and data' CODEC(ZSTD(1)),
  data String ALIAS JSONExtractRaw(event, 'data') COMMENT 'The data of the event as JSON',
  INDEX by_time time TYPE minmax GRANULARITY 1,
  INDEX by_sku sku_id TYPE bloom_filter(0.01) GRANULARITY 4,
  INDEX by_order order_id TYPE bloom_filter(0.01) GRANULARITY 4,
  INDEX by_type type TYPE set(64) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(ingested_at)
ORDER BY seq
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Every event of the log, once';
