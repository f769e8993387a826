-- id: K06
-- name: Order cycle time
-- kind: duration
-- unit: h
-- direction: down
-- target: 24
-- cohort: dispatch of the last of the order
-- numerator: time from order to dispatch of the last of it
-- dimensions: node_id, channel_id, sla_class
-- needs: order, shipment
-- lineage: orders
-- note: All hours, not business hours. By stage it is K06a, to delivery K06b.
SELECT
  assumeNotNull(shipped_at) AS at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  '' AS dim,
  '' AS sku_id,
  dateDiff('millisecond', ordered_at, assumeNotNull(shipped_at)) / 3600000 AS hours,
  sign
FROM orders
WHERE shipped_at IS NOT NULL
