-- Grain: one movement of units between two accounts of a position. Source: the stock processor.
-- Readers: explain, verify, data teams; feeds stock_positions.
-- ORDER BY position, then log order: every reader asks for a position or scans all. Not partitioned:
-- the sum over all time is the balance, so old movements are never dropped by themselves.
CREATE TABLE stock_movements (
  seq UInt64 COMMENT 'Log sequence of the event that caused it',
  idx UInt32 COMMENT 'Number of the movement within its event',
  sku_id String COMMENT 'Stock keeping unit',
  node_id LowCardinality(String) COMMENT 'Node; - for demand that no node has been chosen for',
  from_account LowCardinality(String) COMMENT 'Account that the units left; outside and unclaimed are the other side of entries',
  to_account LowCardinality(String) COMMENT 'Account that the units entered',
  qty Int64 COMMENT 'Units moved, always above 0',
  kind LowCardinality(String) COMMENT 'What it was: allocation, pick, dispatch, adjustment, reconciliation, correction ...',
  illegal UInt8 COMMENT '1 when the transition is not in the legal table; it was applied all the same',
  late UInt8 COMMENT '1 when the event came more than 10 minutes behind the newest',
  time DateTime64(3, 'UTC') COMMENT 'When it happened; of a reconciliation, when the count was taken',
  type LowCardinality(String) COMMENT 'Type of the event',
  source LowCardinality(String) COMMENT 'Source of the event',
  event_id String COMMENT 'Id of the event',
  ref String COMMENT 'Order line, shipment, PO, adjustment or snapshot',
  reason String COMMENT 'Reason in words'
)
ENGINE = MergeTree
ORDER BY (sku_id, node_id, seq, idx)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Every movement of stock, double entry: what leaves one account enters another';
