-- Grain: units of one receipt of returned goods that left with one shipment, as a signed row. A row of no
-- units is a decision about goods that were not received. Source: the returns processor. Readers:
-- returns_measures_mv, data teams. Always qty = to_available + ... + to_other + pending.
-- ORDER BY order: readers ask for an order or scan all. PARTITION BY
-- the year in which it became known: dates may be any, and a block must not touch many partitions.
CREATE TABLE returns (
  order_id String COMMENT 'Order, or empty when it is not known',
  rma_id String COMMENT 'Return authorisation that the receipt names, or empty',
  line_id String COMMENT 'Line of the order, or empty',
  shipment_id String COMMENT 'Shipment that the units left with, or empty when none is known',
  sku_id String COMMENT 'Stock keeping unit',
  node_id LowCardinality(String) COMMENT 'Node that received',
  channel_id LowCardinality(String) COMMENT 'Channel of the order, or empty',
  sla_class LowCardinality(String) COMMENT 'Service class of the order, or empty',
  reason LowCardinality(String) COMMENT 'Reason of the authorisation; refused; or blind',
  blind UInt8 COMMENT '1 when nothing authorised it',
  qty Int64 COMMENT 'Units received',
  amount Decimal(38, 6) COMMENT 'Units times the price of the line, in the house currency; else 0',
  to_available Int64 COMMENT 'Units that can be sold again',
  to_on_hold Int64 COMMENT 'Units put on hold',
  to_damaged Int64 COMMENT 'Units found damaged',
  to_rtv_pending Int64 COMMENT 'Units to go back to the vendor',
  to_scrapped Int64 COMMENT 'Units scrapped',
  to_lost Int64 COMMENT 'Units missing',
  to_other Int64 COMMENT 'Units sent to any other state',
  pending Int64 COMMENT 'Units not yet decided on; below 0 in a row of no units',
  received_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When they were received; null when they were not',
  authorised_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the return was authorised; null when it was not',
  dispositioned_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the last unit was decided on; null while some are pending',
  available_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the last unit went back to stock; null when none did',
  matures_from DateTime64(3, 'UTC') COMMENT 'Ship date; the date of receipt when no shipment is known',
  sign Int8 COMMENT '1 holds, -1 takes an earlier row back; multiply by it',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  seq UInt64 COMMENT 'Log sequence of the event that caused the row'
)
ENGINE = MergeTree
PARTITION BY toYear(known_at)
ORDER BY (order_id, sku_id, seq)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Returned goods and what became of them, as signed rows; sum x * sign';
