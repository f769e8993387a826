-- id: K08
-- name: Backorder rate
-- kind: ratio
-- unit: %
-- direction: down
-- target: 0.05
-- cohort: order date
-- numerator: lines that were accepted with no stock to allocate
-- denominator: lines ordered
-- dimensions: node_id, channel_id, sla_class, sku_id
-- needs: order
-- lineage: order_lines
SELECT
  at, known_at, node_id, channel_id, sla_class, dim, sku_id,
  if(measure = 'lines_backordered', value, 0) AS num,
  if(measure = 'lines_ordered', value, 0) AS den
FROM measures
WHERE measure IN ('lines_backordered', 'lines_ordered')
