-- id: K14
-- name: Stockout rate
-- kind: level_ratio
-- unit: %
-- direction: down
-- target: 0.02
-- cohort: hour, to the minute
-- numerator: SKU-channel-hours in which nothing was available for sale (AFS at or below 0)
-- denominator: SKU-channel-hours listed
-- dimensions: channel_id, dim, sku_id
-- dim: ABC class
-- needs: inventory, order
-- lineage: levels
-- note: The target is that of class A. A SKU is listed on a channel from its first offer, reservation or order
--   there until the item is discontinued or blocked. Stockouts are what the channel was shown, so facts that
--   come late do not change them.
SELECT
  at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  dim,
  sku_id,
  if(measure = 'stockout', value * sign, 0) AS num,
  if(measure = 'listed', value * sign, 0) AS den
FROM levels
WHERE measure IN ('stockout', 'listed')
