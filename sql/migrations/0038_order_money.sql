-- Grain: an order and currency that goods or money of were seen in. Source: shipment_lines, refunds. Readers: whoever
-- reconciles money from order to refund. Always shipped = refunded + kept.
CREATE VIEW order_money AS
SELECT
  order_id,
  currency,
  sum(out) AS shipped,
  sum(back) AS refunded,
  sum(out) - sum(back) AS kept
FROM (
  SELECT order_id, currency, sales * sign AS out, toDecimal128(0, 6) AS back FROM shipment_lines
  UNION ALL
  SELECT order_id, currency, toDecimal128(0, 6) AS out, amount * sign AS back FROM refunds
)
GROUP BY order_id, currency
COMMENT 'Money by order: value shipped, refunded, and what is left of it';
