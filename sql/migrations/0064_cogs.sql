-- Grain: one dispatched line at cost. Source: demand; a void or a correction takes the row back. Readers: K17,
-- shrinkage on the basis of COGS, data teams.
-- ORDER BY SKU and time: a reader asks for a SKU, or for all over a window.
-- PARTITION BY the year in which it became known: `shipped_at` may be any, and a block must not touch many partitions.
CREATE TABLE cogs (
  shipped_at DateTime64(3, 'UTC') COMMENT 'When the goods left',
  node_id LowCardinality(String) COMMENT 'Node that they left',
  abc_class LowCardinality(String) COMMENT 'Class by value as known then',
  sku_id String COMMENT 'Stock keeping unit',
  shipment_id String COMMENT 'Shipment',
  units Int64 COMMENT 'Units that left',
  unit_cost Decimal(18, 6) COMMENT 'Cost of one unit as known then (house currency)',
  cogs Decimal(18, 6) COMMENT 'Units times cost (house currency)',
  sign Int8 COMMENT '1 holds, -1 takes an earlier row back; multiply by it',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  seq UInt64 COMMENT 'Log sequence of the event that caused the row'
)
ENGINE = MergeTree
PARTITION BY toYear(known_at)
ORDER BY (sku_id, shipped_at, seq)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Cost of goods sold by dispatched line, as signed rows'
