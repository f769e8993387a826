-- id: K10a
-- name: Seller-fault cancellation rate
-- kind: ratio
-- unit: %
-- direction: down
-- target: 0.025
-- cohort: order date
-- numerator: orders that the seller, or want of stock, cancelled as a whole before anything was shipped
-- denominator: orders placed
-- dimensions: node_id, channel_id, sla_class
-- needs: order
-- lineage: orders
SELECT
  at, known_at, node_id, channel_id, sla_class, dim, sku_id,
  if(measure = 'orders_cancelled_seller_fault', value, 0) AS num,
  if(measure = 'orders_placed', value, 0) AS den
FROM measures
WHERE measure IN ('orders_cancelled_seller_fault', 'orders_placed')
