-- Grain: a code with a statistical detector. Source: the cases and what people said of them. Readers: the API,
-- whoever tunes a detector. The last verdict of a case counts; a case that nobody judged does not.
CREATE VIEW detector_precision AS
SELECT
  code,
  count() AS judged,
  countIf(verdict = 'true') AS true_alerts,
  countIf(verdict = 'false') AS false_alerts,
  countIf(verdict = 'expected') AS expected_alerts,
  if(judged = 0, NULL, true_alerts / judged) AS precision
FROM (
  SELECT
    case_id,
    argMax(code, n) AS code,
    argMax(JSONExtractString(record, 'verdict'), n) AS verdict,
    argMax(JSONExtractRaw(record, 'statistic'), n) AS statistic
  FROM case_events
  WHERE record != ''
  GROUP BY case_id
)
WHERE verdict != '' AND statistic NOT IN ('', 'null')
GROUP BY code
COMMENT 'Of the cases that statistics raised and people judged, the part that was an incident'
