-- What orders contribute to measures. Denominators of what is due stand at the due date from the day the
-- order is known, so what is overdue and open is a miss. `dim` is the carrier where something ships, and
-- who cancelled where something was cancelled.
CREATE MATERIALIZED VIEW orders_measures_mv TO measure_feed AS
SELECT
  c.1 AS measure,
  assumeNotNull(c.2) AS at,
  o.known_at AS known_at,
  node_id,
  channel_id,
  sla_class,
  c.3 AS dim,
  '' AS sku_id,
  toDecimal128(toInt64(c.4) * o.sign, 6) AS value
FROM orders AS o
ARRAY JOIN [
  ('orders_due', toNullable(o.ship_due_at), toString(o.carrier), toUInt32(o.due)),
  ('orders_complete_first', toNullable(o.ship_due_at), toString(o.carrier), toUInt32(o.due AND o.complete_first)),
  ('orders_shipped_on_time', toNullable(o.ship_due_at), toString(o.carrier), toUInt32(o.due AND o.shipped_on_time)),
  ('deliveries_due', toNullable(o.deliver_due_at), toString(o.carrier), toUInt32(o.due)),
  ('deliveries_on_time', toNullable(o.deliver_due_at), toString(o.carrier), toUInt32(o.due AND o.delivered_on_time)),
  ('otif_due', toNullable(o.deliver_due_at), '', o.otif_due),
  ('otif_met', toNullable(o.deliver_due_at), '', o.otif_met),
  ('orders_delivered', o.delivered_at, toString(o.carrier), toUInt32(o.delivered_at IS NOT NULL)),
  ('orders_perfect', o.delivered_at, toString(o.carrier), toUInt32(o.perfect)),
  ('orders_placed', toNullable(o.ordered_at), '', toUInt32(1)),
  ('orders_cancelled', toNullable(o.ordered_at), toString(o.cancelled_by), toUInt32(o.cancelled_by != '')),
  ('orders_cancelled_seller_fault', toNullable(o.ordered_at), '', toUInt32(o.seller_fault)),
  ('orders_shipped', o.first_shipped_at, '', toUInt32(o.shipments > 0)),
  ('shipments_sent', o.first_shipped_at, '', o.shipments),
  ('multi_unit_shipped', o.first_shipped_at, '', toUInt32(o.multi_unit AND o.shipments > 0)),
  ('multi_unit_split', o.first_shipped_at, '', toUInt32(o.multi_unit AND o.shipments > 1))
] AS c
WHERE c.4 != 0
COMMENT 'Feeds the measures of orders';
