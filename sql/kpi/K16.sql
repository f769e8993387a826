-- id: K16
-- name: Days of supply
-- kind: level_ratio
-- unit: d
-- direction: band
-- cohort: window, as the mean over it
-- numerator: sellable units over time
-- denominator: forecast daily demand over time
-- dimensions: node_id, sku_id
-- needs: inventory, order
-- lineage: stock_movements, stock_changes_hour, levels
-- note: Both are averaged over the window, stock by the hour. A band: lead time, review and safety. By SKU now, and
--   in weeks: the view days_of_supply_now. Stock without forecast demand counts in the numerator.
SELECT
  toDateTime64(at, 3, 'UTC') AS at,
  toDateTime64(at, 3, 'UTC') AS known_at,
  node_id,
  '' AS channel_id,
  '' AS sla_class,
  '' AS dim,
  sku_id,
  toDecimal128(sellable, 6) AS num,
  toDecimal128(0, 6) AS den
FROM stock_changes_hour
UNION ALL
SELECT
  at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  dim,
  sku_id,
  toDecimal128(0, 6) AS num,
  toDecimal128(value * sign, 6) AS den
FROM levels
WHERE measure = 'forecast_daily'
