-- Grain: a SKU at a node. Source: positions and the newest forecast. Readers: planners, data teams; K16 has the
-- same over time. The forecast is a mean, so the weeks covered are the days over seven.
CREATE VIEW days_of_supply_now AS
SELECT
  forecast.sku_id AS sku_id,
  forecast.node_id AS node_id,
  stock.sellable AS sellable,
  forecast.daily_units AS daily_units,
  if(forecast.daily_units > 0, stock.sellable / forecast.daily_units, NULL) AS days_of_supply,
  if(forecast.daily_units > 0, stock.sellable / forecast.daily_units / 7, NULL) AS weeks_of_cover
FROM replenishment_now AS forecast
LEFT JOIN (
  SELECT sku_id, node_id, sum(qty) AS sellable
  FROM stock_positions
  WHERE account = 'available'
  GROUP BY sku_id, node_id
) AS stock USING (sku_id, node_id)
COMMENT 'Sellable stock over forecast daily demand, in days and in weeks'
