-- id: K12b
-- name: Net count variance at cost
-- kind: amount
-- unit: money
-- direction: band
-- cohort: count
-- numerator: counted less book, times the cost of a unit
-- dimensions: node_id, dim, sku_id
-- dim: class of the item
-- needs: inventory, item
-- lineage: floor_events
-- note: Overs and shorts offset each other; K12c has them added up. Costs of another currency are left out.
SELECT at, known_at, node_id, channel_id, sla_class, dim, sku_id, value AS num
FROM measures
WHERE measure = 'count_variance_cost'
