-- question: Where does margin leak, and by which cause?
-- row: a component of leakage and its cause in the window, the most money first
-- needs: order, shipment, return, refund, cost, inventory
-- lineage: costs, floor_events
-- note: In the house currency; costs in another one are not in it. L1 expedite, L2 split shipments,
--   L3 cancellations, L4 refunds without a return, L5 write-offs, L6 exception labour, L7 penalties,
--   L8 shrinkage. Shrinkage and write-offs on the floor are units lost at their cost.
SELECT
  component,
  transform(
    component,
    ['L1', 'L2', 'L3', 'L4', 'L5', 'L6', 'L7', 'L8'],
    ['Expedite premium', 'Split shipments', 'Cancellations', 'Refund without return', 'Write-off', 'Exception labour', 'Penalties', 'Shrinkage'],
    component
  ) AS what,
  why AS cause,
  toFloat64(sum(money)) AS leakage_money,
  toInt64(sum(facts)) AS costs
FROM
(
  SELECT toString(component) AS component, cause AS why, toDecimal128(amount, 6) * sign AS money, sign AS facts
  FROM costs
  WHERE in_house = 1 AND posted_at >= {from:DateTime64(3, 'UTC')} AND posted_at < {to:DateTime64(3, 'UTC')}
  UNION ALL
  SELECT toString(leakage), toString(reason), toDecimal128(ifNull(unit_cost, 0), 6) * loss_units * sign, sign
  FROM floor_events
  WHERE leakage != '' AND costed = 1 AND at >= {from:DateTime64(3, 'UTC')} AND at < {to:DateTime64(3, 'UTC')}
)
GROUP BY component, cause
HAVING costs != 0 OR leakage_money != 0
ORDER BY leakage_money DESC, component, cause
LIMIT {limit:UInt32}
