-- Grain: a refund, as a signed row. Source: the returns processor. Readers: refunds_measures_mv,
-- order_money, data teams. ORDER BY order: readers ask for an order or scan all. PARTITION BY
-- the year in which it became known: dates may be any, and a block must not touch many partitions.
CREATE TABLE refunds (
  refund_id String COMMENT 'Refund',
  order_id String COMMENT 'Order',
  rma_id String COMMENT 'Return authorisation that it names, or empty',
  sku_id String COMMENT 'Stock keeping unit, or empty when it is for several or none is known',
  node_id LowCardinality(String) COMMENT 'Node that received the goods; else the one that shipped them; or empty',
  channel_id LowCardinality(String) COMMENT 'Channel of the order, or empty',
  sla_class LowCardinality(String) COMMENT 'Service class of the order, or empty',
  amount Decimal(38, 6) COMMENT 'Money that went back',
  currency LowCardinality(String) COMMENT 'Its currency: as stated, else that of the order',
  in_house UInt8 COMMENT '1 when that is the house currency, which sums of money are in',
  issued_at DateTime64(3, 'UTC') COMMENT 'When it was issued',
  initiated_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the return was authorised; null when it was not',
  received_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the first of its goods came back; null while none has',
  has_receipt UInt8 COMMENT '1 when goods of it have come back',
  sign Int8 COMMENT '1 holds, -1 takes an earlier row back; multiply by it',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  seq UInt64 COMMENT 'Log sequence of the event that caused the row'
)
ENGINE = MergeTree
PARTITION BY toYear(known_at)
ORDER BY (order_id, refund_id, seq)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Refunds and the receipts that answer for them, as signed rows; sum x * sign';
