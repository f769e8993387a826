-- Grain: an order and what came of it, as known. Source: the orders processor. Readers: orders_measures_mv,
-- K06, data teams. ORDER BY the order: whoever asks looks at one; KPIs read the rollups.
-- PARTITION BY the year in which it became known: dates of an order may be any.
CREATE TABLE orders (
  order_id String COMMENT 'Order',
  channel_id LowCardinality(String) COMMENT 'Sales channel',
  sla_class LowCardinality(String) COMMENT 'Service class of the promise',
  node_id LowCardinality(String) COMMENT 'Node that fulfils, or empty',
  region LowCardinality(String) COMMENT 'Destination region',
  currency LowCardinality(String) COMMENT 'Currency of its prices',
  ordered_at DateTime64(3, 'UTC') COMMENT 'When the customer ordered',
  ship_due_at DateTime64(3, 'UTC') COMMENT 'Promised dispatch: the last promise made before the one in force was broken',
  deliver_due_at DateTime64(3, 'UTC') COMMENT 'Promised delivery; a new promise of dispatch moves it by as much',
  carrier LowCardinality(String) COMMENT 'Carrier of the first shipment, or empty',
  due UInt8 COMMENT '1 when the customer has a claim to any unit: what the seller cancelled stays due',
  multi_unit UInt8 COMMENT '1 when it is of more than one unit',
  shipments UInt32 COMMENT 'Shipments that were not voided',
  first_shipped_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the first of them left',
  shipped_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the last of it left; null while something is open',
  delivered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the last of it was delivered; null while something is not',
  shipped_on_time UInt8 COMMENT '1 when nothing is open and each shipment was scanned by the carrier by the promise',
  complete_first UInt8 COMMENT '1 when the first shipment had all that was due',
  delivered_on_time UInt8 COMMENT '1 when all was delivered by the promise (RL.2.2)',
  in_full UInt8 COMMENT '1 when all that was due was shipped (RL.2.1)',
  documented UInt8 COMMENT '1 when no return within the claims period names its documents (RL.2.3)',
  undamaged UInt8 COMMENT '1 when no return within the claims period names damage or a wrong item (RL.2.4)',
  perfect UInt8 COMMENT '1 when it was delivered and all four hold (RL.1.1)',
  otif_due UInt32 COMMENT 'Orders (1) or lines that are due, by the measurement policy',
  otif_met UInt32 COMMENT 'Those of them that were delivered on time and in full',
  cancelled_by LowCardinality(String) COMMENT 'customer, seller, system, or change: who took back the last of it before anything was shipped; else empty',
  seller_fault UInt8 COMMENT '1 when that was the seller, or for want of stock',
  created_h Nullable(Float64) COMMENT 'Hours in stage created, once all has shipped',
  on_hold_h Nullable(Float64) COMMENT 'Hours on hold, once all has shipped',
  released_h Nullable(Float64) COMMENT 'Hours in stage released, once all has shipped',
  allocated_h Nullable(Float64) COMMENT 'Hours in stage allocated, once all has shipped',
  picking_h Nullable(Float64) COMMENT 'Hours in stage picking, once all has shipped',
  picked_h Nullable(Float64) COMMENT 'Hours in stage picked, once all has shipped',
  packed_h Nullable(Float64) COMMENT 'Hours in stage packed, once all has shipped',
  shipped_h Nullable(Float64) COMMENT 'Hours under way, once all was delivered',
  sign Int8 COMMENT '1 holds, -1 takes an earlier row back; sum it',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  seq UInt64 COMMENT 'Log sequence of the event that caused the row'
)
ENGINE = MergeTree
PARTITION BY toYear(known_at)
ORDER BY (order_id, seq)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Orders and what came of them, as signed rows; sum sign';
