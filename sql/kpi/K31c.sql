-- id: K31c
-- name: Exception inflow by outflow
-- kind: ratio
-- unit: ratio
-- direction: down
-- target: 1
-- cohort: opening, resolution
-- numerator: cases opened
-- denominator: cases resolved
-- dimensions: node_id, dim, sku_id
-- dim: code
-- needs: exception
-- lineage: cases
-- note: Above 1 the backlog grows. A case that is opened again comes in again.
SELECT
  at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  dim,
  sku_id,
  if(measure = 'cases_opened', value, 0) AS num,
  if(measure = 'cases_resolved', value, 0) AS den
FROM measures
WHERE measure IN ('cases_opened', 'cases_resolved')
