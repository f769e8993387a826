-- id: K23
-- name: Supplier fill rate
-- kind: ratio
-- unit: %
-- direction: up
-- target: 0.95
-- cohort: due date of the PO line
-- numerator: units received by the due date, no more than were ordered
-- denominator: units ordered
-- dimensions: node_id, dim, sku_id
-- dim: supplier
-- needs: purchaseorder, receipt
-- lineage: po_lines
-- note: By the instant of the due date, without the tolerance of K20. What one line has over does not make
--   up for what another lacks.
SELECT
  at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  dim,
  sku_id,
  if(measure = 'po_units_by_due', value, 0) AS num,
  if(measure = 'po_units_due', value, 0) AS den
FROM measures
WHERE measure IN ('po_units_by_due', 'po_units_due')
