-- id: K29a
-- name: Returns cycle time
-- kind: duration
-- unit: h
-- direction: down
-- target: 48
-- cohort: receipt
-- numerator: time from receipt of returned goods until the last unit was decided on
-- dimensions: node_id, channel_id, sla_class, dim, sku_id
-- dim: reason
-- needs: return
-- lineage: durations
-- note: Only lines that are decided on whole; open ones have an age, not a time. A decision dated before its
--   receipt measures nothing.
SELECT at, known_at, node_id, channel_id, sla_class, dim, sku_id, hours, sign
FROM durations
WHERE measure = 'return_cycle'
