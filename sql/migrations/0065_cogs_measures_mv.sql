-- Cost of goods sold, into the measures.
CREATE MATERIALIZED VIEW cogs_measures_mv TO measure_feed AS
SELECT
  'cogs' AS measure,
  shipped_at AS at,
  known_at,
  node_id,
  '' AS channel_id,
  '' AS sla_class,
  abc_class AS dim,
  sku_id,
  toDecimal128(sign * c.cogs, 6) AS value
FROM cogs AS c
WHERE c.cogs != 0
COMMENT 'Feeds measure_feed from cogs'
