-- id: K17
-- name: Inventory turns
-- kind: level_ratio
-- unit: per year
-- direction: up
-- target: 4
-- cohort: window, annualised
-- numerator: cost of the goods sold in the window
-- denominator: mean inventory at cost times the length of the window in years
-- dimensions: node_id, dim, sku_id
-- dim: ABC class
-- needs: shipment, inventory, item
-- lineage: cogs, stock_movements, stock_changes_hour, sku_costs
-- note: Trailing turns are those of a window of a year. The mean is the integral over time rather than that of 13
--   month ends, so that it is right for any window. Goods are sold over the hour after their dispatch (a flow as a
--   level); a year has 8,766 hours. Stock is valued at the cost of now, goods sold at the cost of then.
SELECT
  line.1 AS at,
  known_at,
  node_id,
  '' AS channel_id,
  '' AS sla_class,
  abc_class AS dim,
  sku_id,
  toFloat64(cogs) * sign * line.2 AS num,
  0. AS den
FROM cogs
ARRAY JOIN [(shipped_at, 1), (shipped_at + INTERVAL 1 HOUR, -1)] AS line
UNION ALL
SELECT
  toDateTime64(stock.at, 3, 'UTC') AS at,
  toDateTime64(stock.at, 3, 'UTC') AS known_at,
  node_id,
  '' AS channel_id,
  '' AS sla_class,
  cost.abc_class AS dim,
  sku_id,
  0. AS num,
  stock.on_hand * toFloat64(cost.unit_cost) / 8766 AS den
FROM stock_changes_hour AS stock
INNER JOIN (SELECT sku_id, abc_class, unit_cost FROM sku_costs FINAL) AS cost USING (sku_id)
