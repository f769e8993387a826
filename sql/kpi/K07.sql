-- id: K07
-- name: Orders over their promise
-- kind: level
-- unit: orders
-- direction: down
-- target: 0
-- cohort: live
-- numerator: open orders that have used up more than 100 % of their promise of dispatch
-- dimensions: node_id, channel_id, sla_class, dim
-- dim: stage
-- needs: order, pick, pack, shipment
-- lineage: order_stages
-- note: An order counts from its due date until it is shipped or cancelled. A hold of the customer moves the due
--   date. By age it is order_aging(at = ...).
SELECT
  greatest(s.at, s.due_at) AS at,
  s.known_at AS known_at,
  node_id,
  channel_id,
  sla_class,
  stage AS dim,
  '' AS sku_id,
  delta * sign AS value
FROM order_stages AS s
WHERE stage NOT IN ('shipped', 'delivered', 'cancelled')
  -- A clock that stopped before the due date does not reach it during this stay.
  AND (paused_at IS NULL OR paused_at >= due_at)
