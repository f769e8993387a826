-- id: K04
-- name: On time, in full
-- kind: ratio
-- unit: %
-- direction: up
-- target: 0.95
-- cohort: promised delivery
-- numerator: orders or lines of which all due units were delivered by the date
-- denominator: orders or lines due
-- dimensions: node_id, channel_id, sla_class
-- needs: order, shipment
-- lineage: orders
-- note: The measurement policy says what is counted (otif_level: order, line) and the date (otif_date:
--   promised, requested); by default orders against the promised date.
SELECT
  at, known_at, node_id, channel_id, sla_class, dim, sku_id,
  if(measure = 'otif_met', value, 0) AS num,
  if(measure = 'otif_due', value, 0) AS den
FROM measures
WHERE measure IN ('otif_met', 'otif_due')
