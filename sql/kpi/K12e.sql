-- id: K12e
-- name: Absolute count variance
-- kind: amount
-- unit: units
-- direction: down
-- cohort: count
-- numerator: difference of count and book
-- dimensions: node_id, dim, sku_id
-- dim: class of the item
-- needs: inventory, item
-- lineage: floor_events
-- note: A recount of the same bin adds its own difference.
SELECT at, known_at, node_id, channel_id, sla_class, dim, sku_id, value AS num
FROM measures
WHERE measure = 'count_variance_units_abs'
