-- id: K01b
-- name: Line fill rate
-- kind: ratio
-- unit: %
-- direction: up
-- target: 0.96
-- cohort: promised dispatch
-- numerator: lines of which all due units left by the promise
-- denominator: lines due
-- dimensions: node_id, channel_id, sla_class, sku_id
-- needs: order, shipment
-- lineage: order_lines
-- note: A line is due while any of its units is (K01a).
SELECT
  at, known_at, node_id, channel_id, sla_class, dim, sku_id,
  if(measure = 'lines_filled', value, 0) AS num,
  if(measure = 'lines_due', value, 0) AS den
FROM measures
WHERE measure IN ('lines_filled', 'lines_due')
