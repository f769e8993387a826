-- Grain: a SKU at a node. Source: replenishment, the newest row of each. Readers: planners, data teams; most
-- urgent first is ORDER BY risk DESC.
CREATE VIEW replenishment_now AS
SELECT *
FROM replenishment
ORDER BY computed_at DESC, seq DESC
LIMIT 1 BY sku_id, node_id
COMMENT 'What each SKU needs at each node now: forecast, safety stock, reorder point, projected stockout, risk'
