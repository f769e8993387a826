-- Grain: one position. Reader: data teams, verify.
CREATE VIEW stock_positions_now AS
SELECT
  sku_id,
  node_id,
  sumIf(qty, account IN ('pending_putaway', 'pending_inspection', 'available', 'allocated', 'picked',
    'packed', 'on_hold', 'damaged', 'expired', 'return_pending', 'rtv_pending')) AS qoh,
  sumIf(qty, account = 'available') AS available,
  sumIf(qty, account IN ('allocated', 'picked', 'packed')) AS committed,
  sumIf(qty, account IN ('pending_putaway', 'pending_inspection', 'on_hold', 'damaged', 'expired',
    'return_pending', 'rtv_pending')) AS unsellable,
  sumIf(qty, account = 'open_demand') AS open_demand,
  sumIf(qty, account = 'soft_reserved') AS soft_reserved,
  sumIf(qty, account = 'in_transit_in') AS in_transit_in,
  sumIf(qty, account = 'on_order') AS on_order,
  sumIf(qty, account = 'in_transit_out') AS in_transit_out,
  sumIf(qty, account = 'lost') AS lost,
  sumIf(qty, account = 'scrapped') AS scrapped,
  qoh - unsellable - committed - open_demand AS atp,
  max(last_seq) AS last_seq
FROM stock_positions
GROUP BY sku_id, node_id
COMMENT 'Current positions: QOH, ATP and what they are made of (REFERENCE: ATP = QOH - unsellable - committed - open demand)';
