-- Contributions of cases: how many came and went (K31c), how many were due and met (K32c).
CREATE MATERIALIZED VIEW cases_measures_mv TO measure_feed AS
SELECT
  tupleElement(part, 1) AS measure,
  tupleElement(part, 2) AS at,
  c.known_at AS known_at,
  node_id,
  '' AS channel_id,
  '' AS sla_class,
  code AS dim,
  sku_id,
  tupleElement(part, 3) AS value
FROM cases AS c
ARRAY JOIN [
  ('cases_opened', opened_at, toDecimal128(sign, 6)),
  ('cases_resolved', ifNull(resolved_at, opened_at), toDecimal128(sign * (resolved_at IS NOT NULL), 6)),
  ('cases_due', resolve_due_at, toDecimal128(sign, 6)),
  ('cases_met', resolve_due_at, toDecimal128(sign * ifNull(resolved_at <= resolve_due_at, 0), 6))
] AS part
WHERE value != 0
COMMENT 'Feeds the measures of cases';
