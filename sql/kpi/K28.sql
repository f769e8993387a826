-- id: K28
-- name: Return rate
-- kind: ratio
-- unit: %
-- direction: down
-- target: 0.158
-- cohort: ship date
-- numerator: units that came back
-- denominator: units that left
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
  if(measure = 'returned_units', value, 0) AS num,
  if(measure = 'units_shipped', value, 0) AS den
FROM measures
WHERE measure IN ('returned_units', 'units_shipped')
