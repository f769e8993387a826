-- id: K05
-- name: Perfect orders
-- kind: ratio
-- unit: %
-- direction: up
-- target: 0.95
-- cohort: delivery
-- numerator: orders in full, on time, undamaged and with the right documents
-- denominator: orders delivered
-- dimensions: node_id, channel_id, sla_class, dim
-- dim: carrier of the first shipment
-- needs: order, shipment, return
-- lineage: orders
-- note: Each order is 0 or 1 (SCOR RL.1.1). Returns that are authorised within the claims period (claims_d of
--   the measurement policy, 14 days by default) for damage, a wrong item or documents take it back: the
--   value of the last days can still fall.
SELECT
  at, known_at, node_id, channel_id, sla_class, dim, sku_id,
  if(measure = 'orders_perfect', value, 0) AS num,
  if(measure = 'orders_delivered', value, 0) AS den
FROM measures
WHERE measure IN ('orders_perfect', 'orders_delivered')
