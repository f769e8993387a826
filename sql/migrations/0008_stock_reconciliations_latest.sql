-- Grain: one count of a position. Reader: data teams.
CREATE VIEW stock_reconciliations_latest AS
SELECT
  r.reconciliation_id AS reconciliation_id,
  any(r.snapshot_id) AS snapshot_id,
  any(r.snapshot_source) AS snapshot_source,
  any(r.sku_id) AS sku_id,
  any(r.node_id) AS node_id,
  any(r.measure) AS measure,
  any(r.as_of) AS as_of,
  any(r.stated) AS stated,
  argMin(r.variance, r.revision) AS variance_as_first_known,
  argMax(r.book, r.revision) AS book,
  argMax(r.variance, r.revision) AS variance,
  max(r.revision) AS revisions
FROM stock_reconciliations AS r
GROUP BY r.reconciliation_id
COMMENT 'Each count with its variance as first known and as restated by late movements';
