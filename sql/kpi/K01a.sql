-- id: K01a
-- name: Unit fill rate
-- kind: ratio
-- unit: %
-- direction: up
-- target: 0.97
-- cohort: promised dispatch
-- numerator: units that left by the promise
-- denominator: units due
-- dimensions: node_id, channel_id, sla_class, sku_id
-- needs: order, shipment
-- lineage: order_lines
-- note: Due are units ordered less those cancelled, but what was cancelled by the seller or for want of stock
--   stays due. Services are left out.
SELECT
  at, known_at, node_id, channel_id, sla_class, dim, sku_id,
  if(measure = 'units_filled', value, 0) AS num,
  if(measure = 'units_due', value, 0) AS den
FROM measures
WHERE measure IN ('units_filled', 'units_due')
