-- id: K10
-- name: Cancellation rate
-- kind: ratio
-- unit: %
-- direction: down
-- target: 0.025
-- cohort: order date
-- numerator: orders that were cancelled as a whole before anything was shipped
-- denominator: orders placed
-- dimensions: node_id, channel_id, sla_class, dim
-- dim: initiator
-- needs: order
-- lineage: orders
-- note: Cut by dim it shows how many each initiator cancelled; orders that stood have no initiator, so the rate
--   is over all of them together. The seller's own are K10a.
SELECT
  at, known_at, node_id, channel_id, sla_class, dim, sku_id,
  if(measure = 'orders_cancelled', value, 0) AS num,
  if(measure = 'orders_placed', value, 0) AS den
FROM measures
WHERE measure IN ('orders_cancelled', 'orders_placed')
