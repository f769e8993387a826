-- Grain: an event of the floor: a pick line, the start of a pick task, a failed scan, a count of a bin, a move
-- between bins, a location error, labour, an adjustment, a change of state that is a loss; and an order line
-- that was picked wrong as a customer claims (pick_error, dated and placed as its pick). Source: the floor
-- processor, as signed rows. Readers: floor_events_measures_mv, count_issues_by_location, data teams.
-- ORDER BY kind, node and time: a question is about one kind at a node over a while.
-- PARTITION BY the year in which it became known: `at` may be any, and a block must not touch many partitions.
CREATE TABLE floor_events (
  kind LowCardinality(String) COMMENT 'pick_started, pick, pick_error, scan_failed, count, move, location_error, labour, adjustment or state_change',
  at DateTime64(3, 'UTC') COMMENT 'When it happened; of labour when it began; of a pick error when the line was picked',
  node_id LowCardinality(String) COMMENT 'Node',
  location_id String COMMENT 'Bin, or empty; of a move the bin that the goods went to',
  from_location String COMMENT 'Of a move: the bin that the goods came from',
  sku_id String COMMENT 'SKU, or empty',
  abc_class LowCardinality(String) COMMENT 'Class of the item as known then: A, B, C, or empty',
  shift_id LowCardinality(String) COMMENT 'Shift, or empty',
  worker_pseudo_id String COMMENT 'Pseudonymous worker; of an adjustment the actor. Not for shared dashboards',
  process LowCardinality(String) COMMENT 'Process of labour and picks, such as picking',
  ref String COMMENT 'Task, count, adjustment or RMA; of a failed scan what was read',
  order_id String COMMENT 'Order, or empty',
  line_id String COMMENT 'Line of the order, or empty',
  reason LowCardinality(String) COMMENT 'Reason of a short, an adjustment or a claim; kind of count, of failure or of error',
  raw_code LowCardinality(String) COMMENT 'Of an adjustment: the code of the partner, such as X12 947 W1901',
  state LowCardinality(String) COMMENT 'Of an adjustment the state whose quantity changed; of a state change the state before',
  to_state LowCardinality(String) COMMENT 'Of a state change the state after',
  approved_by String COMMENT 'Of an adjustment: who approved it, or empty',
  qty_expected Int64 COMMENT 'Units requested of a pick, units by the book of a count',
  qty Int64 COMMENT 'Units picked, counted, moved or changed; of an adjustment signed',
  minutes UInt32 COMMENT 'Of labour: minutes worked',
  within_tolerance Nullable(UInt8) COMMENT 'Of a count: 1 when it confirms the book (K12); null for what is no count',
  unit_cost Nullable(Decimal(21, 6)) COMMENT 'Cost of a unit as known then, in currency; null when nobody stated one',
  currency LowCardinality(String) COMMENT 'ISO 4217, or empty for the house currency',
  costed UInt8 COMMENT '1 when there is a cost in the house currency: only then does it count in sums of money',
  leakage LowCardinality(String) COMMENT 'L8 shrinkage, L5 write-off, or empty',
  loss_units Int64 COMMENT 'Units lost to it; negative when they were found or mended again',
  source LowCardinality(String) COMMENT 'Source of the event; empty for a pick error',
  event_id String COMMENT 'Id of the event; empty for a pick error',
  sign Int8 COMMENT '1 holds, -1 takes an earlier row back; sum it',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  seq UInt64 COMMENT 'Log sequence of the event that caused the row'
)
ENGINE = MergeTree
PARTITION BY toYear(known_at)
ORDER BY (kind, node_id, at, seq)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'What happened on the floor, as signed rows; sum sign';
