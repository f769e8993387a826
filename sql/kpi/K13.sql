-- id: K13
-- name: Shrinkage rate
-- kind: ratio
-- unit: %
-- direction: down
-- target: 0.005
-- cohort: posting of the loss, dispatch, refund
-- numerator: unexplained losses less unexplained gains, at cost
-- denominator: net sales, shipped less refunded; or the cost of goods sold, if the measurement policy says so
-- dimensions: node_id, sku_id
-- needs: inventory, item, shipment, refund
-- lineage: floor_events, measures, policy_events
-- note: Unexplained are adjustments for shrinkage or after a cycle count (X12 947 06, found again 51) and changes
--   of state to lost; what is found again counts back. Differences between snapshots and the ledger are not in
--   it: a source that sends both a snapshot and the adjustment would count twice (stock_reconciliations_latest
--   has them). Costs of another currency are left out. A basis of average inventory is no sum over the
--   window: then the rate has no denominator, and turns (K17) have the inventory.
WITH (
  SELECT argMax(JSONExtractString(value, 'shrink_basis'), seq)
  FROM policy_events
  WHERE policy = 'measurement' AND JSONHas(value, 'shrink_basis')
) AS basis
SELECT
  at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  dim,
  sku_id,
  if(measure = 'shrinkage', value, 0) AS num,
  multiIf(
    basis = 'cogs', if(measure = 'cogs', value, 0),
    basis = 'avg_inventory', 0,
    measure = 'sales_shipped', value,
    measure = 'refunds', -value,
    0) AS den
FROM measures
WHERE measure IN ('shrinkage', 'sales_shipped', 'refunds', 'cogs')
