-- Grain: one account of a position. Source: stock_movements by stock_positions_mv. Readers: everybody
-- who asks what there is. ORDER BY the key that is summed over.
CREATE TABLE stock_positions (
  sku_id String COMMENT 'Stock keeping unit',
  node_id LowCardinality(String) COMMENT 'Node; - for demand that no node has been chosen for',
  account LowCardinality(String) COMMENT 'Stock state, open_demand, soft_reserved, outside or unclaimed',
  qty Int64 COMMENT 'Units; sum them, parts are merged in the background',
  movements UInt64 COMMENT 'Movements behind it; sum them',
  last_seq SimpleAggregateFunction(max, UInt64) COMMENT 'Log sequence of the newest movement; take the maximum'
)
ENGINE = SummingMergeTree
ORDER BY (sku_id, node_id, account)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Balance of each account of each position, as partial sums; read stock_positions_now';
