-- Grain: units of an order line that left with one shipment, as a signed row; a void takes it back. Source:
-- the returns processor. Readers: sold_measures_mv, order_money, data teams.
-- ORDER BY order: readers ask for an order or scan all. PARTITION BY the year in which it became known:
-- ship dates may be any, and a block must not touch many partitions.
CREATE TABLE sold (
  order_id String COMMENT 'Order',
  line_id String COMMENT 'Line of the order, or empty when it is not known',
  shipment_id String COMMENT 'Shipment',
  sku_id String COMMENT 'Stock keeping unit',
  node_id LowCardinality(String) COMMENT 'Node that shipped',
  channel_id LowCardinality(String) COMMENT 'Channel of the order, or empty when the order is not known',
  sla_class LowCardinality(String) COMMENT 'Service class of the order, or empty',
  qty Int64 COMMENT 'Units that left',
  amount Decimal(38, 6) COMMENT 'Units times the price of the line; 0 when the order is not known',
  currency LowCardinality(String) COMMENT 'Currency of the order, or empty',
  in_house UInt8 COMMENT '1 when that is the house currency, which sums of money are in',
  shipped_at DateTime64(3, 'UTC') COMMENT 'When it left',
  sign Int8 COMMENT '1 holds, -1 takes an earlier row back; multiply by it',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  seq UInt64 COMMENT 'Log sequence of the event that caused the row'
)
ENGINE = MergeTree
PARTITION BY toYear(known_at)
ORDER BY (order_id, sku_id, seq)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Units and money that left, by shipment line, as signed rows; sum x * sign';
