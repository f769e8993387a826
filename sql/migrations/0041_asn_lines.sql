-- Grain: one SKU of an advance ship notice as it was known, as signed rows. Source: processors/supply.
-- Readers: supply_open, data teams. ORDER BY and PARTITION BY as in po_lines.
CREATE TABLE asn_lines (
  supplier_id LowCardinality(String) COMMENT 'Supplier, or empty when nobody has said',
  asn_id String COMMENT 'Advance ship notice',
  po_id String COMMENT 'Purchase order that it belongs to, or empty',
  sku_id String COMMENT 'SKU',
  node_id LowCardinality(String) COMMENT 'Node that receives',
  first_eta_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Expected at the dock, as first announced',
  eta_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Expected at the dock, as last announced',
  announced Int64 COMMENT 'Units announced',
  received Int64 COMMENT 'Units received with the notice',
  open Int64 COMMENT 'Units still to come; 0 once its receipt is closed',
  over Int64 COMMENT 'Units received beyond what was announced',
  dock_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Arrival at the dock',
  closed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When its receipt was closed',
  status LowCardinality(String) COMMENT 'in_transit, arrived, partial, received or closed_short',
  sign Int8 COMMENT '1 holds, -1 takes an earlier row back; multiply by it',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  seq UInt64 COMMENT 'Log sequence of the event that caused the row'
)
ENGINE = MergeTree
PARTITION BY toYear(known_at)
ORDER BY (supplier_id, asn_id, sku_id, seq)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Lines of advance ship notices, as signed rows; sum sign * units';
