-- id: K34b
-- name: Freshness
-- kind: duration
-- unit: h
-- direction: down
-- cohort: minute at which it is looked at
-- numerator: time since the newest event of a source happened, each source once a minute
-- dimensions: dim
-- dim: source
-- needs: none
-- lineage: feed_stats
-- note: By source; over all sources it is a mixture of fast and slow ones. A batch is fresh within 1.25
--   times its cadence (feed_stats.cadence_ms). Minutes are of event time.
SELECT
  at,
  at AS known_at,
  '' AS node_id,
  '' AS channel_id,
  '' AS sla_class,
  source AS dim,
  '' AS sku_id,
  greatest(0, dateDiff('millisecond', last_event_at, at)) / 3600000 AS hours,
  1 AS sign
FROM feed_stats
