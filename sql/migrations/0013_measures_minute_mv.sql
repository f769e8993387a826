-- Contributions into the rollup by minute.
CREATE MATERIALIZED VIEW measures_minute_mv TO measures_minute AS
SELECT
  measure,
  toStartOfMinute(f.at) AS at,
  toStartOfHour(f.known_at) AS known_at,
  node_id,
  channel_id,
  sla_class,
  dim,
  sum(f.value) AS value
FROM measure_feed AS f
GROUP BY measure, at, known_at, node_id, channel_id, sla_class, dim
COMMENT 'Feeds measures_minute';
