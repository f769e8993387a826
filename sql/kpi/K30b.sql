-- id: K30b
-- name: Refund lag from the start of the return
-- kind: duration
-- unit: h
-- direction: down
-- target: 120
-- cohort: refund
-- numerator: time from the authorisation of the return until the refund was issued
-- dimensions: node_id, channel_id, sla_class, dim, sku_id
-- dim: reason
-- needs: return, refund
-- lineage: durations
-- note: Elapsed hours: five days. Refunds without an authorisation measure nothing.
SELECT at, known_at, node_id, channel_id, sla_class, dim, sku_id, hours, sign
FROM durations
WHERE measure = 'refund_from_start'
