-- id: K06a
-- name: Order cycle time by stage
-- kind: duration
-- unit: h
-- direction: down
-- cohort: dispatch of the last of the order
-- numerator: time that a shipped order spent in each stage
-- dimensions: node_id, channel_id, sla_class, dim
-- dim: stage
-- needs: order, pick, pack, shipment
-- lineage: orders, order_stages
-- note: Cut by dim: the stages of one order add up to K06 (to K06b with the stage shipped, which is under way).
--   A stage that an order never was in is not measured.
SELECT
  assumeNotNull(shipped_at) AS at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  stage.1 AS dim,
  '' AS sku_id,
  assumeNotNull(stage.2) AS hours,
  sign
FROM orders
ARRAY JOIN [
  ('created', created_h),
  ('on_hold', on_hold_h),
  ('released', released_h),
  ('allocated', allocated_h),
  ('picking', picking_h),
  ('picked', picked_h),
  ('packed', packed_h),
  ('shipped', shipped_h)
] AS stage
WHERE shipped_at IS NOT NULL AND stage.2 IS NOT NULL
