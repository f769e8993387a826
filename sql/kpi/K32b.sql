-- id: K32b
-- name: Time to resolve an exception
-- kind: duration
-- unit: h
-- direction: down
-- cohort: resolution
-- numerator: time from the opening of a case until its resolution
-- dimensions: node_id, dim, sku_id
-- dim: code
-- needs: exception
-- lineage: durations
-- note: The mean is MTTR. Open cases are in K31b. A case that is opened again is measured from its reopening.
SELECT at, known_at, node_id, channel_id, sla_class, dim, sku_id, hours, sign
FROM durations
WHERE measure = 'case_resolved'
