-- Grain: one revision of one count of a position. Source: the stock processor. Readers: data teams.
-- ORDER BY position, then count and revision: a late movement revises the variance, it never overwrites.
CREATE TABLE stock_reconciliations (
  reconciliation_id String COMMENT 'Snapshot, SKU, node and measure',
  revision UInt32 COMMENT '0 as first known; one more for each late movement',
  snapshot_id String COMMENT 'Snapshot that stated the quantity',
  snapshot_source LowCardinality(String) COMMENT 'Source of the snapshot',
  sku_id String COMMENT 'Stock keeping unit',
  node_id LowCardinality(String) COMMENT 'Node',
  measure LowCardinality(String) COMMENT 'State, or on_hand, unusable, committed',
  as_of DateTime64(3, 'UTC') COMMENT 'When the count was taken',
  stated Int64 COMMENT 'Units that the source states',
  book Int64 COMMENT 'Units that the ledger had then, as known with this revision',
  variance Int64 COMMENT 'stated - book',
  status LowCardinality(String) COMMENT 'applied, within_skew (explained by the clocks, not applied) or revised',
  seq UInt64 COMMENT 'Log sequence of the event that caused this revision',
  time DateTime64(3, 'UTC') COMMENT 'Event time of that event',
  source LowCardinality(String) COMMENT 'Source of that event',
  event_id String COMMENT 'Id of that event'
)
ENGINE = MergeTree
ORDER BY (sku_id, node_id, reconciliation_id, revision)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Differences between counts and the ledger as of the capture time, with their revisions';
