-- id: K25
-- name: Pick accuracy
-- kind: ratio
-- unit: %
-- direction: up
-- target: 0.999
-- cohort: pick
-- numerator: lines picked less those that a customer claims as wrong or missing
-- denominator: lines picked
-- dimensions: node_id, dim, sku_id
-- dim: location
-- needs: pick, return
-- lineage: floor_events
-- note: A claim is a return authorised for a reason such as wrong_item or missing_item. It names an order and
--   counts against the node, the bin and the date of the last pick of the line, once a line; so a window of the
--   last weeks can still fall. Dated by the pick, which an order has even when no dispatch is reported.
SELECT
  at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  dim,
  sku_id,
  multiIf(measure = 'pick_lines_filled', value, measure = 'pick_lines_wrong', -value, 0) AS num,
  if(measure = 'pick_lines_filled', value, 0) AS den
FROM measures
WHERE measure IN ('pick_lines_filled', 'pick_lines_wrong')
