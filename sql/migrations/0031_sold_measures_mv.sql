-- What left, by ship date: what return rates are held against.
CREATE MATERIALIZED VIEW sold_measures_mv TO measure_feed AS
SELECT
  m.1 AS measure,
  shipped_at AS at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  '' AS dim,
  sku_id,
  m.2 AS value
FROM sold
ARRAY JOIN [
  ('returnable_units', toDecimal128(qty * sign, 6)),
  ('returnable_value', toDecimal128(if(in_house = 1, amount, 0) * sign, 6))
] AS m
WHERE m.2 != 0
COMMENT 'Units and value that left, into the measures';
