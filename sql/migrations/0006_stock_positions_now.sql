-- Grain: one position. Reader: data teams, verify.
CREATE VIEW stock_positions_now AS
SELECT
  sku_id,
  node_id,
  sumIf(p.qty, account IN ('pending_putaway', 'pending_inspection', 'available', 'allocated', 'picked',
    'packed', 'on_hold', 'damaged', 'expired', 'return_pending', 'rtv_pending')) AS qoh,
  sumIf(p.qty, account = 'available') AS available,
  sumIf(p.qty, account IN ('allocated', 'picked', 'packed')) AS committed,
  sumIf(p.qty, account IN ('pending_putaway', 'pending_inspection', 'on_hold', 'damaged', 'expired',
    'return_pending', 'rtv_pending')) AS unsellable,
  sumIf(p.qty, account = 'open_demand') AS open_demand,
  sumIf(p.qty, account = 'soft_reserved') AS soft_reserved,
  sumIf(p.qty, account = 'in_transit_in') AS in_transit_in,
  sumIf(p.qty, account = 'on_order') AS on_order,
  sumIf(p.qty, account = 'in_transit_out') AS in_transit_out,
  sumIf(p.qty, account = 'lost') AS lost,
  sumIf(p.qty, account = 'scrapped') AS scrapped,
  qoh - unsellable - committed - open_demand AS atp,
  max(p.last_seq) AS last_seq
FROM stock_positions AS p
GROUP BY sku_id, node_id
COMMENT 'Current positions: QOH, ATP and what they are made of (REFERENCE: ATP = QOH - unsellable - committed - open demand)';
