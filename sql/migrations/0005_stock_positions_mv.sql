-- Both sides of each movement into the balances.
CREATE MATERIALIZED VIEW stock_positions_mv TO stock_positions AS
SELECT
  sku_id,
  node_id,
  account,
  sum(delta) AS qty,
  count() AS movements,
  max(seq) AS last_seq
FROM stock_movements
ARRAY JOIN
  [from_account, to_account] AS account,
  [-stock_movements.qty, stock_movements.qty] AS delta
GROUP BY sku_id, node_id, account
COMMENT 'Feeds stock_positions from stock_movements';
