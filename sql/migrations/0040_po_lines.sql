-- Grain: one SKU of a purchase order as it was known, as signed rows. Source: processors/supply. Readers: the
-- measures of K20 and K23, supply_open, supplier_variance, data teams.
-- ORDER BY the supplier and its order: a question is about one of them.
-- PARTITION BY the year in which it became known: due dates may be any, and a block must not touch many partitions.
CREATE TABLE po_lines (
  supplier_id LowCardinality(String) COMMENT 'Supplier, or empty when nobody has said',
  po_id String COMMENT 'Purchase order',
  sku_id String COMMENT 'SKU',
  node_id LowCardinality(String) COMMENT 'Node that receives',
  issued_at DateTime64(3, 'UTC') COMMENT 'When the order was issued',
  first_due_at DateTime64(3, 'UTC') COMMENT 'Due date as first ordered',
  due_at DateTime64(3, 'UTC') COMMENT 'Due date as last ordered: the promise that K20 and K23 hold it against; another date that the supplier answers with moves it only once the order is changed',
  acknowledged Nullable(Int64) COMMENT 'Units that the supplier promised, 0 when it refused; NULL until it has answered',
  promised_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Date that the supplier promised',
  ordered Int64 COMMENT 'Units ordered, as last changed',
  received Int64 COMMENT 'Units received, less what was taken back; ordered = open + received - over',
  open Int64 COMMENT 'Units still to come',
  over Int64 COMMENT 'Units received beyond what was ordered',
  in_transit Int64 COMMENT 'Part of the open units that ASNs announce and have not brought',
  received_by_due Int64 COMMENT 'Units received by the due date, no more than were ordered',
  first_received_at Nullable(DateTime64(3, 'UTC')) COMMENT 'First receipt of a unit',
  last_received_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Last receipt of a unit',
  on_time UInt8 COMMENT '1 when all that was ordered was received in the window around the due date (policy measurement: po_early_d, po_late_d; 2 days early, 0 late)',
  status LowCardinality(String) COMMENT 'issued, acknowledged, rejected, partial, received or cancelled (nothing is ordered any more)',
  sign Int8 COMMENT '1 holds, -1 takes an earlier row back; multiply by it',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  seq UInt64 COMMENT 'Log sequence of the event that caused the row'
)
ENGINE = MergeTree
PARTITION BY toYear(known_at)
ORDER BY (supplier_id, po_id, sku_id, seq)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Lines of purchase orders, as signed rows; sum sign * units';
