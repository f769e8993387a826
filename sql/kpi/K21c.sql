-- id: K21c
-- name: Receipt lines over
-- kind: ratio
-- unit: %
-- direction: down
-- target: 0.02
-- cohort: receipt
-- numerator: receipt lines with more than was expected
-- denominator: receipt lines of which something was expected
-- dimensions: node_id, dim, sku_id
-- dim: supplier
-- needs: purchaseorder, asn, receipt
-- lineage: receipts
-- note: With K21d: the lines affected. Expected is the ASN where there is one, else the PO. A delivery in parts is short
--   until its last part has come. Lines of which nothing was expected (blind) do not count.
SELECT
  at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  dim,
  sku_id,
  if(measure = 'receipt_lines_over', value, 0) AS num,
  if(measure = 'receipt_lines_expected', value, 0) AS den
FROM measures
WHERE measure IN ('receipt_lines_over', 'receipt_lines_expected')
