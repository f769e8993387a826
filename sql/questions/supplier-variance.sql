-- question: Which suppliers create inbound variance?
-- row: a supplier with its receipts in the window, the most units off first
-- needs: receipt, asn, po
-- lineage: receipts
-- note: Expected is what the ASN announced, else what the PO ordered; receipts that nothing announced have
--   no expectation and count in lines only. The view supplier_variance has the same by SKU and month, with
--   lead times.
SELECT
  supplier_id,
  sum(r.sign) AS lines,
  sum(r.sign * (ifNull(r.variance, 0) != 0)) AS lines_off,
  sum(r.sign * ifNull(r.expected, 0)) AS expected_units,
  sum(r.sign * if(r.expected IS NULL, 0, r.received)) AS received_units,
  sum(r.sign * greatest(0, ifNull(r.variance, 0))) AS over_units,
  sum(r.sign * greatest(0, -ifNull(r.variance, 0))) AS short_units,
  over_units + short_units AS off_units,
  if(expected_units = 0, NULL, round(off_units / expected_units, 4)) AS off_ratio,
  sum(r.sign * r.rejected) AS rejected_units
FROM receipts AS r
WHERE received_at >= {from:DateTime64(3, 'UTC')} AND received_at < {to:DateTime64(3, 'UTC')}
GROUP BY supplier_id
HAVING lines > 0
ORDER BY off_units DESC, lines_off DESC, supplier_id
LIMIT {limit:UInt32}
