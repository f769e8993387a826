-- id: K11a
-- name: Shipments per order
-- kind: ratio
-- unit: shipments
-- direction: down
-- cohort: first dispatch
-- numerator: shipments that were not voided
-- denominator: orders shipped
-- dimensions: node_id, channel_id, sla_class
-- needs: order, shipment
-- lineage: orders
SELECT
  at, known_at, node_id, channel_id, sla_class, dim, sku_id,
  if(measure = 'shipments_sent', value, 0) AS num,
  if(measure = 'orders_shipped', value, 0) AS den
FROM measures
WHERE measure IN ('shipments_sent', 'orders_shipped')
