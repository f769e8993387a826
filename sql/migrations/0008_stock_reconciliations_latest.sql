-- Grain: one count of a position. Reader: data teams.
CREATE VIEW stock_reconciliations_latest AS
SELECT
  reconciliation_id,
  any(snapshot_id) AS snapshot_id,
  any(snapshot_source) AS snapshot_source,
  any(sku_id) AS sku_id,
  any(node_id) AS node_id,
  any(measure) AS measure,
  any(as_of) AS as_of,
  any(stated) AS stated,
  argMin(variance, revision) AS variance_as_first_known,
  argMax(book, revision) AS book,
  argMax(variance, revision) AS variance,
  max(revision) AS revisions
FROM stock_reconciliations
GROUP BY reconciliation_id
COMMENT 'Each count with its variance as first known and as restated by late movements';
