-- id: K15b
-- name: Lost sales, revenue
-- kind: amount
-- unit: money
-- direction: down
-- cohort: stockout, by day
-- numerator: estimated units times the last price of the SKU on the channel
-- dimensions: channel_id, dim, sku_id
-- dim: ABC class
-- needs: inventory, order
-- lineage: stockouts, measures_minute, measures_day
-- note: An estimate: forecast demand by hour of the week times hours without stock, nothing of it sold by another
--   SKU. A stockout is written when it ends and at the end of each day; the table stockouts has a 90 % interval.
SELECT at, known_at, node_id, channel_id, sla_class, dim, sku_id, value AS num
FROM measures
WHERE measure = 'stockout_lost_revenue'
