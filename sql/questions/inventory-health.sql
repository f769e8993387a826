-- question: How healthy is the inventory of each node?
-- row: a node and a state with the units in it now, the largest node first
-- needs: inventory, receipt, order, shipment, return
-- lineage: stock_positions
-- note: As of now, whatever the window is. below_zero counts SKUs whose units in the state are negative, which
--   no shelf can hold; out_of_stock those of the node with nothing available.
SELECT
  node_id,
  state,
  sum(units) AS state_units,
  countIf(units != 0) AS skus,
  countIf(units < 0) AS below_zero,
  countIf(state = 'available' AND units <= 0) AS out_of_stock
FROM
(
  SELECT sku_id, node_id, toString(account) AS state, sum(qty) AS units
  FROM stock_positions
  WHERE node_id != '-' AND account IN ('available', 'allocated', 'picked', 'packed', 'pending_putaway',
    'pending_inspection', 'return_pending', 'on_hold', 'damaged', 'expired', 'rtv_pending')
  GROUP BY sku_id, node_id, state
)
GROUP BY node_id, state
ORDER BY sum(sum(units)) OVER (PARTITION BY node_id) DESC, node_id, state
LIMIT {limit:UInt32}
