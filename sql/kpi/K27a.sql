-- id: K27a
-- name: Units picked per hour
-- kind: ratio
-- unit: units/h
-- direction: up
-- target: 140
-- cohort: pick, start of the work
-- numerator: units picked
-- denominator: hours of direct labour in picking
-- dimensions: node_id, dim
-- dim: shift
-- needs: pick, labour
-- lineage: floor_events
-- note: Hours are dated by when the work began, picks by when they were done: read it over whole shifts.
SELECT
  at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  dim,
  sku_id,
  if(measure = 'shift_units_picked', value, 0) AS num,
  if(measure = 'shift_minutes_picking', toFloat64(value) / 60, 0) AS den
FROM measures
WHERE measure IN ('shift_units_picked', 'shift_minutes_picking')
