-- What stockouts cost, into the measures.
CREATE MATERIALIZED VIEW stockouts_measures_mv TO measure_feed AS
SELECT
  measured.1 AS measure,
  from_at AS at,
  known_at,
  '' AS node_id,
  channel_id,
  '' AS sla_class,
  abc_class AS dim,
  sku_id,
  measured.2 AS value
FROM stockouts
ARRAY JOIN [
  ('stockout_lost_units', toDecimal128(lost_units, 6)),
  ('stockout_lost_revenue', toDecimal128(lost_revenue, 6)),
  ('stockout_lost_margin', toDecimal128(lost_margin, 6))
] AS measured
WHERE measured.2 != 0
COMMENT 'Feeds measure_feed from stockouts'
