-- Grain: month, component, cause, node, channel. Source: costs, and losses of the floor. Readers: the
-- executive question where margin leaks and by which cause; data teams. In the house currency. Its number
-- stands behind those of both tables.
CREATE VIEW margin_leakage AS
SELECT
  toStartOfMonth(at) AS month,
  component,
  cause,
  node_id,
  channel_id,
  sum(amount) AS leakage,
  toInt64(sum(sign)) AS costs
FROM (
  SELECT posted_at AS at, component, cause, node_id, channel_id, amount * sign AS amount, sign
  FROM costs
  WHERE in_house = 1
  UNION ALL
  SELECT
    at,
    leakage AS component,
    reason AS cause,
    node_id,
    '' AS channel_id,
    toDecimal128(ifNull(unit_cost, 0), 6) * loss_units * sign AS amount,
    sign
  FROM floor_events
  WHERE leakage != '' AND costed = 1
)
GROUP BY month, component, cause, node_id, channel_id
HAVING costs != 0 OR leakage != 0
COMMENT 'Where margin leaks and by which cause, by month';
