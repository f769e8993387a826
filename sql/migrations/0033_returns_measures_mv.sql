-- What came back, by the date on which it had left.
CREATE MATERIALIZED VIEW returns_measures_mv TO measure_feed AS
SELECT
  m.1 AS measure,
  matures_from AS at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  reason AS dim,
  sku_id,
  m.2 AS value
FROM returns
ARRAY JOIN [
  ('returned_units', toDecimal128(qty * sign, 6)),
  ('returned_value', toDecimal128(amount * sign, 6))
] AS m
WHERE m.2 != 0
COMMENT 'Units and value that came back, into the measures';
