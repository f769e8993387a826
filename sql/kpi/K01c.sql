-- id: K01c
-- name: Order fill rate
-- kind: ratio
-- unit: %
-- direction: up
-- target: 0.9956
-- cohort: promised dispatch
-- numerator: orders of which the first shipment had all that was due
-- denominator: orders due
-- dimensions: node_id, channel_id, sla_class, dim
-- dim: carrier of the first shipment
-- needs: order, shipment
-- lineage: orders
-- note: Whether it was on time is K02.
SELECT
  at, known_at, node_id, channel_id, sla_class, dim, sku_id,
  if(measure = 'orders_complete_first', value, 0) AS num,
  if(measure = 'orders_due', value, 0) AS den
FROM measures
WHERE measure IN ('orders_complete_first', 'orders_due')
