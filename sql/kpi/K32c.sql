-- id: K32c
-- name: Exception SLA attainment
-- kind: ratio
-- unit: %
-- direction: up
-- target: 0.95
-- cohort: date by which it has to be resolved
-- numerator: cases resolved by then
-- denominator: cases that had to be resolved, open ones among them
-- dimensions: node_id, dim, sku_id
-- dim: code
-- needs: exception
-- lineage: cases
-- note: Due by severity: 4 hours (SEV1), 1, 3 or 10 business days of the node's calendar (SEV2 to SEV4).
SELECT
  at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  dim,
  sku_id,
  if(measure = 'cases_met', value, 0) AS num,
  if(measure = 'cases_due', value, 0) AS den
FROM measures
WHERE measure IN ('cases_met', 'cases_due')
