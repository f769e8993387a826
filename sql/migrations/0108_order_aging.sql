-- Grain: open orders at an instant by stage, service class, node, channel, bucket of their age in the stage
-- and class of what they have used up of their promise (REFERENCE §1.5). Readers: the executive question of
-- where orders are aging, data teams. It counts what order_stays has one by one, so that a number opens to
-- exactly the orders that it counts:
--     SELECT * FROM order_aging(at = '2026-03-02 12:00:00')
CREATE OR REPLACE VIEW order_aging AS
SELECT
  stage,
  sla_class,
  node_id,
  channel_id,
  bucket,
  used,
  count() AS open_orders,
  max(age_h) AS oldest_h
FROM order_stays(at = {at:DateTime64(3)})
WHERE is_open
GROUP BY stage, sla_class, node_id, channel_id, bucket, used
COMMENT 'Open orders at an instant by stage, service class, node, channel, age and how much of the promise is used up'
