-- id: K12c
-- name: Absolute count variance at cost
-- kind: amount
-- unit: money
-- direction: down
-- cohort: count
-- numerator: difference of count and book, times the cost of a unit
-- dimensions: node_id, dim, sku_id
-- dim: class of the item
-- needs: inventory, item
-- lineage: floor_events
-- note: Costs of another currency are left out.
SELECT at, known_at, node_id, channel_id, sla_class, dim, sku_id, value AS num
FROM measures
WHERE measure = 'count_variance_cost_abs'
