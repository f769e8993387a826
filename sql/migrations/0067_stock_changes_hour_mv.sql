-- Movements into changes by hour. QOH is the sum of the physical states (contracts/states.ts PHYSICAL_STATES).
CREATE MATERIALIZED VIEW stock_changes_hour_mv TO stock_changes_hour AS
WITH [
  'pending_putaway', 'pending_inspection', 'available', 'allocated', 'picked', 'packed', 'on_hold', 'damaged',
  'expired', 'return_pending', 'rtv_pending'
] AS physical
SELECT
  sku_id,
  node_id,
  toStartOfHour(time) AS at,
  sum(qty * (toInt8(to_account = 'available') - toInt8(from_account = 'available'))) AS sellable,
  sum(qty * (toInt8(has(physical, to_account)) - toInt8(has(physical, from_account)))) AS on_hand
FROM stock_movements
GROUP BY sku_id, node_id, at
HAVING sellable != 0 OR on_hand != 0
COMMENT 'Feeds stock_changes_hour from stock_movements'
