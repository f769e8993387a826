-- Grain: an anomaly that stands. Source: anomalies, and what people said of the newest case of its code and entity.
-- Readers: loss prevention, data teams: the browsable list, paged or not.
CREATE VIEW anomalies_now AS
SELECT
  a.detector AS detector,
  a.code AS code,
  a.entity AS entity,
  a.sku_id AS sku_id,
  a.node_id AS node_id,
  a.closed_at AS closed_at,
  a.units AS units,
  a.amount AS amount,
  a.statistic AS statistic,
  a.p AS p,
  a.score AS score,
  a.model_id AS model_id,
  a.expected_loss AS expected_loss,
  a.rank AS rank,
  a.outcome AS outcome,
  v.verdict AS verdict,
  a.detail AS detail
FROM (
  SELECT
    detector, code, entity, sku_id, node_id, closed_at, units, amount, statistic, p, score, model_id, expected_loss,
    rank, outcome, detail
  FROM anomalies
  GROUP BY
    detector, code, entity, sku_id, node_id, closed_at, units, amount, statistic, p, score, model_id, expected_loss,
    rank, outcome, detail
  HAVING sum(sign) > 0
) AS a
LEFT JOIN (
  SELECT
    JSONExtractString(record, 'entity') AS entity,
    code,
    argMax(JSONExtractString(record, 'verdict'), n) AS verdict
  FROM case_events
  WHERE record != ''
  GROUP BY entity, code
) AS v ON v.code = a.code AND v.entity = a.entity
COMMENT 'Anomalies that stand, with what people said of them'
