-- Contributions into the rollup by day.
CREATE MATERIALIZED VIEW measures_day_mv TO measures_day AS
SELECT
  measure,
  toStartOfDay(f.at) AS at,
  toStartOfDay(f.known_at) AS known_at,
  node_id,
  channel_id,
  sla_class,
  dim,
  sku_id,
  sum(f.value) AS value
FROM measure_feed AS f
GROUP BY measure, at, known_at, node_id, channel_id, sla_class, dim, sku_id
COMMENT 'Feeds measures_day';
