-- id: K20
-- name: Supplier on-time delivery
-- kind: ratio
-- unit: %
-- direction: up
-- target: 0.95
-- cohort: due date of the PO line
-- numerator: PO lines all of whose units were received in the window around the due date
-- denominator: PO lines due
-- dimensions: node_id, dim, sku_id
-- dim: supplier
-- needs: purchaseorder, receipt
-- lineage: po_lines
-- note: The window is 2 days early to 0 days late unless the measurement policy says otherwise. The due date
--   is that of the order as last changed; another date in the supplier's answer does not move it.
SELECT
  at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  dim,
  sku_id,
  if(measure = 'po_lines_on_time', value, 0) AS num,
  if(measure = 'po_lines_due', value, 0) AS den
FROM measures
WHERE measure IN ('po_lines_on_time', 'po_lines_due')
