-- id: K11
-- name: Split-shipment rate
-- kind: ratio
-- unit: %
-- direction: down
-- target: 0.15
-- cohort: first dispatch
-- numerator: orders of more than one unit that went out in more than one shipment
-- denominator: orders of more than one unit that were shipped
-- dimensions: node_id, channel_id, sla_class
-- needs: order, shipment
-- lineage: orders
SELECT
  at, known_at, node_id, channel_id, sla_class, dim, sku_id,
  if(measure = 'multi_unit_split', value, 0) AS num,
  if(measure = 'multi_unit_shipped', value, 0) AS den
FROM measures
WHERE measure IN ('multi_unit_split', 'multi_unit_shipped')
