-- id: K21b
-- name: Supplier quantity variance, absolute
-- kind: ratio
-- unit: %
-- direction: down
-- target: 0.01
-- cohort: receipt
-- numerator: units over and units short, by receipt line
-- denominator: units expected
-- dimensions: node_id, dim, sku_id
-- dim: supplier
-- needs: purchaseorder, asn, receipt
-- lineage: receipts
-- note: Over and short add up. Expected is the ASN where there is one, else the PO. A delivery in parts is short
--   until its last part has come. Lines of which nothing was expected (blind) do not count.
SELECT
  at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  dim,
  sku_id,
  if(measure = 'receipt_units_abs_variance', value, 0) AS num,
  if(measure = 'receipt_units_expected', value, 0) AS den
FROM measures
WHERE measure IN ('receipt_units_abs_variance', 'receipt_units_expected')
