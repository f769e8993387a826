-- id: K09
-- name: Oversell rate
-- kind: ratio
-- unit: %
-- direction: down
-- target: 0.005
-- cohort: order date
-- numerator: units that were later backordered, or cancelled by the seller for want of stock
-- denominator: units accepted
-- dimensions: node_id, channel_id, sla_class, sku_id
-- needs: order
-- lineage: order_lines
-- note: Units that were backordered and then cancelled for want of stock count once.
SELECT
  at, known_at, node_id, channel_id, sla_class, dim, sku_id,
  if(measure = 'units_oversold', value, 0) AS num,
  if(measure = 'units_ordered', value, 0) AS den
FROM measures
WHERE measure IN ('units_oversold', 'units_ordered')
