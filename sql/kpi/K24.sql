-- id: K24
-- name: Supplier defect rate
-- kind: ratio
-- unit: %
-- direction: down
-- target: 0.01
-- cohort: receipt
-- numerator: units damaged or rejected at the dock, or failed in inspection
-- denominator: units received
-- dimensions: node_id, dim, sku_id
-- dim: supplier
-- needs: receipt, quality
-- lineage: receipts
-- note: Of units received, not of units inspected. Times a million it is the ppm of the field.
SELECT
  at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  dim,
  sku_id,
  if(measure = 'receipt_units_rejected', value, 0) AS num,
  if(measure = 'receipt_units', value, 0) AS den
FROM measures
WHERE measure IN ('receipt_units_rejected', 'receipt_units')
