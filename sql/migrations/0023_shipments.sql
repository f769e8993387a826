-- Grain: a shipment as far as it is of one order. Source: the orders processor. Readers: order_trace, margin
-- leakage (what shipments beyond the first cost), data teams.
-- ORDER BY the shipment: a carrier's event names only that. PARTITION BY the year in which it became known.
CREATE TABLE shipments (
  shipment_id String COMMENT 'Shipment',
  order_id String COMMENT 'Order',
  node_id LowCardinality(String) COMMENT 'Node that it left',
  channel_id LowCardinality(String) COMMENT 'Sales channel of the order, or empty while that is unknown',
  sla_class LowCardinality(String) COMMENT 'Service class of the order, or empty while that is unknown',
  carrier LowCardinality(String) COMMENT 'Carrier',
  service LowCardinality(String) COMMENT 'Service of the carrier',
  freight Nullable(Decimal(38, 6)) COMMENT 'What the carrier asked for the whole shipment; of several orders in it the first has it; null when not said',
  currency LowCardinality(String) COMMENT 'Currency of the freight',
  in_house_currency UInt8 COMMENT '1 when the freight counts in sums of money',
  number UInt32 COMMENT 'Place among the shipments of the order by time of dispatch, from 1; 0 of a voided one',
  shipped_at DateTime64(3, 'UTC') COMMENT 'When it left',
  first_scan_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the carrier first had it in hands',
  promised_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Promised delivery of the order',
  delivered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was delivered',
  voided_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the dispatch was undone',
  sign Int8 COMMENT '1 holds, -1 takes an earlier row back; sum it',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  seq UInt64 COMMENT 'Log sequence of the event that caused the row'
)
ENGINE = MergeTree
PARTITION BY toYear(known_at)
ORDER BY (shipment_id, order_id, seq)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Shipments by order, as signed rows; sum sign';
