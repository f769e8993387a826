-- id: K12
-- name: Inventory record accuracy
-- kind: ratio
-- unit: %
-- direction: up
-- target: 0.95
-- cohort: count
-- numerator: counts that are within tolerance of the book
-- denominator: counts
-- dimensions: node_id, dim, sku_id
-- dim: class of the item
-- needs: inventory, item
-- lineage: floor_events
-- note: Tolerance is a part of the book by class (A 1 %, B 3 %, C 5 % unless the measurement policy says
--   otherwise), in whole units rounded down, so that small bins must match exactly. An item without a class
--   is held to that of A. A recount is a count of its own. By bin and kind of count: floor_events.
SELECT
  at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  dim,
  sku_id,
  if(measure = 'counts_confirmed', value, 0) AS num,
  if(measure = 'counts', value, 0) AS den
FROM measures
WHERE measure IN ('counts_confirmed', 'counts')
