-- id: K03
-- name: On-time delivery
-- kind: ratio
-- unit: %
-- direction: up
-- target: 0.9948
-- cohort: promised delivery
-- numerator: orders that were delivered by the promise
-- denominator: orders due for delivery
-- dimensions: node_id, channel_id, sla_class, dim
-- dim: carrier of the first shipment
-- needs: order, shipment
-- lineage: orders
-- note: An order is delivered with the last of its shipments.
SELECT
  at, known_at, node_id, channel_id, sla_class, dim, sku_id,
  if(measure = 'deliveries_on_time', value, 0) AS num,
  if(measure = 'deliveries_due', value, 0) AS den
FROM measures
WHERE measure IN ('deliveries_on_time', 'deliveries_due')
