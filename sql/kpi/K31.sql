-- id: K31
-- name: Exception backlog
-- kind: level
-- unit: cases
-- direction: down
-- cohort: live
-- numerator: cases that are opened and not resolved
-- dimensions: node_id, dim, sku_id
-- dim: code
-- needs: exception
-- lineage: levels
SELECT at, known_at, node_id, channel_id, sla_class, dim, sku_id, value * sign AS value
FROM levels
WHERE measure = 'cases_open'
