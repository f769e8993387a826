-- Grain: change of what is on hand and sellable of a SKU at a node in an hour. Source: stock_movements. Readers:
-- K16 and K17: the level at an instant is the sum up to it.
-- ORDER BY the position, then time. Not partitioned: a level is the sum over all time.
CREATE TABLE stock_changes_hour (
  sku_id String COMMENT 'Stock keeping unit',
  node_id LowCardinality(String) COMMENT 'Node',
  at DateTime('UTC') COMMENT 'Hour in which the movements happened; a late one counts where it belongs',
  sellable SimpleAggregateFunction(sum, Int64) COMMENT 'Change of available units; sum it',
  on_hand SimpleAggregateFunction(sum, Int64) COMMENT 'Change of the quantity on hand, QOH (units); sum it'
)
ENGINE = AggregatingMergeTree
ORDER BY (sku_id, node_id, at)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Changes of stock by hour; sum up to an instant for the level'
