-- id: K15a
-- name: Lost sales, units
-- kind: amount
-- unit: units
-- direction: down
-- cohort: stockout, by day
-- numerator: units that were not sold during stockouts, estimated
-- dimensions: channel_id, dim, sku_id
-- dim: ABC class
-- needs: inventory, order
-- lineage: stockouts, measures_minute, measures_day
-- note: An estimate: forecast demand by hour of the week times hours without stock, nothing of it sold by another
--   SKU. A stockout is written when it ends and at the end of each day; the table stockouts has a 90 % interval.
SELECT at, known_at, node_id, channel_id, sla_class, dim, sku_id, value AS num
FROM measures
WHERE measure = 'stockout_lost_units'
