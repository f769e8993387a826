-- id: K19
-- name: Receiving accuracy
-- kind: ratio
-- unit: %
-- direction: up
-- target: 0.995
-- cohort: receipt
-- numerator: receipt lines not corrected for an error of the receiver
-- denominator: receipt lines
-- dimensions: node_id, dim, sku_id
-- dim: supplier
-- needs: receipt, inventory
-- lineage: receipts
-- note: A line counts as corrected when its event was declared wrong for incorrect data, or an adjustment
--   with code AY, 04 or 54 names its receipt (correlationid, or "receipt <id>" in the note). A correction
--   says "did not occur" when there was no receipt; such a line does not count at all.
SELECT
  at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  dim,
  sku_id,
  if(measure = 'receipt_lines_accurate', value, 0) AS num,
  if(measure = 'receipt_lines', value, 0) AS den
FROM measures
WHERE measure IN ('receipt_lines_accurate', 'receipt_lines')
