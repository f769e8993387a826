-- Grain: month, component, cause, node, channel. Source: costs. Readers: the executive question where
-- margin leaks and by which cause; data teams. In the house currency.
CREATE VIEW margin_leakage AS
SELECT
  toStartOfMonth(posted_at) AS month,
  component,
  cause,
  node_id,
  channel_id,
  sum(amount * sign) AS leakage,
  toInt64(sum(sign)) AS costs
FROM costs
WHERE in_house = 1
GROUP BY month, component, cause, node_id, channel_id
HAVING costs != 0 OR leakage != 0
COMMENT 'Where margin leaks and by which cause, by month';
