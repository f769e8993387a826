-- id: K34a
-- name: Reporting lag
-- kind: duration
-- unit: h
-- direction: down
-- target: 0.016667
-- cohort: arrival at the door
-- numerator: time from when an event happened until the door accepted it
-- dimensions: node_id, channel_id, dim
-- dim: source
-- needs: none
-- lineage: events
-- note: Percentiles over all events of the window; a source that sends in batches lags by its cadence.
SELECT
  ingested_at AS at,
  ingested_at AS known_at,
  node_id,
  channel_id,
  '' AS sla_class,
  source AS dim,
  sku_id,
  greatest(0, dateDiff('millisecond', time, ingested_at)) / 3600000 AS hours,
  1 AS sign
FROM events
WHERE type != 'stocktide.clock.ticked.v1'
