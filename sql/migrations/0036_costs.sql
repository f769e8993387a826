-- Grain: one cost of one component of margin leakage, as a signed row. Source: the returns processor.
-- Readers: costs_measures_mv, margin_leakage, data teams. A cost is in one component, once.
-- ORDER BY component and date: readers ask where it leaks over a time. PARTITION BY
-- the year in which it became known: dates may be any, and a block must not touch many partitions.
CREATE TABLE costs (
  component LowCardinality(String) COMMENT 'L1 expedite, L2 split, L3 cancellation, L4 refund without return, L5 write-off, L6 labour, L7 penalty, L8 shrinkage',
  origin LowCardinality(String) COMMENT 'recorded by someone, or derived from what happened',
  ref String COMMENT 'Invoice, shipment, refund, order line or return',
  order_id String COMMENT 'Order, or empty',
  shipment_id String COMMENT 'Shipment, or empty',
  sku_id String COMMENT 'Stock keeping unit, or empty',
  node_id LowCardinality(String) COMMENT 'Node, or empty',
  channel_id LowCardinality(String) COMMENT 'Channel of the order, or empty',
  sla_class LowCardinality(String) COMMENT 'Service class of the order, or empty',
  amount Decimal(38, 6) COMMENT 'Cost; below 0 for a recovery',
  currency LowCardinality(String) COMMENT 'Its currency; empty is the house currency',
  in_house UInt8 COMMENT '1 when it is in the house currency, which sums of money are in',
  posted_at DateTime64(3, 'UTC') COMMENT 'When it fell due: ship date, cancellation, end of the time for returning, decision, or record',
  cause String COMMENT 'Why, in words: reason of the cancellation or return, remark of the record',
  sign Int8 COMMENT '1 holds, -1 takes an earlier row back; multiply by it',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  seq UInt64 COMMENT 'Log sequence of the event that caused the row'
)
ENGINE = MergeTree
PARTITION BY toYear(known_at)
ORDER BY (component, posted_at, seq)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Costs by which margin leaks, as signed rows; sum amount * sign';
