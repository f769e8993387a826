-- Grain: units of an order line that left with one shipment and were not voided. Source: the orders
-- processor. Readers: shipment_lines_measures_mv (net sales, units shipped), data teams.
-- ORDER BY as in shipments. PARTITION BY the year in which it became known.
CREATE TABLE shipment_lines (
  shipment_id String COMMENT 'Shipment',
  order_id String COMMENT 'Order',
  line_id String COMMENT 'Line within the order, or empty when no line is for the SKU',
  sku_id String COMMENT 'SKU',
  node_id LowCardinality(String) COMMENT 'Node that it left',
  channel_id LowCardinality(String) COMMENT 'Sales channel of the order, or empty while that is unknown',
  sla_class LowCardinality(String) COMMENT 'Service class of the order, or empty while that is unknown',
  units Int64 COMMENT 'Units shipped',
  unit_price Decimal(38, 6) COMMENT 'Price of one unit; 0 while the line is unknown',
  sales Decimal(38, 6) COMMENT 'Units times price',
  currency LowCardinality(String) COMMENT 'Currency of the price',
  in_house_currency UInt8 COMMENT '1 when it counts in sums of money',
  shipped_at DateTime64(3, 'UTC') COMMENT 'When it left',
  delivered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was delivered',
  sign Int8 COMMENT '1 holds, -1 takes an earlier row back; sum it',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  seq UInt64 COMMENT 'Log sequence of the event that caused the row'
)
ENGINE = MergeTree
PARTITION BY toYear(known_at)
ORDER BY (shipment_id, order_id, line_id, seq)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'What left with which shipment, as signed rows; sum sign * units';
