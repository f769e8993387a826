-- id: K30a
-- name: Refund lag from receipt
-- kind: duration
-- unit: h
-- direction: down
-- target: 120
-- cohort: refund
-- numerator: time from the first receipt of the goods until the refund was issued
-- dimensions: node_id, channel_id, sla_class, dim, sku_id
-- dim: reason
-- needs: return, refund
-- lineage: durations
-- note: Elapsed hours: five days. Refunds ahead of their goods, or without any, measure nothing here; K33
--   has those whose goods never come (L4).
SELECT at, known_at, node_id, channel_id, sla_class, dim, sku_id, hours, sign
FROM durations
WHERE measure = 'refund_from_receipt'
