-- What order lines contribute to measures; due ones at their due date from the day they are known.
CREATE MATERIALIZED VIEW order_lines_measures_mv TO measure_feed AS
SELECT
  c.1 AS measure,
  c.2 AS at,
  l.known_at AS known_at,
  node_id,
  channel_id,
  sla_class,
  '' AS dim,
  sku_id,
  toDecimal128(c.3 * l.sign, 6) AS value
FROM order_lines AS l
ARRAY JOIN [
  ('lines_due', l.due_at, toInt64(l.due > 0)),
  ('lines_filled', l.due_at, toInt64(l.due > 0 AND l.shipped_on_time >= l.due)),
  ('units_due', l.due_at, l.due),
  ('units_filled', l.due_at, l.shipped_on_time),
  ('lines_ordered', l.ordered_at, toInt64(1)),
  ('lines_backordered', l.ordered_at, toInt64(l.backordered > 0)),
  ('units_ordered', l.ordered_at, l.ordered),
  ('units_backordered', l.ordered_at, l.backordered),
  ('units_oversold', l.ordered_at, l.oversold)
] AS c
WHERE c.3 != 0
COMMENT 'Feeds the measures of order lines';
