-- id: K33
-- name: Margin leakage
-- kind: ratio
-- unit: %
-- direction: down
-- cohort: posting
-- numerator: costs of the components L1 to L8
-- denominator: value shipped less refunds (net revenue)
-- dimensions: node_id, channel_id, sla_class, dim, sku_id
-- dim: component
-- undivided: denominator
-- needs: order, shipment, return, refund, cost, inventory
-- lineage: costs, floor_events, shipment_lines, refunds
-- note: In the house currency. Net revenue has no component: each component is held against all of it, so
--   that the components add up to the whole. The causes are in the view margin_leakage.
SELECT
  at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  if(measure = 'leakage', dim, '') AS dim,
  sku_id,
  if(measure = 'leakage', value, 0) AS num,
  multiIf(measure = 'sales_shipped', value, measure = 'refunds', -value, 0) AS den
FROM measures
WHERE measure IN ('leakage', 'sales_shipped', 'refunds')
