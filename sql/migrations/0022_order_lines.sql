-- Grain: a line of goods of an order, as known. Source: the orders processor. Readers:
-- order_lines_measures_mv, data teams. ordered + over_shipped = cancelled + shipped + open.
-- ORDER BY the order and line: whoever asks looks at one order; KPIs read the rollups.
-- PARTITION BY the year in which it became known: dates of an order may be any.
CREATE TABLE order_lines (
  order_id String COMMENT 'Order',
  line_id String COMMENT 'Line within the order',
  sku_id String COMMENT 'SKU',
  node_id LowCardinality(String) COMMENT 'Node that it was last allocated at or shipped from, or sourced to',
  channel_id LowCardinality(String) COMMENT 'Sales channel',
  sla_class LowCardinality(String) COMMENT 'Service class of the promise',
  ordered_at DateTime64(3, 'UTC') COMMENT 'When the customer ordered',
  due_at DateTime64(3, 'UTC') COMMENT 'Promised dispatch',
  currency LowCardinality(String) COMMENT 'Currency of the price',
  unit_price Decimal(38, 6) COMMENT 'Price of one unit',
  ordered Int64 COMMENT 'Units ordered, after changes',
  cancelled_customer Int64 COMMENT 'Units cancelled by the customer',
  cancelled_seller Int64 COMMENT 'Units cancelled by the seller',
  cancelled_system Int64 COMMENT 'Units cancelled by a system, such as a fraud check',
  shipped Int64 COMMENT 'Units shipped and not voided',
  over_shipped Int64 COMMENT 'Units shipped beyond what was ordered',
  open Int64 COMMENT 'Units that are neither cancelled nor shipped',
  due Int64 COMMENT 'Units that the customer has a claim to: ordered less cancelled, but for seller fault',
  shipped_on_time Int64 COMMENT 'Units of those due that left by the promise',
  delivered Int64 COMMENT 'Units delivered',
  backordered Int64 COMMENT 'Units that waited for stock',
  oversold Int64 COMMENT 'Units sold above what there was: backordered, or cancelled for want of stock',
  first_shipped_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the first of it left',
  last_shipped_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the last of it so far left',
  sign Int8 COMMENT '1 holds, -1 takes an earlier row back; sum it',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  seq UInt64 COMMENT 'Log sequence of the event that caused the row'
)
ENGINE = MergeTree
PARTITION BY toYear(known_at)
ORDER BY (order_id, line_id, seq)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Order lines and what became of their units, as signed rows; sum sign * units';
