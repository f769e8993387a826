-- id: K06b
-- name: Order to delivery time
-- kind: duration
-- unit: h
-- direction: down
-- cohort: dispatch of the last of the order
-- numerator: time from order to delivery of the last of it
-- dimensions: node_id, channel_id, sla_class, dim
-- dim: carrier of the first shipment
-- needs: order, shipment
-- lineage: orders
SELECT
  assumeNotNull(shipped_at) AS at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  carrier AS dim,
  '' AS sku_id,
  dateDiff('millisecond', ordered_at, assumeNotNull(delivered_at)) / 3600000 AS hours,
  sign
FROM orders
WHERE shipped_at IS NOT NULL AND delivered_at IS NOT NULL
