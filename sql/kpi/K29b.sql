-- id: K29b
-- name: Return to stock
-- kind: duration
-- unit: h
-- direction: down
-- target: 72
-- cohort: receipt
-- numerator: time from receipt of returned goods until the last of its units could be sold again
-- dimensions: node_id, channel_id, sla_class, dim, sku_id
-- dim: reason
-- needs: return
-- lineage: durations
-- note: Only lines of which units went back to available.
SELECT at, known_at, node_id, channel_id, sla_class, dim, sku_id, hours, sign
FROM durations
WHERE measure = 'return_to_stock'
