-- Grain: one receipt line as it was known, as signed rows. Source: processors/supply. Readers: the measures
-- of K19, K21 and K24, supplier_variance, data teams.
-- ORDER BY the supplier and the receipt: a question is about one of them. PARTITION BY as in po_lines.
CREATE TABLE receipts (
  supplier_id LowCardinality(String) COMMENT 'Supplier, or empty when nobody has said',
  receipt_id String COMMENT 'Receipt',
  po_id String COMMENT 'Purchase order, or empty',
  asn_id String COMMENT 'Advance ship notice, or empty',
  sku_id String COMMENT 'SKU',
  node_id LowCardinality(String) COMMENT 'Node that received',
  expected_from LowCardinality(String) COMMENT 'asn, po, receipt (as it says itself) or nothing (blind)',
  expected Nullable(Int64) COMMENT 'Units expected of this line: several lines share what the ASN or PO expects, the last one the rest; NULL when nothing says',
  received Int64 COMMENT 'Units received',
  rejected Int64 COMMENT 'Units damaged or rejected at the dock, or failed in inspection',
  variance Nullable(Int64) COMMENT 'received - expected',
  condition_code LowCardinality(String) COMMENT 'good, inspect, damaged, hold or rejected',
  dock_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Last arrival at the dock before the receipt; NULL when none was reported',
  received_at DateTime64(3, 'UTC') COMMENT 'When it was received',
  available_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the last unit of the line had been put away (or had been inspected, where it came to be)',
  corrected_for_receiver_error UInt8 COMMENT '1 when the line was booked wrong by the receiver and put right: its event was corrected for incorrect data, or an adjustment AY, 04 or 54 names the receipt',
  sign Int8 COMMENT '1 holds, -1 takes an earlier row back; multiply by it',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  seq UInt64 COMMENT 'Log sequence of the event that caused the row'
)
ENGINE = MergeTree
PARTITION BY toYear(known_at)
ORDER BY (supplier_id, receipt_id, sku_id, seq)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Receipt lines, as signed rows; sum sign * units';
