-- id: K28b
-- name: Return rate by value
-- kind: ratio
-- unit: %
-- direction: down
-- target: 0.158
-- cohort: ship date
-- numerator: value of the units that came back, at the price of their order
-- denominator: value of the units that left
-- dimensions: node_id, channel_id, sla_class, dim, sku_id
-- dim: reason
-- undivided: denominator
-- needs: order, shipment, return
-- lineage: shipment_lines, returns
-- note: A cohort is mature when its window ended 30, 60 or 90 days ago; younger ones still rise. Goods that
--   came back without a known shipment count on the day of their receipt. What left has no reason: by reason, each
--   part is held against all that left.
SELECT
  at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  dim,
  sku_id,
  if(measure = 'returned_value', value, 0) AS num,
  if(measure = 'sales_shipped', value, 0) AS den
FROM measures
WHERE measure IN ('returned_value', 'sales_shipped')
