-- Grain: an event of an order, or a movement of stock that one caused. Readers: support, audit, data teams:
--     SELECT * FROM order_trace(ref = 'O-1001') ORDER BY seq, idx
-- From an order to every movement, shipment, cost, return and refund. And back: `ref` may as well be a
-- shipment, a return authorisation, a refund, or an event (its id stands beside each movement); the trace is
-- that of the orders behind it. Carriers and returns desks that name no order are found by way of the
-- shipment or the authorisation.
CREATE VIEW order_trace AS
WITH
  behind AS (
    SELECT order_id FROM events WHERE order_id = {ref:String}
    UNION DISTINCT
    SELECT order_id FROM shipments WHERE shipment_id = {ref:String}
    UNION DISTINCT
    SELECT order_id FROM events WHERE id = {ref:String} AND order_id != ''
    UNION DISTINCT
    SELECT order_id FROM events
    WHERE order_id != ''
      AND type IN ('stocktide.return.authorized.v1', 'stocktide.return.received.v1', 'stocktide.refund.issued.v1')
      AND {ref:String} IN (JSONExtractString(event, 'data', 'rma_id'), JSONExtractString(event, 'data', 'refund_id'))
  ),
  parcels AS (SELECT shipment_id FROM shipments WHERE order_id IN (SELECT order_id FROM behind)),
  returns_of AS (
    SELECT JSONExtractString(event, 'data', 'rma_id') AS rma_id FROM events
    WHERE order_id IN (SELECT order_id FROM behind) AND type LIKE 'stocktide.return.%' AND rma_id != ''
  ),
  own AS (
    SELECT seq, source, id, type, time, sku_id, node_id, event FROM events
    WHERE order_id IN (SELECT order_id FROM behind)
      OR (order_id = '' AND type LIKE 'stocktide.shipment.%'
        AND JSONExtractString(event, 'data', 'shipment_id') IN (SELECT shipment_id FROM parcels))
      OR (order_id = '' AND type LIKE 'stocktide.return.%'
        AND JSONExtractString(event, 'data', 'rma_id') IN (SELECT rma_id FROM returns_of))
  )
SELECT
  seq,
  toUInt32(0) AS idx,
  'event' AS kind,
  replaceRegexpOne(type, '^stocktide\\.(.*)\\.v1$', '\\1') AS what,
  time AS at,
  coalesce(
    nullIf(JSONExtractString(event, 'data', 'shipment_id'), ''),
    nullIf(JSONExtractString(event, 'data', 'refund_id'), ''),
    nullIf(JSONExtractString(event, 'data', 'rma_id'), ''),
    nullIf(JSONExtractString(event, 'data', 'ref'), ''),
    JSONExtractString(event, 'data', 'line_id')
  ) AS ref,
  toString(sku_id) AS sku_id,
  toString(node_id) AS node_id,
  JSONExtractInt(event, 'data', 'qty') AS units,
  coalesce(
    nullIf(JSONExtractString(event, 'data', 'amount'), ''),
    JSONExtractString(event, 'data', 'freight_cost')
  ) AS amount,
  JSONExtractString(event, 'data', 'currency') AS currency,
  toString(source) AS source,
  id AS event_id
FROM own
UNION ALL
SELECT
  seq,
  m.idx + 1 AS idx,
  'movement' AS kind,
  concat(m.kind, ': ', from_account, ' > ', to_account) AS what,
  time AS at,
  ref,
  sku_id,
  toString(node_id) AS node_id,
  qty AS units,
  '' AS amount,
  '' AS currency,
  toString(source) AS source,
  event_id
FROM stock_movements AS m
WHERE sku_id IN (SELECT sku_id FROM own WHERE sku_id != '') AND seq IN (SELECT seq FROM own)
COMMENT 'Everything that is known of an order, or of what a shipment, return, refund or event belongs to';
