-- id: K02
-- name: On-time shipment
-- kind: ratio
-- unit: %
-- direction: up
-- target: 0.997
-- cohort: promised dispatch
-- numerator: orders of which nothing is open and each shipment was scanned by the carrier by the promise
-- denominator: orders due to ship
-- dimensions: node_id, channel_id, sla_class, dim
-- dim: carrier of the first shipment
-- needs: order, shipment
-- lineage: orders
-- note: The first scan counts, and a delivery proves one; a printed label is none. An order that is not shipped
--   has no carrier yet.
SELECT
  at, known_at, node_id, channel_id, sla_class, dim, sku_id,
  if(measure = 'orders_shipped_on_time', value, 0) AS num,
  if(measure = 'orders_due', value, 0) AS den
FROM measures
WHERE measure IN ('orders_shipped_on_time', 'orders_due')
