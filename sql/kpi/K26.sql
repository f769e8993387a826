-- id: K26
-- name: Short-pick rate
-- kind: ratio
-- unit: %
-- direction: down
-- target: 0.01
-- cohort: pick
-- numerator: pick lines with fewer units picked than requested
-- denominator: pick lines
-- dimensions: node_id, dim, sku_id
-- dim: location
-- needs: pick
-- lineage: floor_events
-- note: By shift: floor_events.
SELECT
  at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  dim,
  sku_id,
  if(measure = 'pick_lines_short', value, 0) AS num,
  if(measure = 'pick_lines', value, 0) AS den
FROM measures
WHERE measure IN ('pick_lines_short', 'pick_lines')
