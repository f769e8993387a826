-- id: K12d
-- name: Net count variance
-- kind: amount
-- unit: units
-- direction: band
-- cohort: count
-- numerator: counted less book
-- dimensions: node_id, dim, sku_id
-- dim: class of the item
-- needs: inventory, item
-- lineage: floor_events
-- note: Overs and shorts offset each other; K12e has them added up.
SELECT at, known_at, node_id, channel_id, sla_class, dim, sku_id, value AS num
FROM measures
WHERE measure = 'count_variance_units'
