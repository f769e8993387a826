-- id: K31b
-- name: Age of open exceptions
-- kind: duration
-- unit: h
-- direction: down
-- cohort: now, the last whole minute of event time
-- numerator: time since a case was opened that is not resolved
-- dimensions: node_id, dim, sku_id
-- dim: code
-- needs: exception
-- lineage: cases, feed_stats
-- note: Of the cases that are open now, so only a window that reaches until now has any. What is resolved is in
--   K32b.
WITH (SELECT max(at) FROM feed_stats) AS now_at
SELECT
  now_at AS at,
  now_at AS known_at,
  node_id,
  '' AS channel_id,
  '' AS sla_class,
  code AS dim,
  sku_id,
  greatest(0, dateDiff('millisecond', opened_at, now_at)) / 3600000 AS hours,
  1 AS sign
FROM cases_now
WHERE status != 'resolved'
