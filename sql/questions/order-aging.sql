-- question: Where are orders aging?
-- row: open orders of a stage, service class and age bucket at the end of the window, the longest in their
--   stage first
-- needs: order, shipment
-- lineage: order_aging, order_stages
-- note: Hours of the clock for same-day and standard orders, business days of the node for wholesale; the
--   clock stands still under a hold of the customer. over_promise_orders have used up more than their promise.
SELECT
  stage,
  sla_class,
  bucket,
  sum(open_orders) AS orders,
  sumIf(open_orders, used = '>100 %') AS over_promise_orders,
  sumIf(open_orders, used = '80-100 %') AS nearly_over_orders,
  round(max(oldest_h), 1) AS oldest_hours
FROM order_aging(at = {to:DateTime64(3, 'UTC')})
GROUP BY stage, sla_class, bucket
ORDER BY oldest_hours DESC, stage, sla_class, bucket
LIMIT {limit:UInt32}
