-- Grain: what of a SKU waits at a stage at an instant, of an order, an authorisation and a receipt. Readers: the view of returns
-- and its list in the API, data teams:
--     SELECT stage, bucket, count(), sum(amount) FROM returns_open(at = '2026-03-02 12:00:00') GROUP BY ALL
--
--   authorised ──goods come──▶ received ──decided on──▶ refund ──paid──▶ (over)
--
-- authorised: goods of an authorisation that have not come. received: goods that nobody has decided on.
-- refund: goods of an order that are all decided on, whose value is more than was refunded (what a fee keeps
-- back stands here too). A customer who sends nothing for 60 days has kept the goods, and what is owed for so
-- long is not in dispute any more: older ones are left out. What is pending does not age out.
CREATE VIEW returns_open AS
WITH
  60 AS horizon_days,
  held AS (
    SELECT
      order_id, rma_id, sku_id, node_id, channel_id, reason, qty, r.amount AS worth, r.pending AS undecided,
      received_at, dispositioned_at, sum(sign) AS rows_held
    FROM returns AS r
    GROUP BY
      order_id, rma_id, line_id, shipment_id, sku_id, node_id, channel_id, sla_class, reason, blind, qty, r.amount,
      to_available, to_on_hold, to_damaged, to_rtv_pending, to_scrapped, to_lost, to_other, r.pending, received_at,
      authorised_at, dispositioned_at, available_at, matures_from
    HAVING rows_held > 0
  ),
  wrong AS (
    SELECT
      JSONExtractString(event, 'data', 'corrects', 'source') AS source,
      JSONExtractString(event, 'data', 'corrects', 'id') AS id
    FROM events
    WHERE type = 'stocktide.event.corrected.v1'
  ),
  promised AS (
    SELECT
      order_id,
      JSONExtractString(event, 'data', 'rma_id') AS rma_id,
      sku_id,
      any(JSONExtractString(event, 'data', 'reason')) AS reason,
      sum(JSONExtractInt(event, 'data', 'qty')) AS units,
      min(time) AS since
    FROM events
    WHERE type = 'stocktide.return.line.authorized.v1'
      AND time <= {at:DateTime64(3)}
      AND time > {at:DateTime64(3)} - toIntervalDay(horizon_days)
      AND (toString(source), id) NOT IN (SELECT source, id FROM wrong)
    GROUP BY order_id, rma_id, sku_id
  ),
  come AS (SELECT rma_id, sku_id, sum(qty * rows_held) AS units FROM held WHERE rma_id != '' GROUP BY rma_id, sku_id),
  refunded AS (SELECT order_id, sum(amount * sign) AS paid FROM refunds WHERE in_house = 1 GROUP BY order_id),
  stages AS (
    SELECT
      'authorised' AS stage, promised.order_id AS order_id, promised.rma_id AS rma_id, promised.sku_id AS sku_id,
      '' AS node_id, '' AS channel_id, promised.reason AS reason,
      toInt64(promised.units) - toInt64(come.units) AS units, toDecimal128(0, 6) AS amount,
      promised.since AS since
    FROM promised LEFT JOIN come ON come.rma_id = promised.rma_id AND come.sku_id = promised.sku_id
    WHERE toInt64(promised.units) > toInt64(come.units)
    UNION ALL
    SELECT
      'received', order_id, rma_id, sku_id, toString(node_id), any(toString(channel_id)), any(toString(reason)),
      sum(undecided * rows_held),
      sum(if(qty = 0, toDecimal128(0, 6), toDecimal128(worth * undecided / qty, 6)) * rows_held),
      assumeNotNull(received_at)
    FROM held
    WHERE undecided > 0 AND received_at IS NOT NULL
    GROUP BY order_id, rma_id, sku_id, node_id, received_at
    UNION ALL
    SELECT
      'refund', order_id, any(rma_id), if(uniqExact(sku_id) = 1, any(sku_id), ''), any(toString(node_id)),
      any(toString(channel_id)), any(toString(reason)), sum(qty * rows_held),
      toDecimal128(sum(worth * rows_held) - any(refunded.paid), 6), max(assumeNotNull(received_at))
    FROM held LEFT JOIN refunded ON refunded.order_id = held.order_id
    WHERE order_id != '' AND received_at IS NOT NULL
    GROUP BY order_id
    HAVING sum(undecided) = 0
      AND sum(worth * rows_held) > any(refunded.paid)
      AND max(received_at) > {at:DateTime64(3)} - toIntervalDay(horizon_days)
  )
SELECT
  *,
  greatest(0, dateDiff('millisecond', since, {at:DateTime64(3)}) / 3600000) AS age_h,
  multiIf(age_h < 24, '0-1 d', age_h < 48, '1-2 d', age_h < 72, '2-3 d', age_h < 168, '3-7 d', '>7 d') AS bucket
FROM stages
COMMENT 'Returns that are not over at an instant: awaiting the goods, a decision, or the refund'
